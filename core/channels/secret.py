"""Secrets: read from a file that only its owner may read, or from the environment, and never repeated."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError

#: A secret is short; what is longer is another file.
MOST_BYTES = 64 << 10


def read_secret(reference: str, what: str, home: Path, env: Mapping[str, str]) -> str:
    """What `file:PATH` or `env:NAME` holds, without white space around it; a relative path is taken from the home.

    Args:
        what: whose it is, as people know it.

    Raises:
        ConfigError: it is not there, is empty, or others may read it; the line names the place, never what it holds.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        text = env.get(place, "").strip()
        if not text:
            raise ConfigError(f"{what}: the environment variable {place} is not set")
        return text
    path = home / Path(place).expanduser()
    text = _read(path, what).strip()
    if not text:
        raise ConfigError(f"{what}: {path} is empty")
    return text


def _read(path: Path, what: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigError(f"{what}: {path} cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(file)  # of what was opened: nobody can change it in between
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(f"{what}: {path} is no file")
        if found.st_uid not in (os.geteuid(), 0):
            raise ConfigError(f"{what}: {path} belongs to another user")
        if mode & 0o077:
            raise ConfigError(f"{what}: {path} has mode {mode:04o}, others may use it: chmod 600 {path}")
        if found.st_size > MOST_BYTES:
            raise ConfigError(f"{what}: {path} is too large for a secret, at most {MOST_BYTES >> 10} KB")
        return os.read(file, MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{what}: {path} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{what}: {path} cannot be read: {error.strerror}") from None
    finally:
        os.close(file)
