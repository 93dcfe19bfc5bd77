"""A sealed chunk: some thousand ticks of one series as columns of small integers, compressed, and read back bit for bit.

Each column is what is left once everything regular is taken out: a constant, a step, the decimals nobody uses, the side of the quote a
print took. What remains is cut into byte planes (all lowest bytes, then all second ones …), which zstd packs far better than whole numbers.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import zstandard
from numpy.typing import NDArray

from core.errors import StoreError
from core.kernels.columns import COLUMN
from core.types import TICK, Records

#: The name of the encoding, as the column `codec` gives it.
CODEC = "planes-zstd-1"

#: Ticks in a chunk at most.
CHUNK_TICKS = 8192

#: 10^k: decimal places a price or quantity may have to be kept as an integer, and the largest integer kept so.
_PLACES = tuple(10.0**k for k in range(13))
_EXACT = 1 << 53

#: Units times come in, in ns: s, ms, µs.
_UNITS = (1_000_000_000, 1_000_000, 1_000)

#: Of a column: bytes a value, unit, lowest value, first value.
_COLUMN = struct.Struct("<Bqqq")
_HEAD = struct.Struct("<IBBB")  # ticks, places of prices, places of quantities, which quotes are unknown somewhere

#: Of each column, whether its steps from tick to tick are kept or its values: id, ts, lag, seq, flags, price, near, spread, qty.
_STEPS = (True, True, True, True, False, True, False, False, False)

_RAW = 255  # instead of places: these numbers have no decimal form of so few digits, and are kept as the bits they are
_NO_BID, _NO_ASK = 1, 2
_LEVEL = 3

_KEPT = [(name, f"i{TICK[name].itemsize}") for name in TICK.names or () if name not in ("symbol", "leg")]

Ints = NDArray[np.int64]

#: `core.kernels.columns.lay_out` as machine code: (plain bytes, columns, 10 to the places of prices and of quantities, ticks to fill).
LayOut: TypeAlias = Callable[[bytes, Records, float, float, Records], None]

_own = threading.local()


def pack(ticks: Records) -> bytes:
    """The bytes of a chunk.

    Args:
        ticks: 1 to CHUNK_TICKS TICK records of one series; `symbol` and `leg` are not kept.
    """
    data = _packed(ticks, _places(ticks["price"], ticks["bid"], ticks["ask"]), _places(ticks["qty"]))
    return data if same(unpack(data), ticks) else _packed(ticks, _RAW, _RAW)


def same(one: Records, other: Records) -> bool:
    """Whether two arrays hold the same ticks bit for bit, but for `symbol` and `leg`."""
    return len(one) == len(other) and all(bool((one[name].view(bits) == other[name].view(bits)).all()) for name, bits in _KEPT)


def unpack(data: bytes, lay_out: LayOut | None = None) -> Records:
    """The TICK records of a chunk; `symbol` and `leg` are 0. The same with `lay_out`, sooner.

    Raises:
        StoreError: the bytes are damaged.
    """
    try:
        if not hasattr(_own, "open"):
            _own.open = zstandard.ZstdDecompressor()
        return _unpacked(_own.open.decompress(data, max_output_size=_MOST), lay_out)
    except (zstandard.ZstdError, struct.error, ValueError, IndexError) as error:
        raise StoreError(f"a sealed chunk is damaged: {error}") from error


#: Bytes of a chunk before it is compressed, at most.
_MOST = _HEAD.size + len(_STEPS) * (_COLUMN.size + 8 * CHUNK_TICKS) + CHUNK_TICKS


def _packed(ticks: Records, places: int, qty_places: int) -> bytes:
    head, body = [], []
    quotes, columns = _columns(ticks, places, qty_places)
    for column, steps in zip(columns, _STEPS, strict=True):
        width, unit, low, left = _shape(np.diff(column) if steps else column)
        head.append(_COLUMN.pack(width, unit, low, int(column[0])))
        planes = left.view("u1").reshape(-1, 8)
        body += [planes[:, k].tobytes() for k in range(width)]
    for bit, name in ((_NO_BID, "bid"), (_NO_ASK, "ask")):
        if quotes & bit:
            body.append(np.packbits(np.isnan(ticks[name])).tobytes())
    if not hasattr(_own, "press"):
        _own.press = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    done: bytes = _own.press.compress(b"".join((_HEAD.pack(len(ticks), places, qty_places, quotes), *head, *body)))
    return done


def _columns(ticks: Records, places: int, qty_places: int) -> tuple[int, list[Ints]]:
    """(which quotes are unknown somewhere, the columns as integers)."""
    ts, price, side = ticks["ts"], ticks["price"], ticks["side"]
    qty = _bits(ticks["qty"]) if qty_places == _RAW else _whole(ticks["qty"], qty_places)
    flags = (side + 1 | ticks["origin"] << 2).astype("i8")
    columns = [ticks["id"], ts, ticks["recv"] - ts, ticks["seq"], flags]
    if places == _RAW:
        return 0, [*columns, _bits(price), _bits(ticks["bid"]), _bits(ticks["ask"]), qty]
    no_bid, no_ask = np.isnan(ticks["bid"]), np.isnan(ticks["ask"])
    whole = _whole(price, places)
    bid, ask = _whole(np.where(no_bid, price, ticks["bid"]), places), _whole(np.where(no_ask, price, ticks["ask"]), places)
    near = np.where(side > 0, ask, bid)  # what a print took from: its price, nearly always
    quotes = _NO_BID * bool(no_bid.any()) | _NO_ASK * bool(no_ask.any())
    return quotes, [*columns, whole, near - whole, ask - bid, qty]


def _unpacked(plain: bytes, lay_out: LayOut | None) -> Records:
    count, places, qty_places, quotes = _HEAD.unpack_from(plain)
    columns, at = _laid(plain, count)
    if lay_out is None or _RAW in (places, qty_places):
        ticks = _column_by_column(plain, columns, count, places, qty_places)
    else:
        ticks = np.empty(count, TICK)
        lay_out(plain, columns, _PLACES[places], _PLACES[qty_places], ticks)
    for bit, name in ((_NO_BID, "bid"), (_NO_ASK, "ask")):
        if quotes & bit:
            size = -(-count // 8)
            ticks[name][np.unpackbits(np.frombuffer(plain, "u1", size, at), count=count).view(bool)] = np.nan
            at += size
    return ticks


def _laid(plain: bytes, count: int) -> tuple[Records, int]:
    """(where and how the columns lie, where they end)."""
    if not 0 < count <= CHUNK_TICKS:
        raise ValueError(f"{count} ticks")
    columns, at = [], _HEAD.size + len(_STEPS) * _COLUMN.size
    for (width, unit, low, first), steps in zip(_COLUMN.iter_unpack(plain[_HEAD.size : at]), _STEPS, strict=True):
        if width > 8:
            raise ValueError(f"{width} bytes a value")
        columns.append((width, count - steps, at, unit, low, first))
        at += width * (count - steps)
    if at > len(plain):
        raise ValueError(f"{len(plain)} bytes of {at}")
    return np.array(columns, COLUMN), at


def _column_by_column(plain: bytes, columns: Records, count: int, places: int, qty_places: int) -> Records:
    whole: list[Ints] = []
    for (width, kept, at, unit, low, first), steps in zip(columns.tolist(), _STEPS, strict=True):
        values = _value(plain, at, kept, width)
        if unit != 1:
            values *= unit
        if low:
            values += low
        whole.append(_summed(first, values) if steps else values)
    ids, ts, lag, seq, flags, price, near, spread, qty = whole
    ticks = np.zeros(count, TICK)
    ticks["id"], ticks["ts"], ticks["seq"] = ids, ts, seq
    np.add(ts, lag, out=ticks["recv"])
    small = flags.astype("i1")
    side = (small & 3) - 1
    ticks["side"], ticks["origin"] = side, small >> 2
    ticks["qty"] = qty.view("f8") if qty_places == _RAW else qty / _PLACES[qty_places]
    if places == _RAW:
        ticks["price"], ticks["bid"], ticks["ask"] = price.view("f8"), near.view("f8"), spread.view("f8")
        return ticks
    scale = _PLACES[places]
    np.divide(price, scale, out=ticks["price"])
    near += price
    took = side > 0
    np.divide(near - spread * took, scale, out=ticks["bid"])
    np.divide(near + spread * ~took, scale, out=ticks["ask"])
    return ticks


def _places(*columns: NDArray[np.float64]) -> int:
    """The fewest decimal places that hold all these numbers exactly, NaN aside but for the first column; _RAW where none do."""
    known = [columns[0], *(some[~np.isnan(some)] for some in columns[1:])]
    for k, scale in enumerate(_PLACES):
        if all(_fits(some[:64], scale) for some in known) and all(_fits(some, scale) for some in known):
            return k
    return _RAW


def _fits(numbers: NDArray[np.float64], scale: float) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(numbers * scale)
    return bool((np.abs(scaled) < _EXACT).all()) and bool((scaled / scale == numbers).all())


def _whole(numbers: NDArray[np.float64], places: int) -> Ints:
    whole: Ints = np.rint(numbers * _PLACES[places]).astype("i8")
    return whole


def _bits(numbers: NDArray[np.float64]) -> Ints:
    return np.ascontiguousarray(numbers).view("i8")


def _shape(values: Ints) -> tuple[int, int, int, Ints]:
    """(bytes a value, unit, lowest, what is left of each) of some values: `left * unit + lowest`, in 64 bits."""
    if not len(values):
        return 0, 1, 0, values
    low, high = int(values.min()), int(values.max())
    if high - low >= 1 << 62:
        return 8, 1, 0, np.ascontiguousarray(values)
    left = values - low
    for unit in _UNITS:
        if (high - low) % unit == 0 and high > low and not (left % unit).any():
            return ((high - low) // unit).bit_length() + 7 >> 3, unit, low, left // unit
    return (high - low).bit_length() + 7 >> 3, 1, low, left


def _value(plain: bytes, at: int, count: int, width: int) -> Ints:
    """Integers from their byte planes."""
    if not width:
        return np.zeros(count, "i8")
    planes = np.frombuffer(plain, "u1", count * width, at).reshape(width, count)
    if width == 1:
        whole: Ints = planes[0].astype("i8")
        return whole
    values = np.zeros((count, 8), "u1")
    for k in range(width):
        values[:, k] = planes[k]
    whole = values.view("i8").ravel()
    return whole


def _summed(first: int, steps: Ints) -> Ints:
    whole = np.empty(len(steps) + 1, "i8")
    whole[0] = first
    np.cumsum(steps, out=whole[1:])
    whole[1:] += first
    return whole
