"""Facts for tests of the copilot: all is well, but for what a test says."""

from __future__ import annotations

from typing import Any

from core.copilot.advice import Advice
from core.copilot.facts import Facts, StrategyFact, SymbolFact, TrendFact
from core.copilot.rules import BY_NAME

SECOND = 1_000_000_000
NOW = 1_795_183_331 * SECOND

BTC = "binance:BTCUSDT"


def facts(**changes: Any) -> Facts:
    """A snapshot two hours after the start."""
    return Facts(**{"now_ns": NOW, "looked_s": 7_200.0, "capital": 10_000.0} | changes)


def of_strategy(**changes: Any) -> Facts:
    """One strategy on BTCUSDT."""
    more = {"equity": 10_000.0} | changes
    return facts(strategies={"s-1": StrategyFact("s-1", **more)}, symbols={BTC: SymbolFact(BTC, last=100.0)})


def of_symbol(**changes: Any) -> Facts:
    """One symbol, nobody trades it."""
    return facts(symbols={BTC: SymbolFact(BTC, last=100.0, **changes)})


def in_market(trend: str, confidence: float, **changes: Any) -> Facts:
    """One strategy in a market of this kind."""
    found = of_strategy(**changes)
    symbol = SymbolFact(BTC, last=100.0, trends={"15m": TrendFact(trend, confidence, "sideways")})
    return facts(strategies=found.strategies, symbols={BTC: symbol})


def said(rule: str, snapshot: Facts) -> list[Advice]:
    """What a rule says of it."""
    return list(BY_NAME[rule].look(snapshot))
