"""How much memory a Feather file asks for, read from its own words before anything is unpacked.

Each buffer of a compressed batch begins with the length it has when unpacked, and a small file may claim any: what reads such files
takes that much memory without a question. Source: https://arrow.apache.org/docs/format/Columnar.html (IPC file format, Message.fbs,
Schema.fbs, File.fbs), https://flatbuffers.dev/internals (tables, vectors).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from core.errors import SourceError

MAGIC = b"ARROW1"

#: Bytes of the words of a file, or of one batch: names and numbers of columns, no data.
_MOST_WORDS = 16 << 20

_DICTIONARIES, _BATCHES = 2, 3  # fields of the footer
_HEADER_TYPE, _HEADER = 1, 2  # of a message
_DICTIONARY_TYPE, _BATCH_TYPE = 2, 3  # types of a message
_BUFFERS, _COMPRESSION = 2, 3  # of a record batch


class Sizes(NamedTuple):
    """Bytes that all dictionaries together, and the largest batch, take when unpacked."""

    dictionaries: int
    batch: int


def unpacked_sizes(file: IO[bytes], name: str) -> Sizes:
    """What a file claims.

    Raises:
        SourceError: it is damaged or cut short.
    """
    try:
        footer = _footer(file)
        root = footer.root()
        shared = sum(_claimed(file, block) for block in footer.blocks(root, _DICTIONARIES))
        return Sizes(shared, max((_claimed(file, block) for block in footer.blocks(root, _BATCHES)), default=0))
    except (struct.error, ValueError, OverflowError):
        raise SourceError(f"{name}: not readable as Feather: damaged, or its end is missing") from None


class _Block(NamedTuple):
    offset: int
    words: int
    body: int


class _Words:
    """A flatbuffer."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def root(self) -> int:
        """Where its first table begins."""
        return self._at("<I", 0)

    def field(self, table: int, number: int) -> int:
        """Where a field of a table is; 0: it has none."""
        entries = table - self._at("<i", table)
        if 4 + 2 * number + 2 > self._at("<H", entries):
            return 0
        offset = self._at("<H", entries + 4 + 2 * number)
        return table + offset if offset else 0

    def follow(self, place: int) -> int:
        """Where what a field points at begins."""
        return place + self._at("<I", place)

    def byte(self, place: int) -> int:
        """An unsigned byte; 0 of a field that is not there."""
        return self._at("<B", place) if place else 0

    def structs(self, table: int, number: int, layout: str) -> Iterator[tuple[int, ...]]:
        """The structs of a vector."""
        if not (place := self.field(table, number)):
            return
        start = self.follow(place)
        for n in range(self._at("<I", start)):
            yield struct.unpack_from(layout, self.data, self._checked(start + 4 + n * struct.calcsize(layout)))

    def blocks(self, table: int, number: int) -> Iterator[_Block]:
        """Where the batches of a file lie."""
        for offset, words, body in self.structs(table, number, "<qi4xq"):
            yield _Block(offset, words, body)

    def _at(self, layout: str, place: int) -> int:
        return int(struct.unpack_from(layout, self.data, self._checked(place))[0])

    def _checked(self, place: int) -> int:
        if not 0 <= place <= len(self.data):  # a negative one would count from the end
            raise ValueError("outside")
        return place


def _footer(file: IO[bytes]) -> _Words:
    size = file.seek(0, os.SEEK_END)
    tail = len(MAGIC) + 4
    file.seek(max(size - tail, 0))
    length, magic = struct.unpack(f"<i{len(MAGIC)}s", file.read(tail))
    if magic != MAGIC or not 0 < length <= min(size - tail, _MOST_WORDS):
        raise ValueError("no footer")
    file.seek(size - tail - length)
    return _Words(file.read(length))


def _claimed(file: IO[bytes], block: _Block) -> int:
    """Bytes of a batch when unpacked, at least those it has."""
    if not 8 <= block.words <= _MOST_WORDS or block.offset < 0 or block.body < 0:
        raise ValueError("no batch")
    file.seek(block.offset)
    words = file.read(block.words)
    start = 8 if words[:4] == b"\xff\xff\xff\xff" else 4  # files before 2019 have no mark before the length
    message = _Words(words[start:])
    root = message.root()
    kind, place = message.byte(message.field(root, _HEADER_TYPE)), message.field(root, _HEADER)
    if kind not in (_DICTIONARY_TYPE, _BATCH_TYPE) or not place:
        raise ValueError("no batch")
    table = message.follow(place)
    if kind == _DICTIONARY_TYPE:
        table = message.follow(message.field(table, 1))
    if not message.field(table, _COMPRESSION):
        return block.body
    return block.body + sum(_length(file, block, offset) for offset, length in message.structs(table, _BUFFERS, "<qq") if length >= 8)


def _length(file: IO[bytes], block: _Block, offset: int) -> int:
    """The unpacked length that a buffer begins with; -1: it is not packed."""
    file.seek(block.offset + block.words + offset)
    return max(int(struct.unpack("<q", file.read(8))[0]), 0)
