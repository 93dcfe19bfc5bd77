"""The demo's strategies: all six built-in ones on one-second bars, so that something happens within seconds."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import structlog

from core.commands import Register, Terms
from core.errors import CockpitError

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("demo")

PARAMS: dict[str, str | int | float | bool] = {"interval": "1s"}
DEMO = (
    ("sma_crossover", "BTCUSDT", 0.05),
    ("rsi", "ETHUSDT", 1.0),
    ("macd", "SOLUSDT", 20.0),
    ("bollinger", "BTCUSDT", 0.05),
    ("mean_reversion", "BNBUSDT", 4.0),
    ("momentum", "ADAUSDT", 5000.0),
)


async def register_demo(engine: Engine) -> None:
    """Register the demo's strategies, unless the home has strategies already; one that fails stops no other."""
    if len(engine.roster):
        return
    streamed = {engine.bare(symbol) for symbol in engine.market.watched}
    at_a_time = asyncio.Semaphore(os.cpu_count() or 1)
    await asyncio.gather(*(_start(engine, name, symbol, qty, at_a_time) for name, symbol, qty in DEMO if symbol in streamed))


async def _start(engine: Engine, name: str, symbol: str, qty: float, at_a_time: asyncio.Semaphore) -> None:
    order = Register(name=name, symbols=[symbol], params=PARAMS, terms=Terms(qty=qty, side="long_short", fee_bps=0.5))
    async with at_a_time:
        try:
            await engine.commands.submit(order, "demo")
        except CockpitError as error:
            log.warning("a demo strategy did not start", name=name, reason=str(error))
