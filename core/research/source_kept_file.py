"""One file of parsed rows: batches of TICK or BAR records, packed, each with its checksum, and an index at the end.

    magic · packed parts one after the other · index (msgpack) · length of the index, its CRC-32, magic

Ticks are packed as the tape's chunks are, bit for bit, five bytes each; bars column by column. Who reads begins at the end: a file that
was not finished has none.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

import msgspec
import numpy as np
import zstandard

from core.errors import StoreError
from core.store.chunk import CHUNK_TICKS, pack, unpack
from core.types import BAR, TICK, Records, join

MAGIC = b"ROWS0001"

_END = struct.Struct("<II8s")
_LEVEL = 1
_MOST_INDEX = 64 << 20

#: Columns of bars that are kept; the others are 0.
_BAR_COLUMNS = tuple(name for name in BAR.names or () if name not in ("symbol", "leg"))
_BAR_BYTES = sum(BAR[name].itemsize for name in _BAR_COLUMNS)


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
    packed = pack if batch.dtype == TICK else _pack_bars
    parts = [batch[start : start + CHUNK_TICKS] for start in range(0, len(batch), CHUNK_TICKS)]
    return [(len(part), packed(part)) for part in parts]


def _pack_bars(rows: Records) -> bytes:
    plain = b"".join(np.ascontiguousarray(rows[name]).tobytes() for name in _BAR_COLUMNS)
    packed: bytes = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(plain)
    return packed


def _unpack_bars(data: bytes) -> Records:
    try:
        plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=CHUNK_TICKS * _BAR_BYTES)
    except zstandard.ZstdError as error:
        raise StoreError(f"parsed rows are damaged: {error}") from error
    count, at = len(plain) // _BAR_BYTES, 0
    rows = np.zeros(count, BAR)
    for name in _BAR_COLUMNS:
        rows[name] = np.frombuffer(plain, BAR[name], count, at)
        at += count * BAR[name].itemsize
    return rows


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
    unpacked, dtype = (unpack, TICK) if index.kind == "ticks" else (_unpack_bars, BAR)
    file.seek(len(MAGIC))
    for batch in index.batches:
        parts = [unpacked(file.read(size)) for _, size in batch]
        if [len(part) for part in parts] != [rows for rows, _ in batch]:
            raise StoreError("parsed rows are damaged")
        yield join(parts, dtype)
