"""Parsed bars, packed column by column: what goes up by the same step is two numbers, prices are whole numbers of their last decimal.

Nearly all of a bar is regular (its times, its number, the quotes nobody knows), so a part is unpacked at the speed of the five columns
that are not. Every column comes back bit for bit; one that has no such form is kept as the bits it is.
"""

from __future__ import annotations

import struct

import numpy as np
import zstandard
from numpy.typing import NDArray

from core.errors import StoreError
from core.types import BAR, Records, whole_of

#: Bars in a part at most.
PART = 8192

_LEVEL = 1
_COLUMNS = tuple(name for name in BAR.names or () if name not in ("symbol", "leg"))
_COUNT = struct.Struct("<I")
_HEAD = struct.Struct("<Bqq")  # how, and two numbers that belong to it
_MOST = _COUNT.size + len(_COLUMNS) * (_HEAD.size + 8 * PART)

#: How a column is kept: (first, step); (decimal places, lowest) and 4 bytes a value; the 8 bytes of each value.
_STEPPED, _DECIMAL, _RAW = range(3)

_POWERS = tuple(10.0**k for k in range(13))
_EXACT = 1 << 53
_WHOLE = whole_of(BAR)

Ints = NDArray[np.int64]


def pack_bars(rows: Records) -> bytes:
    """The bytes of 1 to PART BAR records; `symbol` and `leg` are not kept."""
    heads, body = [_COUNT.pack(len(rows))], []
    for name in _COLUMNS:
        head, data = _packed(rows[name])
        heads.append(head)
        body.append(data)
    packed: bytes = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(b"".join([*heads, *body]))
    return packed


def unpack_bars(data: bytes, into: Records) -> None:
    """Fill BAR records with those of a part; `symbol` and `leg` are 0.

    Raises:
        StoreError: the bytes are damaged, or are another number of bars.
    """
    try:
        plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST)
        if _COUNT.unpack_from(plain)[0] != len(into):
            raise StoreError("parsed rows are damaged")
        _fill(plain, into)
    except (zstandard.ZstdError, struct.error, ValueError, IndexError) as error:
        raise StoreError(f"parsed rows are damaged: {error}") from error


def _packed(column: NDArray[np.generic]) -> tuple[bytes, bytes]:
    bits = _bits(column)
    step = int(bits[1]) - int(bits[0]) if len(bits) > 1 else 0
    if -(1 << 63) <= step < 1 << 63 and (bits[1:] - bits[:-1] == step).all():
        return _HEAD.pack(_STEPPED, int(bits[0]), step), b""
    if column.dtype.kind == "f" and (found := _decimal(np.ascontiguousarray(column, np.float64))) is not None:
        return found
    return _HEAD.pack(_RAW, 0, 0), bits.tobytes()


def _bits(column: NDArray[np.generic]) -> Ints:
    return np.ascontiguousarray(column).view(np.int64) if column.itemsize == 8 else column.astype(np.int64)


def _decimal(numbers: NDArray[np.float64]) -> tuple[bytes, bytes] | None:
    """Numbers as whole ones of so few decimal places as give back their bits; None where none do, or they lie too far apart."""
    for places, power in enumerate(_POWERS):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.rint(numbers * power)
        if not (np.abs(scaled) < _EXACT).all():
            return None
        if not (scaled / power == numbers).all():
            continue
        whole = scaled.astype(np.int64)
        low = int(whole.min())
        if int(whole.max()) - low >= 1 << 32 or (whole / power).tobytes() != numbers.tobytes():  # as with -0.0
            return None
        return _HEAD.pack(_DECIMAL, places, low), (whole - low).astype("<u4").tobytes()
    return None


def _fill(plain: bytes, into: Records) -> None:
    count, at = len(into), _COUNT.size + len(_COLUMNS) * _HEAD.size
    common = np.zeros(1, BAR)
    uneven: list[tuple[str, NDArray[np.generic]]] = []
    for n, name in enumerate(_COLUMNS):
        how, one, other = _HEAD.unpack_from(plain, _COUNT.size + n * _HEAD.size)
        kind = BAR[name]
        if how == _STEPPED and not other:
            common[name] = np.array([one], np.int64).view(kind)[0] if kind.itemsize == 8 else one
            continue
        if how == _STEPPED:
            values: NDArray[np.generic] = np.arange(count) * np.int64(other) + np.int64(one)
        elif how == _DECIMAL:
            values = (np.frombuffer(plain, "<u4", count, at) + np.int64(other)) / _POWERS[one]
            at += 4 * count
        else:
            values = np.frombuffer(plain, "<i8", count, at)
            at += 8 * count
        uneven.append((name, values.view(kind) if kind.itemsize == 8 else values))
    into.view(_WHOLE)[:] = common.view(_WHOLE)
    for name, values in uneven:
        into[name] = values
