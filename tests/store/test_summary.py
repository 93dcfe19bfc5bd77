"""Sums over both databases: what each strategy did, gaps by state, alerts, failures, restarts, from a moment on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.store.ledger import Ledger
from core.store.summary import BarFills, Done, alerts_since, failures_since, fills_by_bar, fills_since, gap_totals, restarts_since
from core.store.tape import Tape
from core.types import Symbols


def fill(number: int, **changes: Any) -> dict[str, Any]:
    """A sale of 1 at 100."""
    row = dict(
        fill_id=f"a:{number}", strategy_id="a", symbol="binance:BTCUSDT", side="sell", qty=1.0, price=100.0, fee=0.1, realised=2.0,
        position=0.0, ts_ns=1000 * number, seq=number, tick_id=number, order_id=f"a:o{number}", mode="paper",
    )  # fmt: skip
    return row | changes


async def test_fills_are_summed_by_strategy_after_a_seq_or_from_a_time_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        await ledger.add_fills([fill(1), fill(2), fill(3, fill_id="b:1", strategy_id="b", realised=-1.0)])
        assert fills_since(path) == [Done("a", 2, 4.0, 0.2), Done("b", 1, -1.0, 0.1)]
        assert fills_since(path, seq=1) == [Done("a", 1, 2.0, 0.1), Done("b", 1, -1.0, 0.1)]
        assert fills_since(path, ts_ns=3000) == [Done("b", 1, -1.0, 0.1)]
        assert fills_since(path, seq=3) == []


async def test_fills_of_a_symbol_are_gathered_by_bar_side_and_whose(tmp_path: Path) -> None:
    path, btc = tmp_path / "ledger.db", "binance:BTCUSDT"
    async with await Ledger.open(path) as ledger:
        rows = [fill(number) for number in range(1, 21)]  # one a thousandth of a second, thousand ns apart
        rows += [fill(number, fill_id=f"b:{number}", strategy_id="b", side="buy") for number in range(1, 6)]
        rows += [fill(1, fill_id="c:1", strategy_id="c", symbol="binance:ETHUSDT")]
        await ledger.add_fills(rows)
        assert fills_by_bar(path, btc, 10_000, since_ns=0, mine="", most=100) == [
            BarFills(0, "buy", False, 5, 5000, "b", 1.0, 100.0, 2.0),
            BarFills(0, "sell", False, 9, 9000, "a", 1.0, 100.0, 2.0),
            BarFills(10_000, "sell", False, 10, 19_000, "a", 1.0, 100.0, 2.0),
            BarFills(20_000, "sell", False, 1, 20_000, "a", 1.0, 100.0, 2.0),
        ]
        mine = fills_by_bar(path, btc, 100_000, since_ns=3000, mine="b", most=100)
        assert [(row.mine, row.fills) for row in mine] == [(True, 3), (False, 18)]
        assert [row.start_ns for row in fills_by_bar(path, btc, 1000, since_ns=0, mine="", most=2)] == [19_000, 20_000]
        assert fills_by_bar(path, "binance:NONE", 1000, since_ns=0, mine="", most=2) == []


async def test_an_empty_ledger_has_no_fills_by_bar(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db"):
        assert fills_by_bar(tmp_path / "ledger.db", "binance:BTCUSDT", 1000, since_ns=0, mine="", most=2) == []


async def test_gaps_are_counted_by_state_and_what_was_quarantined_apart(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    async with await Tape.open(path, Symbols()) as tape:
        for first, last, state, cause, at in (
            (1, 10, "lost", "refused", 100), (20, 20, "lost", "quarantined", 200), (30, 39, "open", "disconnected", 300),
        ):  # fmt: skip
            tape.record_gap("binance:BTCUSDT", "trade", first, last, from_ns=at, to_ns=at + 10, state=state, cause=cause)  # type: ignore[arg-type]
        await tape.flush()
        assert gap_totals(path) == {"lost": [1, 10], "quarantined": [1, 1], "open": [1, 10]}
        assert gap_totals(path, 200) == {"quarantined": [1, 1], "open": [1, 10]}
        assert gap_totals(path, 10_000) == {"open": [1, 10]}


async def test_the_worst_alerts_come_first_and_information_is_only_counted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        for number, level in enumerate(("warning", "critical", "info", "warning"), 1):
            ledger.alerts.put(str(number), number, level, f"alert {number}", "open" if number == 4 else "closed")
        await ledger.wait_committed()
        counts, worst = alerts_since(path, 2, worst=5)
        assert counts == {"critical": 1, "info": 1, "warning": 1}
        assert [(row["text"], row["open"]) for row in worst] == [("alert 2", False), ("alert 4", True)]


async def test_failures_are_those_the_engine_journalled(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        ledger.journal("x", 5, "engine", "failed", '{"id":"a"}')
        ledger.journal("y", 9, "engine", "failed", '{"id":"b"}')
        ledger.journal("z", 9, "engine", "gone", '{"id":"b"}')
        await ledger.wait_committed()
        assert failures_since(path, 6) == [(9, '{"id":"b"}')]


async def test_a_restart_after_a_kill_is_told_from_one_after_a_goodbye_and_the_first_start_is_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        for number in (1, 2, 3):
            ledger.start_session(str(number), number * 100, mode="paper", first_seq=number, fingerprint="{}")
        ledger.end_session("1", 150)
        await ledger.wait_committed()
        assert restarts_since(path, 0) == (2, 1)
        assert restarts_since(path, 250) == (1, 1)
        assert restarts_since(path, 300) == (0, 0)
