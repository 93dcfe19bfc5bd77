"""One file of parsed rows: batches of TICK or BAR records, packed, each with its checksum, and an index at the end.

    magic · packed parts one after the other · index (msgpack) · length of the index, its CRC-32, magic

Ticks are packed as the tape's chunks are, bit for bit, five bytes each; bars as `source_kept_bars` does, in about as many. Who reads begins
at the end: a file that was not finished has none.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

import msgspec
import numpy as np

from core.errors import StoreError
from core.research.source_kept_bars import PART, pack_bars, unpack_bars
from core.store.chunk import CHUNK_TICKS, pack, unpack
from core.types import BAR, TICK, Records, join

MAGIC = b"ROWS0002"

_END = struct.Struct("<II8s")
_MOST_INDEX = 64 << 20


class Index(msgspec.Struct, frozen=True):
    """What a file holds.

    Attributes:
        kind: "ticks" or "bars".
        batches: of each batch, the rows and bytes of each of its parts.
        times: how times were written, as `source_times.forms`.
    """

    kind: str
    batches: list[list[tuple[int, int]]]
    times: list[str] = []


def pack_batch(batch: Records) -> list[tuple[int, bytes]]:
    """(rows, bytes) of the parts of a batch."""
    packed, most = (pack, CHUNK_TICKS) if batch.dtype == TICK else (pack_bars, PART)
    parts = [batch[start : start + most] for start in range(0, len(batch), most)]
    return [(len(part), packed(part)) for part in parts]


def write_end(file: IO[bytes], index: Index) -> None:
    """Close a file with its index."""
    data = msgspec.msgpack.encode(index)
    file.write(data)
    file.write(_END.pack(len(data), zlib.crc32(data), MAGIC))


def read_index(file: IO[bytes]) -> Index:
    """What a file holds.

    Raises:
        StoreError: it was never finished, or is damaged.
    """
    size = file.seek(0, 2)
    if size < len(MAGIC) + _END.size:
        raise StoreError("parsed rows are cut short")
    file.seek(size - _END.size)
    length, check, magic = _END.unpack(file.read(_END.size))
    if magic != MAGIC or length > min(_MOST_INDEX, size - _END.size - len(MAGIC)):
        raise StoreError("parsed rows are cut short")
    file.seek(size - _END.size - length)
    data = file.read(length)
    if zlib.crc32(data) != check:
        raise StoreError("parsed rows are damaged")
    try:
        index = msgspec.msgpack.decode(data, type=Index)
    except msgspec.MsgspecError as error:
        raise StoreError("parsed rows are damaged") from error
    if len(MAGIC) + sum(size for batch in index.batches for _, size in batch) != size - _END.size - length:
        raise StoreError("parsed rows are damaged")
    return index


def read_batches(file: IO[bytes], index: Index) -> Iterator[Records]:
    """The batches as they were given.

    Raises:
        StoreError: one of them is damaged.
    """
    file.seek(len(MAGIC))
    for batch in index.batches:
        yield _ticks(file, batch) if index.kind == "ticks" else _bars(file, batch)


def _ticks(file: IO[bytes], batch: list[tuple[int, int]]) -> Records:
    parts = [unpack(file.read(size)) for _, size in batch]
    if [len(part) for part in parts] != [rows for rows, _ in batch]:
        raise StoreError("parsed rows are damaged")
    return join(parts, TICK)


def _bars(file: IO[bytes], batch: list[tuple[int, int]]) -> Records:
    out, at = np.empty(sum(rows for rows, _ in batch), BAR), 0
    for rows, size in batch:
        unpack_bars(file.read(size), out[at : at + rows])
        at += rows
    return out
