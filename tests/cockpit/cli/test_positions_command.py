"""What strategies hold, and what the account makes of it, for people and for programs."""

from __future__ import annotations

from typing import Any

from cli_doubles import FakeEngine, Run

POSITION: dict[str, Any] = {
    "strategy_id": "rsi-1", "symbol": "binance:BTCUSDT", "qty": -0.25, "entry": 61_700.5, "mark": 61_800.5, "unrealised": -25.0,
    "realised": 1.256, "fees": 6.174, "stop_loss": 64_785.525, "take_profit": None, "trailing": 62_900.0, "best": 61_650.0,
    "opened_ns": 1_723_161_253_937_085_000, "state": "reducing",
}  # fmt: skip
NET: dict[str, Any] = {
    "symbol": "binance:BTCUSDT", "qty": -0.25, "gross": 0.75, "average": 61_710.0, "fifo": 61_690.0, "mark": 61_800.5,
    "unrealised": -22.625, "realised": 101.004, "fees": 12.5, "funding": -0.75, "strategies": ["rsi-1", "sma-1"], "realised_fifo": 96.0,
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "known": True, "positions": [POSITION], "nets": [NET],
    "total": {"unrealised": -22.625, "realised": 101.004, "realised_fifo": 96.0, "fees": 12.5, "funding": -0.75, "pnl": 66.629},
    "account": {"equity": 20_066.63, "capital": 20_000.0, "exposure_gross": 46_350.4, "exposure_net": -15_450.1, "leverage": 2.31,
                "drawdown_pct": 0.5, "sharpe": 1.25, "win_rate": 0.5, "trades": 12},
}  # fmt: skip


def test_people_read_positions_nets_with_their_total_and_the_account(run: Run, engine: FakeEngine) -> None:
    engine.answers["positions"] = ANSWER
    outcome = run("positions")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].split()[:4] == ["strategy", "symbol", "position", "entry"]
    for word in ("rsi-1", "-0.25", "61,700.5", "-25", "6.17", "64,785.525", "62,900", "2024-08-08T23:54:13.937085Z", "reducing"):
        assert word in lines[1]
    total = next(line for line in lines if line.startswith("total"))
    assert total.split() == ["total", "-", "-", "-", "-", "-", "-22.62", "101", "12.5", "-0.75"]
    assert lines[-3] == "equity 20,066.63 (+66.63) · drawdown 0.50 %"
    assert lines[-2] == "exposure 46,350.40, net -15,450.10 · leverage 2.31"
    assert lines[-1] == "12 round trips, 50% won · Sharpe 1.25"


def test_programs_get_what_the_engine_said(run: Run, engine: FakeEngine) -> None:
    engine.answers["positions"] = ANSWER
    assert run("positions", "--json").document == ANSWER


def test_nothing_held_and_nothing_known_yet_are_said(run: Run, engine: FakeEngine) -> None:
    flat = ANSWER["account"] | {"win_rate": None, "sharpe": None, "trades": 0}
    engine.answers["positions"] = ANSWER | {"known": False, "positions": [], "nets": [], "account": flat}
    outcome = run("positions")
    assert outcome.out.splitlines()[0] == "no positions"
    assert outcome.out.splitlines()[-1] == "0 round trips"
    assert "still being read" in outcome.err


def test_without_an_engine_it_is_exit_code_3(run: Run) -> None:
    assert run("positions").code == 3
    assert run("positions", "--json").code == 3
