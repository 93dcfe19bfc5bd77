"""What an engine does at regular times: points of rates and sparklines, asking workers for figures and for snapshots."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.workers import frames

if TYPE_CHECKING:
    from core.engine.engine import Engine

SAMPLE_S = 0.5
EQUITY_EVERY = 10  # samples
FIGURES_S = 0.2


async def sample(engine: Engine) -> None:
    """Take the points of rates and sparklines for ever."""
    count = 0
    while True:
        engine.market.sample(engine.clock.monotonic())
        count += 1
        if count % EQUITY_EVERY == 0:
            engine.roster.sample()
        engine.panes.touch("header", "prices")
        await asyncio.sleep(SAMPLE_S)


async def ask_figures(engine: Engine) -> None:
    """Ask every worker how its strategies are, for ever."""
    ask = frames.frame(frames.STATUS)
    while True:
        await asyncio.sleep(FIGURES_S)
        engine.pool.broadcast(ask)


async def save(engine: Engine) -> None:
    """Ask every worker for snapshots, for ever."""
    ask = frames.frame(frames.SNAP)
    while True:
        await asyncio.sleep(engine.config.engine.snapshot_every_s)
        engine.pool.broadcast(ask)
