"""What a strategy warms up on: what the tape holds of its symbols, before that the venue's own history."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import structlog

from core.compile.blueprint import Blueprint
from core.engine import warm
from core.engine.roster import Entry
from core.errors import SourceError
from core.reach import reach_from, reach_given, reached
from core.store.reader import read_ticks
from core.types import TICK, Records, join

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("history")

FIRST_WINDOW_NS = 60_000_000_000

#: How long the venue may take, and how long it is left alone after it took longer, in seconds.
WITHIN_S = 5.0
AGAIN_S = 30.0


async def gather(engine: Engine, entry: Entry, plan: Blueprint) -> tuple[Records, int]:
    """Ticks to warm up on, and the seq they go through."""
    engine.incoming.absorb()
    await engine.tape.flush()
    synced = engine.tape.synced_seq
    parts = []
    for symbol in entry.order.symbols if plan.warmup else ():
        last = engine.market.of(engine.symbols[symbol]).last_ts or await engine.venue_now()
        have = await _recorded(engine, symbol, plan, last)
        have = reached(have.compress(have["seq"] <= synced), last, plan.warmup, plan.interval)
        older = await _from_venue(engine, engine.bare(symbol), plan, have, last)
        parts += [older, have]
    if not parts:
        return np.empty(0, TICK), synced
    ticks = join(parts)
    if len(entry.order.symbols) > 1:
        ticks = ticks.take(np.argsort(ticks["ts"], kind="stable"))
    return ticks, synced


async def _from_venue(engine: Engine, name: str, plan: Blueprint, have: Records, last: int) -> Records:
    """What the venue has from before the tape; nothing where it takes too long, or asked us to be silent: what starts then warms up
    live. One that was slow is not waited for again until a while later."""
    clock = engine.clock
    if clock.monotonic() >= engine.no_history_until and engine.feed.rest.silence_s() < WITHIN_S:
        try:
            async with asyncio.timeout(WITHIN_S):
                return await warm.venue_history(engine.venue, engine.feed.rest.call, name, plan, have, last)
        except TimeoutError:
            engine.no_history_until = clock.monotonic() + AGAIN_S
            log.warning("the venue did not give its history in time", symbol=name)
    return np.empty(0, TICK)


async def _recorded(engine: Engine, symbol: str, plan: Blueprint, last: int) -> Records:
    """What is on the tape for warming up: its bars, or for `tick` a window that grows until it holds enough prints."""
    if plan.interval:
        return await _read(engine, symbol, reach_from(last, plan.warmup, plan.interval))
    window, wanted = FIRST_WINDOW_NS, reach_given(plan.warmup, plan.interval)
    while len(have := await _read(engine, symbol, max(last - window, 0))) < wanted and window < last:
        window *= min(max(2 * wanted // max(len(have), 1), 2), 8)
    return have


async def _read(engine: Engine, symbol: str, start: int) -> Records:
    """What strategies were given of a symbol since `start`, as far as it is on the tape."""

    def read() -> Records:
        try:
            return read_ticks(
                engine.home / "tape.db", symbol, engine.venue.stream, from_ns=start or None, as_delivered=True, symbols=engine.symbols
            )
        except SourceError:  # nothing of it yet
            return np.empty(0, TICK)

    return await asyncio.to_thread(read)
