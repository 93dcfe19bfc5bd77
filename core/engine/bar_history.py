"""Bars of the past for a chart: what the tape holds, read backwards a piece at a time, and before that the venue's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import structlog

from core.analytics.bar_series import BarSeries, longer, older
from core.analytics.bars import OHLCV, Stretch
from core.clock import iso
from core.engine.history import AGAIN_S, WITHIN_S
from core.errors import SourceError, VenueError
from core.store.reader import read_ticks, ticks_since
from core.store.span import tape_rows, tape_windows
from core.types import BAR, DAY, SECOND, TICK, Records, interval_ns, join

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("bars")

#: Ticks of a piece, about; and of all pieces: the venue has what lies before them.
PIECE, PIECES = 20_000, 1_000_000

#: Nanoseconds of the first piece: it may be a busy market.
FIRST = 10 * SECOND

#: Ticks and days that are read forth at most, for bars that are not cut by time; and ticks taken at once.
REACH, DAYS = 300_000, 7
AT_ONCE = 8192

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
        piece = await asyncio.to_thread(_piece, engine, symbol, series, begin, end, through)
        if piece.made is not None:
            first = piece.first_ns
            series.put_before(piece.made, first_id=piece.first_id)
        left -= piece.ticks
        span = max(SECOND, min(span * 8, span * PIECE // max(piece.ticks, PIECE // 8)))
        end = begin
    return end, bool(first) and end <= start and first - start < series.interval


async def read_forth(engine: Engine, symbol: str, series: BarSeries, through: int) -> str:
    """Put into an empty series what the tape has, from the start of a day on, or of as long ago as `REACH` ticks reach; why not the former.

    Args:
        through: the highest seq that counts.
    """
    begin, seq = await asyncio.to_thread(_beginning, engine, symbol, through)
    if not seq:
        return ""
    ticks = ticks_since(engine.home / "tape.db", seq - 1, [symbol], symbols=engine.symbols, to_seq=through, batch=AT_ONCE)
    while await asyncio.to_thread(_extend, series, ticks):
        pass
    if begin % DAY and series.kind.by != "tick":
        series.cut()
        return f"counted from {iso(begin)[11:16]} UTC on: the whole day is too long to read"
    return ""


def _extend(series: BarSeries, ticks: Iterator[Records]) -> bool:
    """Take the next ticks; False where there are no more."""
    more = next(ticks, None)
    if more is not None:
        series.extend(more)
    return more is not None


def _beginning(engine: Engine, symbol: str, through: int) -> tuple[int, int]:
    """(time to read from, seq of the first tick of then); 0, 0 where there is nothing."""
    path, stream = engine.home / "tape.db", engine.venue.stream
    windows = tape_windows(path, symbol, stream, 1)
    if not windows:
        return 0, 0
    end = windows[-1][1]
    days = [end // DAY * DAY - DAY * back for back in range(DAYS)]
    begin = next((day for day in reversed(days) if tape_rows(path, symbol, stream, day) <= REACH), 0)
    begin = begin or next((start for start, _ in windows if start >= days[0] and tape_rows(path, symbol, stream, start) <= REACH), end)
    for start, stop in windows:
        ticks = delivered(engine, symbol, max(start, begin), stop, through) if stop > begin else np.empty(0, TICK)
        if len(ticks):
            return begin, int(ticks["seq"][0])
    return 0, 0


class Piece(NamedTuple):
    """Bars of a stretch of the tape; of how many ticks, and of its first the time (ns) and the id."""

    made: Stretch | None = None
    ticks: int = 0
    first_ns: int = 0
    first_id: int = 0


def _piece(engine: Engine, symbol: str, series: BarSeries, start: int, end: int, through: int) -> Piece:
    """Bars of what strategies were given of a symbol between two times, as far as it is on the tape. It runs in a thread."""
    ticks = delivered(engine, symbol, start, end, through)
    if not len(ticks):
        return Piece()
    return Piece(older(ticks, series.kind, dense=series.dense), len(ticks), int(ticks["ts"].min()), int(ticks["id"][0]))


def delivered(engine: Engine, symbol: str, start: int, end: int, through: int) -> Records:
    """What strategies were given of a symbol between two times, as far as it is on the tape. For a thread."""
    path, stream = engine.home / "tape.db", engine.venue.stream
    try:
        ticks = read_ticks(path, symbol, stream, from_ns=start, to_ns=end, as_delivered=True, symbols=engine.symbols)
    except SourceError:  # nothing of it yet
        return np.empty(0, TICK)
    return ticks.compress(ticks["seq"] <= through)


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
