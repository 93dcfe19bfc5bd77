"""History for a strategy that is about to start: from the tape where it reaches back, else from the venue's bars."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import numpy as np
import structlog

from core.analytics.bar_prints import prints_of_bars
from core.compile.blueprint import Blueprint
from core.errors import VenueError
from core.reach import is_reached, reach_from, reach_given
from core.types import TICK, Records, interval_ns, join
from core.venues.venue import Past, RestCall

log = structlog.get_logger("warm")

Fetch = Callable[[RestCall], Awaitable[bytes]]

#: Prints asked of the venue: one answer. What the tape lacks beyond them is not fetched; the strategy has them as the market goes on.
MOST_ASKED = 1000


def within_reach(ticks: Records, plan: Blueprint) -> Records:
    """Of the history of one symbol or several, in order, what a strategy is warmed up on that goes on after its last ticks."""
    kept = np.zeros(len(ticks), np.bool_)
    for symbol in np.unique(ticks["symbol"]):
        own = np.flatnonzero(ticks["symbol"] == symbol)
        when = ticks["ts"][own]
        kept[own] = is_reached(when, int(when[-1]), plan.warmup, plan.interval)
    return ticks.compress(kept)


async def venue_history(venue: Past, fetch: Fetch, name: str, plan: Blueprint, before: Records, now_ns: int) -> Records:
    """What the tape lacks, as TICK records from the venue: prints for `tick`, else bars turned into four prints each.

    Args:
        before: what the tape has of the window; history up to its first tick is fetched.
        now_ns: the end of the window.

    Returns an empty array when the venue cannot be reached: the strategy then warms up live.
    """
    try:
        if plan.interval == 0:
            return await _prints(venue, fetch, name, plan, before, now_ns)
        return await _bars(venue, fetch, name, plan, before, now_ns)
    except VenueError as error:
        log.info("no history from the venue", symbol=name, reason=str(error))
        return np.empty(0, TICK)


async def _prints(venue: Past, fetch: Fetch, name: str, plan: Blueprint, before: Records, now_ns: int) -> Records:
    wanted = reach_given(plan.warmup, plan.interval)
    missing = wanted - len(before)
    if missing <= 0:
        return np.empty(0, TICK)
    ticks = venue.parse_trades(name, await fetch(venue.trades_recent(name, min(wanted, MOST_ASKED))), now_ns)  # the newest: `before` too
    older = ticks.compress(ticks["id"] < before["id"][0]) if len(before) else ticks
    return older[-missing:]


async def _bars(venue: Past, fetch: Fetch, name: str, plan: Blueprint, before: Records, now_ns: int) -> Records:
    start = reach_from(now_ns, plan.warmup, plan.interval)
    until = int(before["ts"][0]) // plan.interval * plan.interval if len(before) else now_ns
    if until <= start:
        return np.empty(0, TICK)
    step = max((i for i in map(interval_ns, venue.kline_intervals) if plan.interval % i == 0), default=0)
    if step == 0:
        return np.empty(0, TICK)
    text = next(t for t in venue.kline_intervals if interval_ns(t) == step)
    parts: list[Records] = []
    while start < until:
        bars = venue.parse_klines(name, await fetch(venue.klines(name, text, start_ns=start, limit=1000)))
        bars = bars[bars["start"] < until]
        if not len(bars):
            break
        parts.append(prints_of_bars(bars[bars["qty"] > 0]))  # nothing traded: live there would be no bar either
        start = int(bars["start"][-1]) + step
    return join(parts)
