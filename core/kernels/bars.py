"""Closing bars without a clock: a bar is closed by the first tick of a later interval, and seen only then.

Bars are aligned to the epoch: [n * interval, (n + 1) * interval). Intervals without a tick have no bar.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: One bar. Times in ns; `volume` and `buy_volume` (the buyer took) in base currency, `notional` in quote currency,
#: `trades` the ticks (or source bars) in it.
FORMING_BAR = np.dtype(
    [
        ("start", "i8"),
        ("end", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("buy_volume", "f8"),
        ("notional", "f8"),
        ("trades", "i8"),
    ]
)

#: The last closed bar, how many have closed, and the bar that is forming.
BAR_STATE = np.dtype([*FORMING_BAR.descr, ("count", "i8"), ("forming", FORMING_BAR)])


def close_bar(bar: Any, tick: Any, interval: int) -> bool:
    """Take a tick; whether it closed a bar, whose values are then in `bar` itself.

    Args:
        bar: BAR_STATE record.
        tick: TICK record. One with a time before the forming bar belongs to that bar: no bar opens again.
        interval: ns; 0 makes every tick a closed bar of its own price.
    """
    price = tick.price
    qty = tick.qty
    if interval == 0:
        bar.start = tick.ts
        bar.end = tick.ts
        bar.open = price
        bar.high = price
        bar.low = price
        bar.close = price
        bar.volume = qty
        bar.buy_volume = qty if tick.side > 0 else 0.0
        bar.notional = price * qty
        bar.trades = 1
        bar.count += 1
        return True
    forming = bar.forming
    if tick.ts < forming.end:
        if price > forming.high:
            forming.high = price
        if price < forming.low:
            forming.low = price
        forming.close = price
        forming.volume += qty
        if tick.side > 0:
            forming.buy_volume += qty
        forming.notional += price * qty
        forming.trades += 1
        return False
    closed: bool = forming.trades > 0
    if closed:
        finish(bar, forming)
    forming.start = tick.ts // interval * interval
    forming.end = forming.start + interval
    forming.open = price
    forming.high = price
    forming.low = price
    forming.close = price
    forming.volume = qty
    forming.buy_volume = qty if tick.side > 0 else 0.0
    forming.notional = price * qty
    forming.trades = 1
    return closed


def opens_next(bar: Any) -> bool:
    """Where a tick closed a bar: whether it is the first of the next one, and not itself in the bar it closed (as it is at interval 0)."""
    return bool(bar.forming.trades > 0)


def finish(bar: Any, forming: Any) -> None:
    """The forming bar is closed: put its values where strategies read them."""
    bar.start = forming.start
    bar.end = forming.end
    bar.open = forming.open
    bar.high = forming.high
    bar.low = forming.low
    bar.close = forming.close
    bar.volume = forming.volume
    bar.buy_volume = forming.buy_volume
    bar.notional = forming.notional
    bar.trades = forming.trades
    bar.count += 1


def close_bar_from_bar(bar: Any, tick: Any, interval: int) -> bool:
    """`close_bar` for a source of bars: takes a BAR record, whose `start` says which interval it belongs to.

    A bar closes on the source bar that reaches its end, at that bar's close; if that one is missing, on the first
    source bar of a later interval. An interval not longer than the source's makes every source bar a closed bar.
    Venues stamp a close at the next bar's start or just before it, so the end counts as reached when less than a
    source bar's length is left. `notional` takes each source bar at (high + low + close) / 3.
    """
    forming = bar.forming
    if interval == 0:
        whole(bar, tick, tick.start, tick.ts)
        return True
    if forming.trades > 0 and tick.start < forming.end:
        extend(forming, tick)
        if not reaches(tick, forming.end):
            return False
        finish(bar, forming)
        forming.trades = 0
        return True
    start = forming.end  # a multiple of the interval, where the next bar begins unless some were left out
    if tick.start - start >= interval:
        start = tick.start // interval * interval
    if forming.trades > 0:  # its end was left out: it closes now, and the bar of this tick at the next one
        finish(bar, forming)
        begin(forming, tick, start, start + interval)
        return True
    if not reaches(tick, start + interval):
        begin(forming, tick, start, start + interval)
        return False
    whole(bar, tick, start, start + interval)
    forming.end = start + interval
    return True


def reaches(source: Any, end: int) -> bool:
    """Whether a source bar is the last one of a bar that ends then: less than its own length is left."""
    return bool(end - source.ts < source.ts - source.start)


def whole(bar: Any, source: Any, start: int, end: int) -> None:
    """A source bar that is a closed bar by itself."""
    bar.start = start
    bar.end = end
    bar.open = source.open
    bar.high = source.high
    bar.low = source.low
    bar.close = source.price
    bar.volume = source.qty
    bar.buy_volume = source.qty if source.side > 0 else 0.0
    bar.notional = (source.high + source.low + source.price) / 3.0 * source.qty
    bar.trades = 1
    bar.count += 1


def begin(forming: Any, source: Any, start: int, end: int) -> None:
    """Open a bar with its first source bar."""
    forming.start = start
    forming.end = end
    forming.open = source.open
    forming.high = source.high
    forming.low = source.low
    forming.volume = 0.0
    forming.buy_volume = 0.0
    forming.notional = 0.0
    forming.trades = 0
    extend(forming, source)


def extend(forming: Any, source: Any) -> None:
    """Add a source bar to the forming one."""
    if source.high > forming.high:
        forming.high = source.high
    if source.low < forming.low:
        forming.low = source.low
    forming.close = source.price
    forming.volume += source.qty
    if source.side > 0:
        forming.buy_volume += source.qty
    forming.notional += (source.high + source.low + source.price) / 3.0 * source.qty
    forming.trades += 1
