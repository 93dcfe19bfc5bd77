"""How long an engine takes after `kill -9` to be as it was, with many ticks since the last snapshots.

    python benchmarks/recovery.py [--ticks 1000000] [--rounds 3] [--strategies 8] [--workers 2]

A first engine registers the strategies and stops: that leaves their snapshots. Ticks are then put on its tape and its session is
left open, as a killed engine leaves it. Each round copies that home and starts an engine on it. `restored_s` runs from the start
until every strategy has seen every tick and every fill is in the ledger; opening the databases (their check after an unclean end
included) and spawning the workers with numba are in it. No venue is asked: the feed is a still one. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from benchmarks.contest import say
from benchmarks.store import NAMES, market
from core.clock import SystemClock
from core.commands import Register, Terms
from core.config import load as load_config
from core.engine.engine import Engine
from core.errors import VenueError
from core.feed.batch import Counters
from core.home import make_home
from core.replay.batches import health_of
from core.store.tape import Tape
from core.types import Symbols
from core.venues.binance import Binance

STRATEGIES = ("sma_crossover", "rsi", "macd", "bollinger", "momentum", "sma_crossover", "rsi", "macd")
DEADLINE_S = 300.0


class StillFeed:
    """Takes symbols and streams nothing."""

    def __init__(self) -> None:
        self.counters, self.skew_ms = Counters(), 0.0
        self.rest = self
        self._task: asyncio.Task[bool] | None = None

    async def call(self, _call: object) -> bytes:
        raise VenueError("there is no venue")

    def health(self) -> dict[str, Any]:
        return health_of("binance", asdict(self.counters), paused=False)

    def silence_s(self) -> float:
        return 0.0

    def start(self) -> asyncio.Task[bool]:
        self._task = asyncio.create_task(asyncio.Event().wait())
        return self._task

    async def watch(self, names: list[str]) -> list[str]:
        return names

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


class StillEngine(Engine):
    """An engine on a still feed."""

    async def _make_feed(self) -> None:
        self.feed = StillFeed()  # type: ignore[assignment]


def engine(home: Path, workers: int) -> StillEngine:
    symbols = Symbols()
    venue = Binance(symbols, ws_url="ws://127.0.0.1:9", rest_url="http://127.0.0.1:9")
    config = load_config(make_home(home), env={}, flags={"engine.workers": workers}).config
    return StillEngine(home, "paper", config, venue, symbols, SystemClock())


async def prepare(home: Path, words: argparse.Namespace) -> None:
    """A home with strategies at their first snapshots, and a long tape after them."""
    first = engine(home, words.workers)
    await first.start([name.partition(":")[2] for name in NAMES])
    for k in range(words.strategies):
        order = Register(
            name=STRATEGIES[k % len(STRATEGIES)],
            symbols=[NAMES[k % len(NAMES)]],
            params={"interval": "10s"},
            terms=Terms(side="long_short"),
        )
        await first.commands.submit(order, "bench")
    await first.answers.settled()
    seq = first.last_seq
    await first.stop()
    ticks = market(words.ticks)
    ticks["seq"] += seq
    async with await Tape.open(home / "tape.db", Symbols(NAMES)) as tape:
        for at in range(0, len(ticks), 20_000):
            await tape.wait_room()
            tape.append(ticks[at : at + 20_000], "aggTrade")
    with sqlite3.connect(home / "ledger.db") as db:
        db.execute("UPDATE sessions SET ended_ns = NULL")


async def restore(home: Path, words: argparse.Namespace) -> dict[str, Any]:
    """Start on it, and wait until all is as it was."""
    again = engine(home, words.workers)
    begun = time.perf_counter()
    await again.start([])
    started = time.perf_counter()
    async with asyncio.timeout(DEADLINE_S):
        seq = await again.answers.settled()
    done = time.perf_counter()
    fills = len(await again.ledger.fills())
    states = {entry.id: entry.state for entry in again.roster}
    await again.stop()
    if "failed" in states.values():
        raise SystemExit(f"a strategy failed: {states}")
    return {"started_s": started - begun, "restored_s": done - begun, "fills": fills, "seq": seq}


async def measure(words: argparse.Namespace) -> dict[str, Any]:
    rounds: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="cockpit-recovery-") as folder:
        home = Path(folder) / "home"
        await prepare(home, words)
        for number in range(words.rounds):
            copy = Path(folder) / f"home{number}"
            shutil.copytree(home, copy)
            rounds.append(await restore(copy, words))
            say(f"round {number + 1}: {rounds[-1]['restored_s']:.2f} s")
            shutil.rmtree(copy)
    best = min(rounds, key=lambda found: float(found["restored_s"]))
    return {
        "ticks": words.ticks,
        "strategies": words.strategies,
        "workers": words.workers,
        "fills": best["fills"],
        "started_s": round(best["started_s"], 3),
        "restored_s": round(best["restored_s"], 3),
        "all_restored_s": [round(found["restored_s"], 3) for found in rounds],
        "ticks_per_s": round(words.ticks / best["restored_s"]),
    }


def main() -> None:
    p = argparse.ArgumentParser(description="how long a restart takes")
    p.add_argument("--ticks", type=int, default=1_000_000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--strategies", type=int, default=8)
    p.add_argument("--workers", type=int, default=2)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for the document
    found = asyncio.run(measure(p.parse_args()))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
