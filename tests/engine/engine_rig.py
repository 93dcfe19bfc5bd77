"""A real engine on a real local exchange, in the test's own loop: short recordings written by the test, workers as processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.clock import SystemClock
from core.commands import Register, Terms
from core.config import Config
from core.config import load as load_config
from core.engine.engine import Engine
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.home import make_home
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.strategy_files import builtin_folder
from core.trading.broker import Broker
from core.types import Symbols
from core.venues.binance import Binance

START_MS = 1_700_000_000_000
DEADLINE_S = 60.0


def write_recording(
    path: Path, symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT"), prints: int = 1500, seed: int = 3, first_id: int = 1000
) -> Path:
    """A frame log of `prints` trades a symbol, about five a second, each after a quote; prices wander on a grid of 0.01."""
    rng = np.random.default_rng(seed)
    lines: list[tuple[int, str]] = []
    for number, symbol in enumerate(symbols):
        times = START_MS + np.cumsum(rng.integers(20, 380, prints))
        cents = 3_000_000 // (1 + 9 * number) + np.cumsum(rng.integers(-40, 41, prints))
        for k, (at, price) in enumerate(zip(times.tolist(), cents.tolist(), strict=True)):
            recv, name = at * 1_000_000 + number, symbol.lower()
            quote = {"u": k, "s": symbol, "b": f"{(price - 1) / 100:.2f}", "B": "1.0", "a": f"{(price + 1) / 100:.2f}", "A": "2.0"}
            trade = {
                "e": "trade", "E": at, "s": symbol, "t": first_id + k, "p": f"{price / 100:.2f}",
                "q": f"{0.001 * int(rng.integers(1, 900)):.3f}", "T": at, "m": bool(rng.integers(2)), "M": True,
            }  # fmt: skip
            lines.append((recv, json.dumps({"stream": f"{name}@bookTicker", "data": quote})))
            lines.append((recv + 10, json.dumps({"stream": f"{name}@trade", "data": trade})))
    lines.sort(key=lambda line: line[0])
    path.write_text("".join(f"{recv} {frame}\n" for recv, frame in lines))
    return path


async def until(condition: Callable[[], bool], what: str, seconds: float = DEADLINE_S) -> None:
    """Wait for a condition; fail by name when it does not come."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - states of many parts, no one event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"did not happen within {seconds:g} s: {what}") from None


@dataclass
class Rig:
    """One engine and its exchange."""

    engine: Engine
    exchange: LocalExchange
    home: Path

    async def register(self, name: str, symbol: str = "BTCUSDT", **more: Any) -> str:
        """Register a strategy; returns its id."""
        params = {"interval": "1s", **more.pop("params", {})}
        terms = more.pop("terms", Terms(side="long_short"))
        answer = await self.engine.commands.submit(Register(name=name, symbols=[symbol], params=params, terms=terms, **more), "test")
        return str(answer["id"])

    async def play(self) -> None:
        """Let the recording run to its end, and everything it causes reach the disk."""
        # A line that was held back for long is opened anew: what is played while nobody listens is not heard.
        await until(lambda: self.engine.feed.state().state in ("live", "stale"), "connected")
        self.exchange.resume()
        await self.exchange.finished.wait()
        await self.settle()

    async def settle(self) -> None:
        """Wait until workers have seen every tick and their reports are in the ledger."""
        await until(lambda: all(w.caught_up for w in self.engine.pool.workers), "workers caught up")
        await self.engine.answers.settled()

    async def fills(self, id_: str | None = None) -> list[dict[str, Any]]:
        """What the ledger holds."""
        return await self.engine.ledger.fills(id_)


@contextlib.asynccontextmanager
async def running(
    home: Path, exchange: LocalExchange, names: tuple[str, ...] = ("BTCUSDT", "ETHUSDT"), *, broker: Broker | None = None, **flags: Any
) -> AsyncIterator[Rig]:
    """An engine on an exchange, stopped cleanly at the end; with a broker it is live."""
    make_home(home)
    config: Config = load_config(home, env={}, flags={"engine.workers": 2, "engine.memory_mb": 100_000, **flags}).config
    symbols = Symbols()
    venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url, stream="trade")
    engine = Engine(home, "paper" if broker is None else "live", config, venue, symbols, SystemClock(), broker=broker)
    await engine.start(list(names))
    try:
        yield Rig(engine, exchange, home)
    finally:
        engine.stopping.set()
        await engine.stop()


@contextlib.asynccontextmanager
async def exchange_of(*recordings: Path, speed: float = 0.0, held: bool = True) -> AsyncIterator[LocalExchange]:
    """A local exchange that plays recordings as fast as they are read, at first held back."""
    async with LocalExchange(RecordedMarket(recordings), speed=speed) as exchange:
        if held:
            exchange.pause()
        yield exchange


def backtest(home: Path, name: str, symbol: str, **more: Any) -> Result:
    """The same strategy over the tape, as delivered."""
    params = {"interval": "1s", **more.pop("params", {})}
    terms = more.pop("terms", Terms(side="long_short"))
    return run_backtest(
        Order([f"tape:{symbol}"], name, [builtin_folder(), home / "strategies"], params, terms, home=home, as_delivered=True, **more)
    )


COMPARED = ("ts_ns", "seq", "tick_id", "side", "qty", "price", "fee", "realised", "position")


def bits(fills: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What must be the same to the last bit."""
    return [tuple(fill[key] for key in COMPARED) for fill in fills]
