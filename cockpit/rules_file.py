"""Files of rules in a home's folder of strategies: read, and written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from core.errors import CockpitError, UsageError, one_line

#: What a file may be called, without its ending.
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def folder_of(home: Path) -> Path:
    """Where a person's strategies lie.

    Raises:
        ConfigError: the configuration is wrong.
    """
    from core.config import load

    return load(home).config.strategy_folder(home)


def names_in(folder: Path) -> list[str]:
    """Those there are."""
    return sorted(path.stem for path in folder.glob("[!_.]*.toml"))


def text_in(folder: Path, name: str) -> str:
    """The text of one.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    path = folder / f"{name}.toml"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"no file of rules {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(one_line(f"{path}: cannot be read: {error}")) from None


def refuse_name(folder: Path, name: str) -> None:
    """Refuse a new file's name that cannot be, or is taken.

    Raises:
        ValueError: why.
    """
    if not NAME.fullmatch(name):
        raise ValueError("must be small letters, digits and _, a letter first, 41 at most")
    if (folder / f"{name}.toml").exists():
        raise ValueError(f"is there already: {name}.toml; change that one, or take another name")
    if (folder / f"{name}.py").exists():
        raise ValueError(f"is a strategy in Python there: {name}.py would be taken instead")


def save(folder: Path, name: str, text: str, before: str | None) -> Path:
    """Put a text in the place of another.

    Args:
        before: the text that was there when it was opened; None: there was no such file.

    Raises:
        CockpitError: the file is another one by now, or cannot be written; it is as it was.
    """
    path = folder / f"{name}.toml"
    now = text_in(folder, name) if path.exists() else None
    if now != before:
        raise UsageError(f"{path.name} is not what it was when it was opened: {'it is gone' if now is None else 'open it again'}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise CockpitError(one_line(f"{path} cannot be written: {error}")) from None
    return path
