"""A venue's own bars up to a moment: long ones, then shorter ones for what is left of the last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from core.types import BAR, DAY, Records, interval_ns, join
from core.venues.venue import Past, RestCall

#: Bars of one answer, and answers about one length of bars at most.
PAGE, PAGES = 1000, 50

Ask = Callable[[RestCall, Callable[[bytes], Records]], Awaitable[Records]]


async def bars_before(venue: Past, ask: Ask, name: str, interval: int, start: int, until: int) -> Records:
    """BAR records from `start` on that are over by `until`, oldest first; those in which nothing was traded are none.

    Put together they are the bars of `interval` ns, the one that `until` lies in as far as whole bars of the venue's shortest come.

    Args:
        ask: sends a call and parses its answer.
        name: the venue's own name of the symbol.
        start: ns, where a bar of the interval begins.

    Raises:
        VenueError: the venue did not answer.
    """
    parts: list[Records] = []
    for length in lengths(venue.kline_intervals, interval):
        text = next(text for text in venue.kline_intervals if interval_ns(text) == length)
        end = until // length * length
        at = max(start, end - PAGES * PAGE * length)
        while at < end:
            call = venue.klines(name, text, start_ns=at, limit=min(PAGE, (end - at) // length))
            bars = await ask(call, lambda body: venue.parse_klines(name, body))
            bars = bars.compress((bars["start"] >= at) & (bars["start"] < end))
            if not len(bars):
                break
            parts.append(bars.compress(bars["qty"] > 0))
            at = int(bars["start"][-1]) + length
        start = max(start, end)
    return join(parts, BAR)


def lengths(known: Iterable[str], interval: int) -> list[int]:
    """Of a venue's bars those to ask for, ns, longest first: each divides the one before into no more parts than one answer has.

    None is longer than a day: a venue's weeks begin on Mondays, and ours with the epoch.
    """
    left = sorted(length for length in map(interval_ns, known) if 0 < length <= DAY and interval % length == 0)
    found = left[-1:]
    while shorter := [length for length in left if length < found[-1] and found[-1] % length == 0]:
        found.append(next((length for length in shorter if found[-1] // length <= PAGE), shorter[-1]))
    return found
