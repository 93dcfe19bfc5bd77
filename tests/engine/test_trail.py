"""Who told the engine what: in words, refused things too, and still there after a restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.engine.trail import LINES, Trail, subject_of


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("register", {"id": "sma-1", "name": "sma_crossover", "symbols": ["binance:BTCUSDT"]}, "sma-1 sma_crossover on binance:BTCUSDT"),
        ("register", {"id": None, "name": "x", "symbols": []}, "x"),
        ("pause", {"id": None, "ids": ["a", "b"]}, "a, b"),
        ("flatten", {"id": None}, "all"),
        ("unregister", {"id": "a", "keep": True}, "a"),
        ("watch", {"symbols": ["A", "B"]}, "A, B"),
        ("limits", {"id": None, "ids": ["a"], "mode": "stop_new"}, "a stop new"),
        ("reduce", {"id": "a", "ids": ["a"], "pct": 25.0}, "a by 25 %"),
        (
            "stops",
            {"id": "a", "ids": ["a"], "stop_loss_pct": 2.0, "take_profit_pct": None, "trailing_pct": 0.5},
            "a stop loss 2 %, trailing 0.5 %",
        ),
        ("stops", {"id": "a", "ids": ["a"]}, "a no stops"),
        ("failed", {"id": "a", "line": "ZeroDivisionError"}, "a: ZeroDivisionError"),
        ("stop", {"flatten": False}, ""),
        ("set_alert", {"rule": {"id": "price-1", "symbol": "binance:A"}}, "price-1"),
        ("set_variant", {"variant": {"name": "fast", "indicator": "rsi"}, "anew": True}, "fast: rsi"),
        ("remove_variant", {"name": "fast"}, "fast"),
        ("unknown", {}, ""),
    ],
)
def test_a_command_is_told_by_what_it_is_about(kind: str, payload: dict[str, Any], said: str) -> None:
    assert subject_of(kind, payload) == said


def test_the_newest_come_first_and_the_oldest_go() -> None:
    changes: list[int] = []
    trail = Trail(lambda: changes.append(1))
    trail.load({"ts_ns": n, "actor": "cli", "kind": "pause", "payload": json.dumps({"id": str(n)})} for n in range(LINES + 5))
    trail.note(999, "tui", "pause", {"id": "x"}, "there is no strategy x")
    assert len(trail.rows) == LINES
    assert (trail.rows[0].subject, trail.rows[0].refused) == ("x", "there is no strategy x")
    assert trail.rows[1].subject == str(LINES + 4)
    assert len(changes) == LINES + 6


@pytest.mark.parametrize("payload", ["", "[]", "null", '"x"'])
def test_a_payload_nobody_knows_is_a_line_without_a_subject(payload: str) -> None:
    trail = Trail(lambda: None)
    trail.load([{"ts_ns": 1, "actor": "engine", "kind": "pause", "payload": payload}])
    assert trail.rows[0].subject == ""
