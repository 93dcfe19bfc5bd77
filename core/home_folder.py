"""Folders of a home, made with the rights they need: only this user may enter them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core.errors import CockpitError, UsageError


def check_home(home: Path) -> Path:
    """The path of a home that is there or can be made.

    Raises:
        UsageError: something else is there: a file, or a link that leads nowhere (a disk that is not mounted, say).
    """
    if not home.is_dir() and os.path.lexists(home):
        what = f"is a link to {os.readlink(home)}, which is not there" if home.is_symlink() and not home.exists() else "is no folder"
        raise UsageError(f"cannot use {home} as a home: it {what}")
    return home


def make_home(home: Path) -> Path:
    """Create the folder (0700) where it is missing.

    Raises:
        UsageError: something else is there.
        CockpitError: it cannot be created or written to.
    """
    check_home(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CockpitError(f"cannot use {home} as a home: {error.strerror}") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise CockpitError(f"cannot use {home} as a home: no permission to write there")
    return home


def private_folder(path: Path) -> Path:
    """A folder that only this user can enter; created 0700 where it is missing.

    Raises:
        CockpitError: it is a link, or belongs to someone else.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise CockpitError(f"{path} is not a folder of this user: remove it and try again")
        if stat.S_IMODE(found.st_mode) != 0o700:
            path.chmod(0o700)
    except OSError as error:
        raise CockpitError(f"cannot make the private folder {path}: {error.strerror}") from error
    return path
