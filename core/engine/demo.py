"""The demo's strategies: all six built-in ones on one-second bars, so that something happens within seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.commands import Register, Terms
from core.errors import CockpitError

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("demo")

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
    for name, symbol, qty in DEMO:
        if symbol not in streamed:
            continue
        order = Register(name=name, symbols=[symbol], params={"interval": "1s"}, terms=Terms(qty=qty, side="long_short", fee_bps=0.5))
        try:
            await engine.commands.submit(order, "demo")
        except CockpitError as error:
            log.warning("a demo strategy did not start", name=name, reason=str(error))
