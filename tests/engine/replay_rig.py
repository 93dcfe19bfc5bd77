"""Recorded homes written by the test, and engines that replay them in the test's own loop."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from engine_rig import until

from core.commands import Register, ReplayPace, ReplayStep, Terms
from core.config import load as load_config
from core.engine.engine import Engine
from core.engine.replay_run import make_engine
from core.engine.replaying import Replay, of
from core.home import make_home
from core.replay.recording import Recording, open_recording
from core.store.tape import Tape
from core.types import SECOND, TICK, Origin, Records, Symbols

NAMES = ("BTCUSDT", "ETHUSDT")
STREAM = "trade"
START = 1_723_161_600 * SECOND  # 2024-08-09 00:00:00


def prints(name: str = "BTCUSDT", count: int = 2000, *, seed: int = 0, start: int = START, first_id: int = 100) -> Records:
    """Ticks of one symbol, about five a second, prices wandering on a grid of 0.01."""
    rng = np.random.default_rng(seed + NAMES.index(name))
    ticks = np.zeros(count, TICK)
    ticks["id"] = first_id + np.arange(count)
    ticks["ts"] = start + np.cumsum(rng.integers(0, 400, count)) * 1_000_000
    ticks["recv"] = ticks["ts"] + 12_000_000
    ticks["price"] = np.round(30_000 + np.cumsum(rng.integers(-40, 41, count)) / 100, 2)
    ticks["qty"] = np.round(0.001 * rng.integers(1, 900, count), 3)
    ticks["side"] = rng.choice([-1, 1], count)
    ticks["bid"], ticks["ask"] = ticks["price"] - 0.01, ticks["price"] + 0.01
    return ticks


async def write_tape(home: Path, *series: tuple[str, Records]) -> None:
    """A home whose tape holds these, numbered by time as an engine would have."""
    make_home(home)
    symbols = Symbols([f"binance:{name}" for name, _ in series])
    for number, (_, ticks) in enumerate(series):
        ticks["symbol"] = number
    ticks = np.concatenate([ticks for _, ticks in series])
    ticks = ticks[np.argsort(ticks["ts"], kind="stable")]
    ticks["seq"] = np.where(ticks["origin"] == Origin.LATE, 0, np.arange(1, len(ticks) + 1))
    async with await Tape.open(home / "tape.db", symbols) as tape:
        for at in range(0, len(ticks), 5000):
            tape.append(ticks[at : at + 5000], STREAM)
        await tape.flush()


@dataclass
class Played:
    """One engine that replays."""

    engine: Engine

    @property
    def replay(self) -> Replay:
        return of(self.engine)

    @property
    def ticks(self) -> int:
        """Released so far."""
        return self.engine.market.ticks_total

    async def do(self, command: Any) -> Any:
        """One command through the door."""
        return await self.engine.commands.submit(command, "test")

    async def register(self, name: str, symbol: str = "BTCUSDT", **more: Any) -> str:
        """Register a strategy on one-second bars; returns its id."""
        params = {"interval": "1s", **more.pop("params", {})}
        answer = await self.do(Register(name=name, symbols=[symbol], params=params, terms=Terms(side="long_short"), **more))
        return str(answer["id"])

    async def to_end(self) -> None:
        """Play the rest as fast as it goes, and wait until everything it causes is on disk."""
        await self.do(ReplayPace(speed="max"))
        await until(lambda: self.replay.feed.ended, "the end of the recording")
        await self.settle()

    async def settle(self) -> None:
        """Wait until tape and workers have all of it."""
        self.engine.incoming.absorb()
        await self.engine.tape.flush()
        await until(lambda: all(w.caught_up for w in self.engine.pool.workers), "workers caught up")
        await self.engine.answers.settled()

    async def step(self, interval: str = "tick", **more: Any) -> None:
        """One step, seen by everybody."""
        await self.do(ReplayStep(interval=interval, **more))
        self.engine.incoming.absorb()


@contextlib.asynccontextmanager
async def replaying(home: Path, recording: Recording, recorded: Path | None = None) -> AsyncIterator[Played]:
    """An engine that stands still at the beginning of a recording, or where this home's tape ends; stopped cleanly at the end."""
    make_home(home)
    config = load_config(home, env={}, flags={"engine.workers": 1, "engine.memory_mb": 100_000}).config
    engine = await make_engine(home, recorded or home, config, recording)
    await engine.start([])
    try:
        yield Played(engine)
    finally:
        engine.stopping.set()
        await engine.stop()


@contextlib.asynccontextmanager
async def recorded(tmp_path: Path, *names: str, count: int = 2000, span: str = "") -> AsyncIterator[Played]:
    """A replay of a fresh recording of these symbols."""
    names = names or NAMES
    await write_tape(tmp_path, *((name, prints(name, count)) for name in names))
    async with replaying(tmp_path / "replay", open_recording([f"tape:{name}{span}" for name in names], tmp_path), tmp_path) as played:
        yield played
