"""The demo's strategies: six built-in ones on one-second bars, so that something happens within seconds."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import structlog

from core.alert_rules import AnyRule, DrawdownRule, MoveRule, PriceRule, Severity, Side, StaleRule
from core.commands import Register, SetAlert, Terms
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

#: How long the rules wait for first prices, in seconds.
PATIENCE_S = 5.0

#: Price levels, in percent from the first price.
LEVELS: tuple[tuple[str, Side, float, Severity], ...] = (
    ("BTCUSDT", "above", 0.03, "info"),
    ("BTCUSDT", "below", -0.03, "info"),
    ("ETHUSDT", "above", 0.05, "warning"),
    ("ETHUSDT", "below", -0.05, "warning"),
)


async def register_demo(engine: Engine) -> None:
    """Register the demo's strategies, unless the home has strategies already; one that fails stops no other."""
    if len(engine.roster):
        return
    streamed = {engine.bare(symbol) for symbol in engine.market.watched}
    at_a_time = asyncio.Semaphore(os.cpu_count() or 1)
    starts = (_start(engine, name, symbol, qty, at_a_time) for name, symbol, qty in DEMO if symbol in streamed)
    await asyncio.gather(set_rules(engine), *starts)


async def set_rules(engine: Engine) -> None:
    """Rules near the first prices, so that some fire within the first minute; none where somebody has set rules already."""
    if engine.sentinel.orders.times:
        return
    prices = await _first_prices(engine)
    for symbol, side, share, severity in LEVELS:
        if symbol in prices:
            level = float(f"{prices[symbol] * (1 + share / 100):.5g}")
            await _set(engine, PriceRule(symbol=symbol, side=side, level=level, severity=severity))
    for symbol in ("SOLUSDT", "ADAUSDT"):
        if symbol in prices:
            await _set(engine, MoveRule(symbol=symbol, percent=0.15, window_s=60, severity="warning", cooldown_s=120))
    await _set(engine, DrawdownRule(percent=0.02, severity="critical", cooldown_s=300))
    await _set(engine, StaleRule(symbol="all", after_s=15, severity="critical"))


async def _first_prices(engine: Engine) -> dict[str, float]:
    """The last price of each symbol, once all have one; of those that have one where that takes long."""
    until = engine.clock.monotonic() + PATIENCE_S
    while True:
        known = {name: engine.market.of(engine.symbols[name]).last for name in engine.market.watched}
        found = {engine.bare(name): last for name, last in known.items() if last is not None}
        if len(found) == len(known) or engine.clock.monotonic() > until:
            return found
        await asyncio.sleep(0.1)


async def _set(engine: Engine, rule: AnyRule) -> None:
    try:
        await engine.commands.submit(SetAlert(rule=rule), "demo")
    except CockpitError as error:
        log.warning("a demo rule was not set", rule=rule.sentence, reason=str(error))


async def _start(engine: Engine, name: str, symbol: str, qty: float, at_a_time: asyncio.Semaphore) -> None:
    order = Register(name=name, symbols=[symbol], params=PARAMS, terms=Terms(qty=qty, side="long_short", fee_bps=0.5))
    async with at_a_time:
        try:
            await engine.commands.submit(order, "demo")
        except CockpitError as error:
            log.warning("a demo strategy did not start", name=name, reason=str(error))
