"""Bars of released trades, as `/api/v3/klines` and the 24 h figures tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from core.exchange.rows import SCALE, exact_sums
from core.types import Records

DAY_US = 86_400_000_000

#: Merging by it makes one bar of all.
FOREVER_US = 10**18


class Bar(NamedTuple):
    """One bar: times in µs, prices and sizes in units of 1e-8, quote volumes in quote currency."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_volume: float
    trades: int
    taker_volume: int
    taker_quote_volume: float


def bars_of_trades(trades: Records, interval_us: int) -> list[Bar]:
    """Bars of TRADE rows in id order; intervals without a trade have none."""
    if len(trades) == 0:
        return []
    starts = trades["time"] // interval_us * interval_us
    # Times may step back a little between trades: the bar that was open stays open.
    starts = np.maximum.accumulate(starts)
    first = np.concatenate([[0], np.flatnonzero(np.diff(starts)) + 1])
    last = np.concatenate([first[1:] - 1, [len(trades) - 1]])
    price, qty, bought = trades["price"], trades["qty"], ~trades["maker"]
    value = price / SCALE * (qty / SCALE)
    columns = (
        starts[first].tolist(),
        price[first].tolist(),
        np.maximum.reduceat(price, first).tolist(),
        np.minimum.reduceat(price, first).tolist(),
        price[last].tolist(),
        exact_sums(qty, first),
        np.add.reduceat(value, first).tolist(),
        (last - first + 1).tolist(),
        exact_sums(np.where(bought, qty, 0), first),
        np.add.reduceat(np.where(bought, value, 0.0), first).tolist(),
    )
    return [Bar(*row) for row in zip(*columns, strict=True)]


def merged(bars: Iterable[Bar], interval_us: int) -> list[Bar]:
    """Longer bars of shorter ones in order; also joins two parts of one bar."""
    out: list[Bar] = []
    for bar in bars:
        start = bar.start // interval_us * interval_us
        if not out or out[-1].start != start:
            out.append(bar._replace(start=start))
            continue
        so_far = out[-1]
        out[-1] = Bar(
            start,
            so_far.open,
            max(so_far.high, bar.high),
            min(so_far.low, bar.low),
            bar.close,
            so_far.volume + bar.volume,
            so_far.quote_volume + bar.quote_volume,
            so_far.trades + bar.trades,
            so_far.taker_volume + bar.taker_volume,
            so_far.taker_quote_volume + bar.taker_quote_volume,
        )
    return out


def without_holes(bars: Iterable[Bar], interval_us: int) -> Iterator[Bar]:
    """The bars, and between them flat ones without volume for intervals in which nothing traded, as the venue answers."""
    before: Bar | None = None
    for bar in bars:
        if before is not None:
            for start in range(before.start + interval_us, bar.start, interval_us):
                close = before.close
                yield Bar(start, close, close, close, close, 0, 0.0, 0, 0, 0.0)
        yield bar
        before = bar
