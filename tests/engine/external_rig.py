"""A broker in the test's own process for an engine, and a comparison of what it holds with what the strategies hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from core.clock import SystemClock
from core.trading.scripted import ScriptedBroker
from core.trading.scripted_venue import ScriptedVenue
from tests.engine.engine_rig import Rig, until

SYMBOLS = {"binance:BTCUSDT": "BTC", "binance:ETHUSDT": "ETH"}


def broker_of(seed: int, odds: Mapping[str, float]) -> ScriptedBroker:
    """One whose account holds plenty of all."""
    rng, odds = Random(seed), dict(odds)
    balances = {"BTC": Decimal(1000), "ETH": Decimal(10_000), "USDT": Decimal(100_000_000), "BNB": Decimal(100)}
    prices = {"binance:BTCUSDT": Decimal(30_000), "binance:ETHUSDT": Decimal(3_000)}
    return ScriptedBroker(ScriptedVenue(prices, balances, rng, odds=odds), rng, SystemClock(), odds)


def positions(broker: ScriptedBroker) -> dict[str, Decimal]:
    """What its executions add up to, by symbol."""
    found = dict.fromkeys(SYMBOLS, Decimal(0))
    for each in broker.venue.executions:
        intent = broker.venue.entries[each.client_id].intent
        found[each.symbol] += each.fill.qty if intent.side == "buy" else -each.fill.qty
    return found


async def same_books(rig: Rig, broker: ScriptedBroker) -> None:
    """Wait until nothing is under way, then compare position by position."""
    external = rig.engine.external
    assert external is not None
    await until(lambda: external.idle, "nothing is under way")
    await rig.settle()
    held = dict.fromkeys(SYMBOLS, Decimal(0))
    for entry in rig.engine.roster:
        assert entry.figures is not None
        held[entry.order.symbols[0]] += Decimal(repr(entry.figures.position))
    assert held == positions(broker)
