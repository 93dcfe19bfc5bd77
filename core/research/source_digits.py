"""Columns of unsigned decimal text to exact numbers, a whole block of rows at a time, in NumPy.

Every character below "0" (comma, dot, newline, tab) is found with one comparison; digits are read eight at a time from
64-bit words (the well-known multiply-and-shift reduction of packed digits). A decimal is its digits as one integer
divided by a power of ten: both are exact in a float64 up to 2^53 and 10^22, so the one rounding of the division gives
the nearest float, the same bits as `float(text)` (Clinger, "How to read floating point numbers accurately", 1990,
section 4). Longer digits go through `float` itself. Anything but plain digits makes the block unreadable here (None),
and the careful reader takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
Uint64s = NDArray[np.uint64]
Floats = NDArray[np.float64]

_DOT, _NEWLINE, _RETURN, _ZERO = 46, 10, 13, 48
_PAD = b"0" * 32
_EXACT = np.uint64(1 << 53)
_POWERS: Final[Floats] = np.array([float(f"1e{k}") for k in range(23)])
TENS: Final[Uint64s] = np.array([10**k for k in range(20)], np.uint64)


def _u(value: int) -> np.uint64:
    return np.uint64(value)


_MASKS = np.array([(0xFFFFFFFFFFFFFFFF << (64 - 8 * k)) & 0xFFFFFFFFFFFFFFFF for k in range(9)], np.uint64)
_ZEROS, _ROOM, _HIGH = _u(0x3030303030303030), _u(0x7676767676767676), _u(0x8080808080808080)
_STEPS = (
    (_u(10), _u(8), _u(0x00FF00FF00FF00FF)),
    (_u(100), _u(16), _u(0x0000FFFF0000FFFF)),
    (_u(10_000), _u(32), _u(0x00000000FFFFFFFF)),
)


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the fields of a block lie: `start`, `end` and `dot` (equal to `end` where there is none) are (rows, width) offsets."""

    text: NDArray[np.uint8]
    words: Uint64s  # words[i]: the eight bytes from offset i on
    start: Int64s
    end: Int64s
    dot: Int64s

    @property
    def rows(self) -> int:
        return len(self.start)


def find_fields(block: bytes, width: int, delimiter: int) -> Fields | None:
    """The fields of a block of whole lines; None where a line has another number of fields, quotes, signs or spaces."""
    padded = _PAD + block
    text = np.frombuffer(padded, np.uint8)
    marks = np.flatnonzero(text < _ZERO)
    kinds = text[marks]
    first = kinds[: int(np.argmax(kinds == _NEWLINE)) + 1]
    if len(marks) % len(first) == 0 and (kinds.reshape(-1, len(first)) == first).all():
        found = _same_dots(marks.reshape(-1, len(first)), first)
    else:
        found = _any_dots(marks, kinds)
    if found is None:
        return None
    kinds, stop, dot = found
    expected = [delimiter] * (width - 1) + [_RETURN] * (len(kinds) - width) + [_NEWLINE]
    if len(kinds) - width not in (0, 1) or kinds.tolist() != expected:
        return None
    if len(kinds) > width and ((stop[:, -1] - stop[:, -2]) != 1).any():
        return None
    start = np.empty_like(stop)
    start.ravel()[0] = len(_PAD)
    start.ravel()[1:] = stop.ravel()[:-1] + 1
    words = np.ndarray((len(padded) - 7,), "<u8", buffer=padded, strides=(1,))
    return Fields(text, words, start[:, :width], stop[:, :width], dot[:, :width])


def _same_dots(marks: Int64s, first: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Int64s, Int64s] | None:
    """(kind of each separator, (rows, separators) offsets, dots): every line has its dots in the same fields."""
    is_stop = first != _DOT
    stop = np.ascontiguousarray(marks[:, is_stop])
    dot = stop.copy()
    owner = np.cumsum(is_stop)[~is_stop]
    if len(np.unique(owner)) != len(owner):
        return None
    dot[:, owner] = marks[:, ~is_stop]
    return first[is_stop], stop, dot


def _any_dots(marks: Int64s, kinds: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Int64s, Int64s] | None:
    """As `_same_dots`, for lines that differ in which fields have a dot."""
    is_stop = kinds != _DOT
    stop, stops = marks[is_stop], kinds[is_stop]
    first = stops[: int(np.argmax(stops == _NEWLINE)) + 1]
    if len(stops) % len(first) or (stops.reshape(-1, len(first)) != first).any():
        return None
    owner = np.cumsum(is_stop)[~is_stop]
    if (owner[1:] == owner[:-1]).any():
        return None
    dot = stop.copy()
    dot[owner] = marks[~is_stop]
    return first, stop.reshape(-1, len(first)), dot.reshape(-1, len(first))


def _eight(words: Uint64s, end: Int64s, length: Int64s) -> Uint64s | None:
    """The number in the `length` (0 to 8) digits before each `end`."""
    w = words[end - 8]
    w ^= _ZEROS
    w &= _MASKS[length]
    spare = w + _ROOM
    spare |= w
    if np.bitwise_or.reduce(spare) & _HIGH:
        return None
    for times, shift, mask in _STEPS:
        np.right_shift(w, shift, out=spare)
        w *= times
        w += spare
        w &= mask
    return w


def digits(fields: Fields, start: Int64s, end: Int64s) -> Uint64s | None:
    """The numbers in the digits from `start` to `end`, at most 19; an empty run is 0."""
    length = end - start
    longest = int(length.max())
    if longest > 19:
        return None
    value = _eight(fields.words, end, np.minimum(length, 8))
    for done in range(8, longest, 8):
        more = _eight(fields.words, end - done, np.clip(length - done, 0, 8))
        if value is None or more is None:
            return None
        value += more * TENS[done]
    return value


def integers(fields: Fields, column: int) -> Int64s | None:
    """A column of whole numbers below 10^18."""
    start, end = fields.start[:, column], fields.end[:, column]
    if (fields.dot[:, column] != end).any() or (end == start).any() or int((end - start).max()) > 18:
        return None
    value = digits(fields, start, end)
    return None if value is None else value.astype(np.int64)


def decimals(fields: Fields, column: int) -> Floats | None:
    """A column of decimals as the nearest floats."""
    split = whole_and_fraction(fields, column)
    if split is None:
        return None
    whole, fraction, places = split
    if int(places.max()) > 19:
        return None
    start, end, dot = fields.start[:, column], fields.end[:, column], fields.dot[:, column]
    long = (dot - start) + places > 18
    value = whole * TENS[places] + fraction
    out: Floats = value.astype(np.float64) / _POWERS[places]
    odd = np.flatnonzero(long | (value > _EXACT))
    if len(odd):
        text = fields.text
        out[odd] = [float(text[a:b].tobytes()) for a, b in zip(start[odd].tolist(), end[odd].tolist(), strict=True)]
    return out


def whole_and_fraction(fields: Fields, column: int) -> tuple[Uint64s, Uint64s, Int64s] | None:
    """(digits before the dot, digits after it, how many those are) of a column; None where a field has no digit."""
    start, end, dot = fields.start[:, column], fields.end[:, column], fields.dot[:, column]
    places = np.maximum(end - dot - 1, 0)
    if (places + (dot - start) == 0).any():
        return None
    whole = digits(fields, start, dot)
    fraction = digits(fields, end - places, end) if places.any() else np.zeros(len(end), np.uint64)
    return None if whole is None or fraction is None else (whole, fraction, places)


def first_letters(fields: Fields, column: int) -> NDArray[np.uint8]:
    """The first character of each field, lower case; 0 for an empty one."""
    start, end = fields.start[:, column], fields.end[:, column]
    letters = fields.text[start] | np.uint8(0x20)
    return np.where(end > start, letters, np.uint8(0))
