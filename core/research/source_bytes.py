"""Files as bytes: which there are, and what is inside (plain text, gzip, zip members, Parquet, Feather).

What a file holds is told by its first bytes, never by its name alone. Nothing is ever extracted to disk.
"""

from __future__ import annotations

import gzip
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import SourceError
from core.research.source_name import clean
from core.research.source_room import sized
from core.research.source_zip import MOST_LISTING, listing_size

#: Compressed text may grow this many times over; real dumps reach about 12.
MOST_RATIO = 200
#: Below this many uncompressed bytes any growth is harmless.
FREE_BYTES = 64 << 20

Packing = Literal["plain", "gzip", "zip", "parquet", "feather"]

#: First bytes of what other tools write.
_FOREIGN = {
    b"FEA1": "Feather version 1", b"\x89HDF": "HDF5", b"BZh": "bzip2", b"\xfd7zX": "xz", b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7-Zip", b"SQLi": "SQLite", b"ORC": "ORC", b"\xd0\xcf\x11\xe0": "Excel",
}  # fmt: skip
#: Endings of files of columns.
COLUMNAR = (".parquet", ".feather", ".arrow", ".ftr")
#: Endings of files in a folder that are named where nothing else is there.
_FOREIGN_ENDINGS = (".h5", ".hdf5", ".zst", ".xz", ".bz2", ".7z", ".orc", ".xlsx", ".pkl")

_FAULTS = (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One series of rows: a file, or one member of a zip.

    Attributes:
        path: the file on disk.
        member: the zip member's name, None for the file itself.
        size: bytes on disk, compressed.
    """

    path: Path
    packing: Packing
    member: str | None
    size: int

    @property
    def name(self) -> str:
        """How messages name it."""
        return clean(str(self.path) if self.member is None else f"{self.path}:{self.member}")

    @property
    def title(self) -> str:
        """The name that may tell its symbol."""
        return self.path.name if self.member is None else self.member


@dataclass(slots=True)
class Reading:
    """How far a file has been read, in bytes on disk, and how its times were written (`source_times.forms`).

    Attributes:
        told: called whenever it is farther, by whatever thread reads.
    """

    told: Callable[[], None] | None = None
    times: set[str] = field(default_factory=set)
    _done: int = field(default=0, init=False)

    @property
    def done(self) -> int:
        """Bytes on disk that were read so far."""
        return self._done

    @done.setter
    def done(self, done: int) -> None:
        self._done = done
        if self.told is not None:
            self.told()


def data_files(path: Path) -> list[DataFile]:
    """The series inside one file.

    Raises:
        SourceError: it is missing, no regular file, empty, unreadable, or a zip without data.
    """
    name = clean(str(path))
    with translated(name):
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise SourceError(f"{name}: not a file that can be read as data")
        with path.open("rb") as file:
            head = file.read(4)
        if not head:
            raise SourceError(f"{name}: the file is empty")
        if head[:2] == b"\x1f\x8b":
            return [DataFile(path, "gzip", None, info.st_size)]
        if head == b"PAR1":
            return [DataFile(path, "parquet", None, info.st_size)]
        if head == b"ARRO":
            return [DataFile(path, "feather", None, info.st_size)]
        kind = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), None)
        if kind is not None:
            raise SourceError(f"{name}: a {kind} file, which is not read here: save it as Parquet or CSV (.csv, .csv.gz, .zip)")
        if head[:2] == b"PK":
            return _members(path, name)
        return [DataFile(path, "plain", None, info.st_size)]


def _members(path: Path, name: str) -> list[DataFile]:
    found, size, packed = [], 0, path.stat().st_size
    if (listed := listing_size(path)) > MOST_LISTING:
        raise SourceError(f"{name}: lists too many files, {sized(listed)} of names: unpack it and name the files")
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not is_text_name(member.filename) or "__MACOSX" in member.filename or member.is_dir():  # one without a name is not asked
                continue
            if member.file_size > FREE_BYTES and member.file_size > MOST_RATIO * max(member.compress_size, 1):
                raise bomb(f"{name}:{clean(member.filename)}", member.compress_size, member.file_size)
            found.append(DataFile(path, "zip", member.filename, member.compress_size))
            size += member.file_size
            if size > FREE_BYTES and size > MOST_RATIO * packed:  # members may share what is packed
                raise bomb(name, packed, size)
    if not found:
        raise SourceError(f"{name}: the zip holds no .csv, .txt or .json file")
    return found


def is_text_name(name: str) -> bool:
    """Whether a name is that of a text file of data."""
    base = name.rsplit("/", 1)[-1].lower()
    return base.endswith((".csv", ".txt", ".tsv", ".json", ".jsonl", ".ndjson")) and not base.startswith((".", "_"))


def is_foreign_name(name: str) -> bool:
    """Whether a file of that name may hold data that is not read here."""
    return name.lower().endswith(_FOREIGN_ENDINGS)


def is_data_name(name: str) -> bool:
    """Whether a file of that name in a folder is worth opening."""
    return is_text_name(name.removesuffix(".gz")) or (name.lower().endswith((".zip", *COLUMNAR)) and not name.startswith((".", "_")))


def bomb(name: str, packed: int, size: int) -> SourceError:
    """The refusal of what grows without bound."""
    return SourceError(f"{name}: grows more than {MOST_RATIO} times when unpacked, from {sized(packed)} to {sized(size)} or more; refused")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """What the readers raise, as one line that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError(f"{name}: no such file or folder") from None
    except (gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise SourceError(f"{name}: damaged, or not what its ending says: {clean(str(error))}") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else clean(str(error))
        raise SourceError(f"{name}: cannot be read: {reason}") from error
    except _FAULTS as error:
        reason = "the end is missing" if isinstance(error, EOFError) else clean(str(error))
        raise SourceError(f"{name}: cannot be unpacked: {reason}") from None
