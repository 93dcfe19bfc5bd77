"""An engine whose venue and workers are of the test's making: prints come when it says, a worker works when it says, and either dies.

The databases, the journal, recovery, the desk and the loop are the real ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import deque
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.clock import SystemClock
from core.commands import Register, Terms
from core.compile.__main__ import build as build_plan
from core.compile.blueprint import Blueprint
from core.config import load as load_config
from core.engine.engine import Engine
from core.feed.batch import Batch, Counters
from core.home import make_home
from core.strategy_files import builtin_folder
from core.trading.broker import Broker
from core.types import QUOTE, Records, Symbols
from core.venues.binance import Binance
from core.venues.venue import SymbolInfo
from core.workers import frames
from core.workers.cell import Progress
from core.workers.desk import Desk
from core.workers.worker import Worker

MOMENT = 0.002


@functools.cache
def _plan(folder: Path, name: str, params: tuple[tuple[str, Any], ...], terms: Terms, external: bool) -> Blueprint:
    return build_plan([builtin_folder(), folder], name, dict(params), terms, external=external)


async def plan_here(engine: Engine, order: Register) -> Blueprint:
    """As the compiler process builds it, without the process."""
    return _plan(engine.folders[-1], order.name, tuple(order.params.items()), order.terms, engine.external is not None)


async def plans_here(engine: Engine, orders: list[Register]) -> list[Blueprint | str]:
    """The same for several."""
    return [await plan_here(engine, order) for order in orders]


class StillFeed:
    """A feed that streams whatever is asked of it, and nothing by itself."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.skew_ms = 0.0
        self.rest = self

    def start(self) -> asyncio.Task[None]:
        self._task = asyncio.get_running_loop().create_task(asyncio.Event().wait())  # type: ignore[arg-type]
        return self._task

    async def aclose(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def watch(self, names: list[str]) -> list[str]:
        return names

    async def symbols(self) -> dict[str, SymbolInfo]:
        return {f"{base}USDT": SymbolInfo(f"{base}USDT", "TRADING", base, "USDT", 0.01, 0.001, 0.0) for base in ("BTC", "ETH")}

    async def unwatch(self, names: list[str]) -> None:
        """They stay as they are."""

    def pause(self) -> None:
        """Nothing is read anyway."""

    resume = pause


class Inbox:
    """The engine's end of a worker's socket."""

    def __init__(self) -> None:
        self.frames: deque[tuple[int, int, bytearray]] = deque()
        self._splitter = frames.Splitter()

    def write(self, data: bytes) -> None:
        self.frames.extend(self._splitter.split(data))

    def close(self) -> None:
        self.frames.clear()


class InlineWorker(Worker):
    """A worker without a process: a desk that works frame by frame, when told."""

    async def start(self) -> None:
        self.inbox = Inbox()
        self._transport = self.inbox  # type: ignore[assignment]
        self._answers: list[bytes] = []
        self._marked = 0
        self.desk = Desk(self._answers.append, self._mark)
        self.ready.set()

    def _mark(self, slot: int) -> None:
        self._marked = slot

    @property
    def progress(self) -> Progress:
        return Progress(0, self._marked)

    def work(self, most: int) -> int:
        """Do up to so many frames and answer; returns how many were done."""
        done = 0
        while self.inbox.frames and done < most and self.alive:
            self.desk.handle(*self.inbox.frames.popleft())
            done += 1
            answers, self._answers[:] = b"".join(self._answers), []
            self.data_received(answers)
        return done

    def die(self) -> None:
        """As if killed: what it has not done and not said is gone."""
        self.inbox.frames.clear()
        self.connection_lost(None)

    async def ended(self) -> str:
        return "killed by SIGKILL"

    async def stop(self) -> None:
        self._stopping = True
        self._transport = None


class InlineEngine(Engine):
    """An engine on a still feed."""

    async def _make_feed(self) -> None:
        self.feed = StillFeed()  # type: ignore[assignment]

    def release(self, ticks: Records) -> None:
        """Ticks come from the venue: numbered after the last, handed on as the feed does."""
        ticks["seq"] = np.arange(self.last_seq + 1, self.last_seq + 1 + len(ticks))
        self.incoming.take(Batch(ticks=ticks, quotes=np.empty(0, QUOTE), counters=self.feed.counters))


def make_engine(home: Path, broker: Broker | None = None) -> InlineEngine:
    """One for a home, two workers, snapshots only when asked for; with a broker it is live."""
    make_home(home)
    config = load_config(home, env={}, flags={"engine.workers": 2, "engine.snapshot_every_s": 80_000.0, "engine.memory_mb": 100_000}).config
    symbols = Symbols()
    venue = Binance(symbols, ws_url="ws://127.0.0.1:9", rest_url="http://127.0.0.1:9", stream="trade")
    return InlineEngine(home, "paper" if broker is None else "live", config, venue, symbols, SystemClock(), broker=broker)


async def crash(engine: InlineEngine) -> None:
    """End an engine as `kill -9` does: nothing is flushed, what was not committed is lost."""
    engine.incoming._gathered.clear()
    for worker in list(engine.pool.workers):
        worker._stopping = True
        worker._transport = None
    tasks = [*engine._tasks, engine.feed._task]  # type: ignore[attr-defined]
    for store in (engine.tape, engine.ledger):
        tasks.append(store._writer._task)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await engine.analyst.stop()
    for store in (engine.tape, engine.ledger):
        await store._writer._connection.close()


def message(value: Any) -> bytes:
    """As the wire has it."""
    return msgspec.msgpack.encode(value)
