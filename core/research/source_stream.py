"""The text of files as streams: in blocks of whole lines, unpacked a block ahead, with lines and growth bounded."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import IO

from core.errors import SourceError
from core.research.source_bytes import FREE_BYTES, MOST_RATIO, DataFile, Reading, bomb, translated
from core.research.source_room import sized, with_size

#: Bytes of text a block holds, about.
BLOCK = 1 << 20
#: A line longer than this is no line of market data.
MOST_LINE = 1 << 16
#: Bytes that are unpacked of a zip at once.
_PIECE = 1 << 16


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
    name = file.name if file.packing == "plain" else with_size(file.name, file.size)  # else what is in it and what it is are one
    return SourceError(f"{name}: {what}: write it with one object a line (.jsonl), or as CSV")


@contextmanager
def opened(file: DataFile, reading: Reading) -> Iterator[_Counted]:
    """The file's text as a stream that keeps `reading` up to date.

    Raises:
        SourceError: whatever goes wrong in reading, here or in the body.
    """
    with translated(file.name), file.path.open("rb") as raw:
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
            raise bomb(self._file.name, done, self._grown)
        return chunk

    def _by_and_by(self, size: int) -> bytes:
        """A little at a time: a zip reads as many packed bytes as are wanted unpacked, and how much it grew would be told late."""
        parts = []
        while size > 0 and (part := self._stream.read(min(size, _PIECE))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
