"""Bars of the past for a chart: what the tape holds, read backwards a piece at a time, and before that the venue's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import structlog

from core.analytics.bar_series import BarSeries, longer
from core.analytics.bars import OHLCV, aggregate
from core.engine.history import AGAIN_S, WITHIN_S
from core.errors import SourceError, VenueError
from core.store.reader import read_ticks
from core.types import BAR, SECOND, Records, interval_ns, join

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("bars")

#: Ticks of a piece, about; and of all pieces: the venue has what lies before them.
PIECE, PIECES = 20_000, 1_000_000

#: Nanoseconds of the first piece: it may be a busy market.
FIRST = 10 * SECOND

#: Answers asked of the venue for one chart.
PAGES = 3
PAGE = 1000


async def read_tape(engine: Engine, symbol: str, series: BarSeries, start: int, end: int, through: int) -> tuple[int, bool]:
    """Put what the tape has before `end` into the series, back to `start` or as far as `PIECES` ticks reach.

    Returns the time it was read back to, and whether that is `start`, with ticks that begin there: the tape may go on before it.

    Args:
        start, end: ns; ticks with `start <= ts < end` are read.
        through: the highest seq that counts.
    """
    span, left = FIRST, PIECES
    first = 0
    while end > start and left > 0:
        begin = max(start, end - span)
        piece = await asyncio.to_thread(_piece, engine, symbol, series.interval, begin, end, through)
        if piece.ticks:
            first = piece.first_ns
            series.precede(piece.bars, last_ns=piece.last_ns)
        left -= piece.ticks
        span = max(SECOND, min(span * 8, span * PIECE // max(piece.ticks, PIECE // 8)))
        end = begin
    return end, bool(first) and end <= start and first - start < series.interval


class Piece(NamedTuple):
    """Bars of a stretch of the tape; of how many ticks, from when to when (ns)."""

    bars: Records
    ticks: int = 0
    first_ns: int = 0
    last_ns: int = 0


def _piece(engine: Engine, symbol: str, interval: int, start: int, end: int, through: int) -> Piece:
    """Bars of what strategies were given of a symbol between two times, as far as it is on the tape. It runs in a thread."""
    path, stream = engine.home / "tape.db", engine.venue.stream
    try:
        ticks = read_ticks(path, symbol, stream, from_ns=start, to_ns=end, as_delivered=True, symbols=engine.symbols)
    except SourceError:  # nothing of it yet
        return Piece(np.empty(0, OHLCV))
    ticks = ticks.compress(ticks["seq"] <= through)
    if not len(ticks):
        return Piece(np.empty(0, OHLCV))
    return Piece(aggregate(ticks, interval), len(ticks), int(ticks["ts"].min()), int(ticks["ts"].max()))


async def ask_venue(engine: Engine, symbol: str, interval: int, start: int, until: int) -> tuple[Records, str]:
    """The venue's bars from `start` to `until` as OHLCV, oldest first, and why there are none or fewer."""
    clock = engine.clock
    if clock.monotonic() < max(engine.no_history_until, engine.charts.no_history_until):
        return np.empty(0, OHLCV), f"{engine.venue.name} was slow to give its history: asked again later"
    try:
        async with asyncio.timeout(WITHIN_S):
            return await _pages(engine, symbol, interval, start, until), ""
    except TimeoutError:
        engine.charts.no_history_until = clock.monotonic() + AGAIN_S
        return np.empty(0, OHLCV), f"{engine.venue.name} did not give its history within {WITHIN_S:g} s"
    except VenueError as error:
        return np.empty(0, OHLCV), f"no history from {engine.venue.name}: {error}"


async def _pages(engine: Engine, symbol: str, interval: int, start: int, until: int) -> Records:
    venue, name = engine.venue, engine.bare(symbol)
    text = max((text for text in venue.kline_intervals if interval % interval_ns(text) == 0), key=interval_ns, default="")
    if not text:
        return np.empty(0, OHLCV)
    step = interval_ns(text)
    start = max(start, until - PAGES * PAGE * step) // interval * interval
    parts: list[Records] = []
    while start < until:
        bars = venue.parse_klines(name, await engine.feed.rest.call(venue.klines(name, text, start_ns=start, limit=PAGE)))
        if not len(bars):
            break
        parts.append(bars)
        start = int(bars["start"][-1]) + step
    return longer(join(parts, BAR), interval)
