"""What a copilot says, made by the real rules of facts that were made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.copilot.board import Board
from core.copilot.facts import CoupleFact, Facts, StrategyFact, SymbolFact, TrendFact
from core.copilot.rules import RULES
from core.copilot.told import told
from core.terms import Terms

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def troubled(now_ns: int) -> Facts:
    """A market that turned against a strategy, two that are one bet, a wide spread, a strategy that is silent."""
    eth = SymbolFact("binance:ETHUSDT", last=2684.1, trends={"15m": TrendFact("volatile", 0.82, "sideways")})
    btc = SymbolFact("binance:BTCUSDT", last=61_686.0, spread_bps=6.4, usual_spread_bps=0.9)
    strategies = [
        StrategyFact(
            "mr-1", "mean_reversion", ("binance:ETHUSDT",), "5m", {"interval": "5m"}, Terms(side="long_short"), position=2.0,
            equity=9_861.4, trips=(12.4, -30.2, -41.0, 3.1, -22.5, -18.0), fills=12,
        ),
        StrategyFact("sma-1", equity=10_060.1, position=0.5, params={"fast": 5, "slow": 20, "interval": "1m"}),
        StrategyFact("mom-2", "momentum", ("binance:SOLUSDT",), equity=10_020.0, position=40.0, fills=31, idle_s=5e3, usual_gap_s=200.0),
    ]  # fmt: skip
    return Facts(
        now_ns, 7_200.0, "paper", {one.symbol: one for one in (eth, btc)}, strategies={one.id: one for one in strategies},
        couples=(CoupleFact("sma-1", "mom-2", 0.93, 214, 37_172.0),), equity=29_941.5, capital=30_000.0,
    )  # fmt: skip


def past_of(board: Board, now_ns: int) -> None:
    """Three lines that are over: one right, one wrong, one that is still to be judged."""
    calm = Facts(now_ns, strategies={"mr-1": StrategyFact("mr-1", equity=10_000.0, position=2.0)})
    won, lost = (1.0,) * 10, (-5.0,) * 4
    for age, trips, after in ((200, won + lost + (-5.0,), 9_900.0), (120, won + lost, 10_050.0), (40, won + lost, 0.0)):
        at = now_ns - age * MINUTE
        losing = replace(calm.strategies["mr-1"], trips=trips)
        for step in range(2):
            board.look(replace(calm, now_ns=at + step * 2 * SECOND, strategies={"mr-1": losing}))
        if age == 200:
            board.act(next(iter(board.lines.values())), "pause", replace(calm, now_ns=at + 5 * SECOND))
        for step in range(5):
            board.look(replace(calm, now_ns=at + MINUTE + step * 2 * SECOND))
        if after:
            later = replace(calm.strategies["mr-1"], equity=after)
            board.look(replace(calm, now_ns=at + 62 * MINUTE, strategies={"mr-1": later}))


def advice_answer(now_ns: int, *, well: bool = False) -> dict[str, Any]:
    """What the engine says: with much to say and some past, or with nothing."""
    board = Board(RULES)
    if not well:
        past_of(board, now_ns)
        for age in (130, 128, 2):
            board.look(troubled(now_ns - age * SECOND))
    return told(board, now_ns, now_ns - SECOND, "") | {"look_us": 300.0, "worst_us": 900.0}
