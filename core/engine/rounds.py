"""What an engine does all the time it runs, and at regular times: points of rates and sparklines, asking workers for figures and for
snapshots."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from core.clock import StepWatch
from core.engine.analyst_indicators import watch_indicators
from core.engine.analyst_watch import watch_pairs
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("rounds")

SAMPLE_S = 0.5
EQUITY_EVERY = 10  # samples
CURVES_EVERY = 2
FIGURES_S = 0.2

#: A write-ahead log that a reader keeps from starting over is told at these sizes, and is critical from the last on, in MB.
PINNED_MB = (64, 128, 256, 512, 1024)


def begin(engine: Engine) -> None:
    """Do all of it from here on."""
    works = [sample, ask_figures, save, hold_back, watch_logs, watch_pairs, watch_indicators]
    if engine.replay is None:
        works.append(watch_clock)
    for work in works:
        engine.spawn(work(engine), work.__name__)
    engine.spawn(engine.pauses.run(), "pauses")
    engine.spawn(engine.memory.run(), "memory")
    engine.spawn(engine.sentinel.run(), "alert rules")
    engine.spawn(engine.dispatch.run(), "alert channels")
    engine.spawn(engine.sources.run(), "sources")
    engine.spawn(engine.copilot.run(), "copilot")
    engine.spawn(engine.upkeep.run(), "upkeep")
    if engine.external is not None:
        engine.spawn(engine.external.run(), "orders for the venue")


async def sample(engine: Engine) -> None:
    """Take the points of rates and sparklines for ever."""
    count = 0
    while True:
        if engine.replay is not None:
            engine.incoming.absorb()  # its time is that of the newest print, which may wait there
        engine.market.sample(engine.clock.monotonic(), engine.clock.now_ns())
        count += 1
        if count % CURVES_EVERY == 0:
            engine.curves.sample()
        if count % EQUITY_EVERY == 0:
            engine.roster.sample()
        engine.panes.touch("header", "prices")
        await asyncio.sleep(SAMPLE_S)


async def watch_clock(engine: Engine) -> None:
    """Notice that somebody set the machine's clock, for ever: timers do not mind, times of orders and of prints do."""
    steps = StepWatch(engine.clock)
    while True:
        await asyncio.sleep(SAMPLE_S)
        step = steps.look()
        if step:
            ahead = "forward" if step > 0 else "back"
            engine.alarms.note("critical", f"the machine's clock was set {ahead} by {abs(step):,.1f} s")
            log.warning("clock was set", seconds=round(step, 3))


async def ask_figures(engine: Engine) -> None:
    """Ask every worker how its strategies are, for ever."""
    ask = frames.frame(frames.STATUS)
    while True:
        await asyncio.sleep(FIGURES_S)
        engine.pool.broadcast(ask)
        await engine.session.look()
        engine.guard.look()


async def save(engine: Engine) -> None:
    """Ask every worker for snapshots, for ever."""
    ask = frames.frame(frames.SNAP)
    while True:
        await asyncio.sleep(engine.config.engine.snapshot_every_s)
        if not engine.settler.full:
            engine.pool.broadcast(ask)


async def hold_back(engine: Engine) -> None:
    """Let strategies wait while the ledger cannot take what they do, for ever: nothing is dropped, memory stays bounded."""
    held = False
    while True:
        await asyncio.sleep(FIGURES_S)
        if engine.settler.full != held:
            held = engine.settler.full
            engine.pool.hold(held)
            if held:
                why = engine.ledger.trouble or "too slow"
                engine.alarms.raise_("ledger", "critical", f"the ledger is {why}: strategies wait until it can take what they do")
            else:
                engine.alarms.resolve("ledger")


async def watch_logs(engine: Engine) -> None:
    """Say when a program that reads without end makes a database's log grow, for ever: in the end it fills the disk."""
    while True:
        await asyncio.sleep(SAMPLE_S)
        for name, file in (("tape", engine.tape), ("ledger", engine.ledger)):
            over = max((size for size in PINNED_MB if file.pinned_mb > size), default=0)
            if over:
                text = f"a program reads {name}.db without end: its log has grown beyond {over:,} MB, end that program"
                engine.alarms.raise_(f"{name} log", "critical" if over == PINNED_MB[-1] else "warning", text)
            else:
                engine.alarms.resolve(f"{name} log")
