"""The life of a replay engine: one after another in one process, for going back in time is beginning anew."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import structlog

from core.alert_rules import AnyRule
from core.commands import Register, SetAlert
from core.config import Config
from core.engine.engine import Engine
from core.engine.replaying import Replay, of, places
from core.errors import CockpitError
from core.home import forget, stamp
from core.replay.clock import ReplayClock
from core.replay.goals import Moment
from core.replay.plan import Plan
from core.replay.recording import Recording
from core.replay.venue import Recorded
from core.types import Symbols

log = structlog.get_logger("replay")

Opening: TypeAlias = Callable[[Engine], Coroutine[Any, Any, None]]
Serve: TypeAlias = Callable[[Engine, Opening], Awaitable[int]]

#: What of a home a replay makes anew when it goes back; everything else stays.
MADE = (*(f"{name}.db{part}" for name in ("tape", "ledger") for part in ("", "-wal", "-shm")), "seen.json", "runs")


@dataclass(slots=True)
class Carried:
    """What one engine leaves to the next when a replay goes back.

    Attributes:
        orders: of the strategies there are, to be registered anew before the first print.
        rules: the alert rules.
        speed, running: its pace.
        to_ns: where to go; 0 the beginning.
    """

    orders: list[Register] = field(default_factory=list)
    rules: list[AnyRule] = field(default_factory=list)
    speed: float = 1.0
    running: bool = True
    to_ns: int = 0


async def run(words: argparse.Namespace, plan: Plan, config: Config, serve: Serve) -> int:
    """Play until a signal or a `stop`; returns the exit code."""
    home: Path = words.home
    recording = await asyncio.to_thread(plan.open)
    stamp(home, "replay", [recording.venue])
    carried = Carried(speed=inf if words.speed == "max" else float(words.speed or 1), running=not words.paused)
    while True:
        engine = await make_engine(home, Path(plan.home), config, recording)
        replay = of(engine)
        replay.opened.clear()
        replay.clock.run(carried.speed, False)
        code = await serve(engine, partial(_open, carried))
        if replay.back_to is None:
            return code
        clock = replay.clock
        carried = Carried(
            [entry.order for entry in engine.roster],
            list(engine.sentinel.book.rules.values()),
            clock.speed,
            replay.was_running,
            replay.back_to,
        )
        log.info("the replay begins anew", to_ns=carried.to_ns, strategies=len(carried.orders))
        forget(home, MADE)


async def make_engine(home: Path, recorded: Path, config: Config, recording: Recording) -> Engine:
    """An engine that goes on where the tape of this home ends; strategies and configuration are those of the recorded home."""
    symbols = Symbols()
    tape = home / "tape.db"
    over = await asyncio.to_thread(places, tape, recording.stream) if tape.exists() else {}
    clock = ReplayClock(max([recording.begin_ns, *(place.ts for place in over.values())]))
    engine = Engine(home, "replay", config, Recorded(recording, symbols), symbols, clock)
    Replay(engine, recording)
    engine.folders[1:] = [config.strategy_folder(recorded)]
    return engine


async def _open(carried: Carried, engine: Engine) -> None:
    """Register what was carried over, then play."""
    for order in carried.orders:
        try:
            await engine.commands.submit(order, "engine")
        except CockpitError as error:
            engine.alarms.note("critical", f"{order.id} did not start anew: {error}")
    for rule in carried.rules:
        try:
            await engine.commands.submit(SetAlert(rule=msgspec.structs.replace(rule, snoozed_until_ns=0)), "engine")
        except CockpitError as error:
            engine.alarms.note("warning", f"a rule was not set anew: {error}")
    replay = of(engine)
    replay.opened.set()
    replay.feed.pace(carried.speed, carried.running)
    if carried.to_ns > replay.clock.now_ns():
        replay.feed.play(Moment(carried.to_ns))
