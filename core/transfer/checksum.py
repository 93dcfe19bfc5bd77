"""Checksums of files, as venues publish them beside their dumps: `NAME.CHECKSUM`, a line of SHA-256 and name as sha256sum writes it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from core.errors import SourceError
from core.research.source_name import clean

#: What comes after a file's name in that of its checksum.
ENDING = ".CHECKSUM"

_LINE = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(\S.*))?")
_MOST = 4096


def parse_checksum(text: str, name: str) -> str:
    """The SHA-256 of a file of this name, in lower case.

    Raises:
        SourceError: it is no checksum, or that of another file.
    """
    found = _LINE.fullmatch(text.strip().splitlines()[0].strip()) if text.strip() else None
    if found is None:
        raise SourceError(f"{clean(name)}{ENDING}: not a SHA-256 checksum")
    if found[2] and found[2].strip().rsplit("/", 1)[-1] != name:
        raise SourceError(f"{clean(name)}{ENDING}: is the checksum of {clean(found[2], 80)}")
    return found[1].lower()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_beside(path: Path) -> bool:
    """Compare a file with the checksum beside it; whether there is one.

    Raises:
        SourceError: it is another file than the one that was published.
    """
    beside = path.with_name(path.name + ENDING)
    try:
        with beside.open("rb") as file:
            text = file.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return False
    wanted = parse_checksum(text, path.name)
    try:
        found = sha256_of(path)
    except OSError as error:
        raise SourceError(f"{clean(str(path))}: cannot be read: {error.strerror}") from error
    if found != wanted:
        raise SourceError(f"{clean(str(path))}: damaged: its SHA-256 is {found[:12]}…, the one beside it says {wanted[:12]}…")
    return True
