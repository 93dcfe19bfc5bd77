"""Files as bytes: what is inside (plain text, gzip, zip members, Parquet, Feather), read in blocks of whole lines.

Memory and expansion are bounded. What a file holds is told by its first bytes, never by its name alone. Nothing is ever extracted to disk.
"""

from __future__ import annotations

import gzip
import os
import stat
import zipfile
import zlib
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from core.errors import SourceError
from core.research.source_name import clean
from core.research.source_room import sized
from core.research.source_zip import MOST_LISTING, listing_size

#: Bytes of text a block holds, about.
BLOCK = 1 << 20
#: A line longer than this is no line of market data.
MOST_LINE = 1 << 16
#: Compressed text may grow this many times over; real dumps reach about 12.
MOST_RATIO = 200
#: Below this many uncompressed bytes any growth is harmless.
FREE_BYTES = 64 << 20

#: Bytes that are unpacked of a zip at once.
_PIECE = 1 << 16

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
    """How far a file has been read, in bytes on disk, and how its times were written (`source_times.forms`)."""

    done: int = 0
    times: set[str] = field(default_factory=set)


def data_files(path: Path) -> list[DataFile]:
    """The series inside one file.

    Raises:
        SourceError: it is missing, no regular file, empty, unreadable, or a zip without data.
    """
    name = clean(str(path))
    with _translated(name):
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
    found = []
    if (listed := listing_size(path)) > MOST_LISTING:
        raise SourceError(f"{name}: lists too many files, {sized(listed)} of names: unpack it and name the files")
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.is_dir() or "__MACOSX" in member.filename or not is_text_name(member.filename):
                continue
            if member.file_size > FREE_BYTES and member.file_size > MOST_RATIO * max(member.compress_size, 1):
                raise _bomb(f"{name}:{clean(member.filename)}", member.compress_size, member.file_size)
            found.append(DataFile(path, "zip", member.filename, member.compress_size))
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


def blocks(file: DataFile, reading: Reading) -> Iterator[tuple[bytes, int]]:
    """(whole lines, number of the first line) from start to end; the last block is closed with a newline.

    Raises:
        SourceError: truncated, corrupt, encrypted, binary or over-expanding content, or a line without end.
    """
    line = 1
    rest = b""
    with opened(file, reading) as stream, closing(_ahead(stream)) as chunks:
        for chunk in chunks:
            cut = chunk.rfind(b"\n") + 1
            block = rest + chunk[:cut] if cut else b""
            rest = chunk[cut:] if cut else rest + chunk
            if b"\0" in chunk:
                raise SourceError(f"{file.name}: binary content, not text")
            following = line + block.count(b"\n")
            if len(rest) > MOST_LINE:
                raise SourceError(f"{file.name}:{following}: a line longer than {MOST_LINE // 1024} KiB")
            if block:
                yield block, line
            line = following
    if rest:
        yield rest + b"\n", line


def _ahead(stream: _Counted) -> Generator[bytes]:
    """The chunks of a stream, each unpacked in a thread while the one before is worked on."""
    with ThreadPoolExecutor(1, "unpack") as thread:
        following = thread.submit(stream.read, BLOCK)
        while chunk := following.result():
            following = thread.submit(stream.read, BLOCK)
            yield chunk


def whole(file: DataFile, reading: Reading, most: int) -> bytes:
    """All of a file at once, at most `most` bytes.

    Raises:
        SourceError: as `blocks`, or it is larger.
    """
    parts, size = [], file.size if file.packing == "plain" else 0
    if size > most:
        raise _too_long(file, size, most)
    size = 0
    with opened(file, reading) as stream:
        while chunk := stream.read(BLOCK):
            size += len(chunk)
            if size > most:
                raise _too_long(file, size, most)
            parts.append(chunk)
    return b"".join(parts)


def _too_long(file: DataFile, size: int, most: int) -> SourceError:
    what = f"{sized(size)} of JSON in one array, and the most read here is {sized(most)}"
    return SourceError(f"{file.name}: {what}: write it with one object a line (.jsonl), or as CSV")


@contextmanager
def opened(file: DataFile, reading: Reading) -> Iterator[_Counted]:
    """The file's text as a stream that keeps `reading` up to date.

    Raises:
        SourceError: whatever goes wrong in reading, here or in the body.
    """
    with _translated(file.name), file.path.open("rb") as raw:
        if file.packing == "gzip":
            with gzip.open(raw) as stream:
                yield _Counted(file, raw, stream, reading, 0)
        elif file.packing == "zip" and file.member is not None:
            with zipfile.ZipFile(raw) as archive, archive.open(file.member) as member:
                yield _Counted(file, raw, member, reading, archive.getinfo(file.member).header_offset)
        else:
            yield _Counted(file, raw, raw, reading, 0)


class _Counted:
    """A stream that counts what was read from disk and refuses to grow without bound."""

    def __init__(self, file: DataFile, raw: IO[bytes], stream: IO[bytes] | gzip.GzipFile, reading: Reading, start: int) -> None:
        self._file, self._raw, self._stream, self._reading, self._start = file, raw, stream, reading, start
        self._grown = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        chunk = self._stream.read(size) if self._file.packing != "zip" else self._by_and_by(size)
        self._grown += len(chunk)
        done = min(max(self._raw.tell() - self._start, 0), self._file.size) if chunk else self._file.size
        self._reading.done = max(done, self._reading.done)
        if self._grown > FREE_BYTES and self._grown > MOST_RATIO * max(done, 1):
            raise _bomb(self._file.name, done, self._grown)
        return chunk

    def _by_and_by(self, size: int) -> bytes:
        """A little at a time: a zip reads as many packed bytes as are wanted unpacked, and how much it grew would be told late."""
        parts = []
        while size > 0 and (part := self._stream.read(min(size, _PIECE))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _bomb(name: str, packed: int, size: int) -> SourceError:
    return SourceError(f"{name}: grows more than {MOST_RATIO} times when unpacked, from {sized(packed)} to {sized(size)} or more; refused")


@contextmanager
def _translated(name: str) -> Iterator[None]:
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
