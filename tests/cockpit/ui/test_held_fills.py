"""The fills of a chart: gathered by bar from the ledger and the trade log, asked for bit by bit, never lost and never doubled."""

from __future__ import annotations

from typing import Any

from fake_engine import trade_row

from cockpit.panes.held_fills import EVERY, SETTLED, HeldFills
from core.types import MINUTE

BTC = "binance:BTCUSDT"
NOON = 1_795_183_320_000_000_000 // MINUTE * MINUTE


def row(minute: int, fills: int = 1, *, side: str = "buy", mine: bool = False, strategy: str = "sma-1", second: int = 5) -> list[Any]:
    """A row of the engine's answer."""
    start = NOON + minute * MINUTE
    return [start, side, mine, fills, start + second * 10**9, strategy, 0.5, 61_650.0, 0.0]


def asked(held: HeldFills, now: float, since: int = -200, newest: int = 1) -> dict[str, Any]:
    args = held.question(now, NOON + since * MINUTE, NOON + newest * MINUTE)
    assert args is not None
    return args


def test_fills_beyond_the_trade_log_are_marked() -> None:
    held = HeldFills()
    held.tell([], BTC, MINUTE, "", 2)
    args = asked(held, 0.0)
    assert args == {"symbol": BTC, "length_ns": MINUTE, "since_ns": NOON - 200 * MINUTE, "strategy": ""}
    held.take(args, {"fills": [row(-150, 700), row(-20, side="sell")]})
    held.tell([], BTC, MINUTE, "", 2)
    assert [(mark.bought, mark.fills) for mark in held.marks] == [(False, 1), (True, 700)]
    assert held.marks[1].label == "sma-1 buy 0.50 @ 61,650.00"


def test_a_fill_in_both_is_marked_once_and_a_newer_one_names_the_mark() -> None:
    held = HeldFills()
    log = [
        trade_row(9, ts_ns=NOON + 40 * 10**9, side="buy", price=61_700.0, realised=0.0),
        trade_row(8, ts_ns=NOON + 5 * 10**9, side="buy"),
    ]
    held.tell(log, BTC, MINUTE, "", 2)
    assert [(mark.fills, mark.label) for mark in held.marks] == [(2, "sma-1 buy 0.50 @ 61,700.00")]
    held.take(asked(held, 0.0), {"fills": [row(0, 3)]})
    held.tell(log, BTC, MINUTE, "", 2)
    assert [(mark.fills, mark.label) for mark in held.marks] == [(3, "sma-1 buy 0.50 @ 61,700.00")]


def test_what_came_since_is_asked_for_with_what_may_have_been_settled_late() -> None:
    held = HeldFills()
    held.tell([], BTC, MINUTE, "", 2)
    held.take(asked(held, 0.0), {"fills": [row(-150), row(0)]})
    assert held.question(EVERY / 2, NOON - 200 * MINUTE, NOON) is None
    args = asked(held, EVERY, newest=2)
    assert args["since_ns"] == NOON + MINUTE - SETTLED
    held.take(args, {"fills": [row(0, 2), row(1)]})
    held.tell([], BTC, MINUTE, "", 2)
    assert [mark.fills for mark in held.marks] == [1, 2, 1]


def test_further_back_or_an_unanswered_question_asks_for_all() -> None:
    held = HeldFills()
    held.tell([], BTC, MINUTE, "", 2)
    asked(held, 0.0)  # the answer never comes
    args = asked(held, EVERY)
    assert args["since_ns"] == NOON - 200 * MINUTE
    held.take(args, {"fills": []})
    assert asked(held, 2 * EVERY, since=-400)["since_ns"] == NOON - 400 * MINUTE
    held.refused()
    assert held.question(3 * EVERY, NOON, NOON) is None


def test_another_symbol_length_or_strategy_begins_anew_and_old_answers_are_passed_over() -> None:
    held = HeldFills()
    held.tell([], BTC, MINUTE, "", 2)
    old = asked(held, 0.0)
    held.tell([], BTC, 5 * MINUTE, "sma-1", 2)
    held.take(old, {"fills": [row(-5)]})
    held.tell([], BTC, 5 * MINUTE, "sma-1", 2)
    assert held.marks == ()
    assert asked(held, 0.1)["strategy"] == "sma-1"


def test_fills_of_the_strategy_looked_at_come_first() -> None:
    held = HeldFills()
    held.tell([], BTC, MINUTE, "sma-1", 2)
    held.take(asked(held, 0.0), {"fills": [row(-9, mine=True), row(-3, strategy="other")]})
    held.tell([], BTC, MINUTE, "sma-1", 2)
    assert [(mark.label[:5], mark.other) for mark in held.marks] == [("sma-1", False), ("other", True)]
