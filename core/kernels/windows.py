"""Windows of time with bounded memory: rings of time buckets, aligned to the epoch, one value a bucket.

A window is exact to the length of its buckets. With `oldest` and `newest` buckets it holds those from `oldest` - 1 before the one of
the newest print on, up to `newest` before it; with `newest` 0 that of the newest print, as far as it has come, is in it. What leaves is
forgotten and not subtracted, so no rounding outlives its window.

A print that is earlier than one seen before counts at the newest time seen: it came then. Conventions as in `averages`: all-zeros state
and work memory are the start, windows lie in `mem` from `at` on, parameters must not change between calls.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: The time of the newest print in ns, where its bucket ends, that bucket's number, and the number of the first one.
CLOCK = np.dtype([("now", "i8"), ("end", "i8"), ("bucket", "i8"), ("first", "i8")])

#: A sum, a highest or lowest value, or a first or last one over a window; `mem`: `oldest`. `closed` is that of its finished buckets.
WINDOW = np.dtype([("closed", "f8")])

#: An average weighted by time; `mem`: `size`.
TIME_WEIGHTED = np.dtype([("price", "f8"), ("at", "i8"), ("closed", "f8")])

#: What `turn` gives for the first print: every bucket is new.
EVERY = 1 << 62


def buckets(seconds: float, resolution: float) -> int:
    """How many buckets of `resolution` seconds cover so many seconds."""
    return math.ceil(seconds / resolution - 1e-9)


def length_ns(resolution: float) -> int:
    """A bucket's length."""
    return int(resolution * 1e9 + 0.5)


def turn(clock: Any, ts: int, resolution: float) -> int:
    """Take the time of a print (ns); how many buckets have begun with it: 0 where its bucket is that of the print before."""
    if ts < clock.end:
        if ts > clock.now:
            clock.now = ts
        return 0
    length = length_ns(resolution)
    bucket = ts // length
    turned: int = bucket - clock.bucket
    if clock.end == 0:
        clock.first = bucket
        turned = EVERY
    clock.now = ts
    clock.end = (bucket + 1) * length
    clock.bucket = bucket
    return turned


def reaches_back(clock: Any, oldest: int) -> bool:
    """Whether there have been prints since the oldest bucket of a window: else it cannot be known."""
    return bool(clock.bucket - clock.first >= oldest - 1)


def forget(mem: Any, at: int, size: int, bucket: int, turned: int, empty: float) -> None:
    """Make the newest `turned` buckets of a ring new ones."""
    place = bucket % size
    for _ in range(min(turned, size)):
        mem[at + place] = empty
        place -= 1
        if place < 0:
            place = size - 1


def window_sum(state: Any, mem: Any, at: int, clock: Any, turned: int, oldest: int, newest: int, x: float) -> float:
    """Sum of the values in a window, after adding this one to the newest bucket. `turned` is what `turn` gave for the print."""
    place = clock.bucket % oldest
    here = at + place
    if turned > 0:
        forget(mem, at, oldest, clock.bucket, turned, 0.0)
        total = 0.0
        for _ in range(oldest - max(newest, 1)):
            place += 1
            if place == oldest:
                place = 0
            total += mem[at + place]
        state.closed = total
    mem[here] += x
    closed: float = state.closed
    if newest == 0:
        return closed + mem[here]  # type: ignore[no-any-return]
    return closed


def window_max(state: Any, mem: Any, at: int, clock: Any, turned: int, oldest: int, newest: int, x: float) -> float:
    """Highest value in a window, NaN where there is none."""
    place = clock.bucket % oldest
    here = at + place
    if turned > 0:
        forget(mem, at, oldest, clock.bucket, turned, -math.inf)
        best = -math.inf
        for _ in range(oldest - max(newest, 1)):
            place += 1
            if place == oldest:
                place = 0
            if mem[at + place] > best:
                best = mem[at + place]
        state.closed = best
    if x > mem[here]:
        mem[here] = x
    best = state.closed
    if newest == 0 and mem[here] > best:
        best = mem[here]
    if best == -math.inf:
        return math.nan
    return best  # type: ignore[no-any-return]


def window_min(state: Any, mem: Any, at: int, clock: Any, turned: int, oldest: int, newest: int, x: float) -> float:
    """Lowest value in a window, NaN where there is none."""
    return -window_max(state, mem, at, clock, turned, oldest, newest, -x)


def window_first(state: Any, mem: Any, at: int, clock: Any, turned: int, oldest: int, newest: int, x: float) -> float:
    """First value in a window, NaN where there is none."""
    place = clock.bucket % oldest
    here = at + place
    if turned > 0:
        forget(mem, at, oldest, clock.bucket, turned, math.nan)
        found = math.nan
        for _ in range(oldest - max(newest, 1)):
            place += 1
            if place == oldest:
                place = 0
            if found != found:
                found = mem[at + place]
        state.closed = found
    if mem[here] != mem[here]:
        mem[here] = x
    closed: float = state.closed
    if newest == 0 and closed != closed:
        return mem[here]  # type: ignore[no-any-return]
    return closed


def window_last(state: Any, mem: Any, at: int, clock: Any, turned: int, oldest: int, newest: int, x: float) -> float:
    """Last value in a window, NaN where there is none."""
    place = clock.bucket % oldest
    here = at + place
    if turned > 0:
        forget(mem, at, oldest, clock.bucket, turned, math.nan)
        found = math.nan
        for _ in range(oldest - max(newest, 1)):
            place += 1
            if place == oldest:
                place = 0
            if mem[at + place] == mem[at + place]:
                found = mem[at + place]
        state.closed = found
    mem[here] = x
    if newest == 0:
        return x
    return state.closed  # type: ignore[no-any-return]


def window_lag(mem: Any, at: int, clock: Any, turned: int, back: int, x: float) -> float:
    """The last value as it was at the end of the bucket `back` buckets before the newest one; NaN until there were prints by then.

    A bucket without a print ends at the value of the one before it. `mem`: `back` + 1.
    """
    size = back + 1
    place = clock.bucket % size
    here = place
    if turned > 0 and turned < EVERY:
        held = mem[at + (clock.bucket - turned) % size]
        for _ in range(min(turned, size) - 1):
            place -= 1
            if place < 0:
                place = back
            mem[at + place] = held
    mem[at + here] = x
    if clock.bucket - clock.first < back:
        return math.nan
    here += 1
    if here == size:
        here = 0
    return mem[at + here]  # type: ignore[no-any-return]


def time_weighted(state: Any, mem: Any, at: int, clock: Any, turned: int, size: int, resolution: float, price: float) -> float:
    """Average of a price weighted by how long it held, from the beginning of the bucket `size` - 1 before the newest one to the print.

    A price holds until the next print, however long that takes. NaN until the oldest bucket is one with a price from its beginning.
    """
    length = length_ns(resolution)
    place = clock.bucket % size
    here = at + place
    into = clock.now - clock.bucket * length
    if turned == EVERY:
        forget(mem, at, size, clock.bucket, turned, 0.0)
        state.closed = 0.0
    elif turned > 0:
        before = clock.bucket - turned
        mem[at + before % size] += state.price * ((before + 1) * length - state.at)
        forget(mem, at, size, clock.bucket, turned, state.price * length)  # all that is new held the price of the print before
        mem[here] = state.price * into
        total = 0.0
        for _ in range(size - 1):
            place += 1
            if place == size:
                place = 0
            total += mem[at + place]
        state.closed = total
    else:
        mem[here] += state.price * (clock.now - state.at)
    state.price = price
    state.at = clock.now
    if clock.bucket - clock.first < size:
        return math.nan
    covered = (size - 1) * length + into
    if covered == 0:
        return price
    return (state.closed + mem[here]) / covered  # type: ignore[no-any-return]
