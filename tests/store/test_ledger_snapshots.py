"""Of a strategy's snapshots the newest three are kept, every one that it started from, and the first of each day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.store.ledger import Ledger
from core.store.ledger_reader import count_fills, find_fills, first_fills, read_fills_between, read_snapshots, read_state


async def keep(ledger: Ledger, seq: int, strategy: str = "a", payload: str = "{}", ts_ns: int = 0) -> None:
    state = f"{strategy} {seq}".encode()
    await ledger.add_snapshot(strategy, seq, ts_ns or 10 * seq, layout_hash="l", source_hash="s", state=state, payload=payload)


async def test_start_states_stay_for_ever_and_do_not_count(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        await keep(ledger, 1, payload='{"start": "registered", "plan": "p"}')
        for seq in range(2, 8):
            await keep(ledger, seq)
            await keep(ledger, seq, "b")
        await keep(ledger, 8, payload='{"start": "edited", "plan": "q"}')
        for seq in range(9, 14):
            await keep(ledger, seq)
        assert [row["seq"] for row in await ledger.snapshots()] == [7, 13]
    rows = read_snapshots(tmp_path / "ledger.db", "a")
    assert [row["seq"] for row in rows] == [1, 2, 8, 11, 12, 13]
    assert [row["state"] for row in rows] == [b"a 1", b"a 2", b"a 8", b"a 11", b"a 12", b"a 13"]
    assert [row["seq"] for row in read_snapshots(tmp_path / "ledger.db") if row["strategy_id"] == "b"] == [2, 5, 6, 7]


async def test_the_first_of_each_day_stays_so_that_an_audit_can_begin_where_the_tape_does(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        for hour in range(24 * 5 + 3):
            await keep(ledger, hour + 1, ts_ns=hour * 3600 * 10**9)
    assert [row["seq"] for row in read_snapshots(tmp_path / "ledger.db", "a")] == [1, 25, 49, 73, 97, 121, 122, 123]


async def test_states_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        await keep(ledger, 4)
    (row,) = read_snapshots(path, states=False)
    assert "state" not in row
    assert read_state(path, row["rowid"]) == b"a 4"
    assert read_state(path, row["rowid"] + 1) is None


def fill(n: int, strategy: str, symbol: str = "binance:BTCUSDT") -> dict[str, Any]:
    return {
        "fill_id": f"{strategy}:{n}", "strategy_id": strategy, "symbol": symbol, "side": "buy", "qty": 0.1, "price": 2.0, "fee": 0.0,
        "realised": 0.0, "position": 1.0, "ts_ns": n, "seq": 10 * n, "tick_id": n, "order_id": f"{strategy}:o{n}", "mode": "paper",
    }  # fmt: skip


async def test_fills_are_read_by_stretches_of_seq(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with await Ledger.open(path) as ledger:
        await ledger.add_fills([fill(n, "a") for n in (3, 1, 2)] + [fill(5, "b", "binance:ETHUSDT")])
    assert [row[0] for row in read_fills_between(path, 10, 30)] == ["a:2", "a:3"]
    assert [row[0] for row in read_fills_between(path, 0, 99, "b")] == ["b:5"]
    assert read_fills_between(path, 0, 10)[0] == tuple(fill(1, "a").values())
    assert sorted(row[0] for row in find_fills(path, ["a:1", "b:5", "c:1"])) == ["a:1", "b:5"]
    assert count_fills(path) == {"a": (3, 10, 30), "b": (1, 50, 50)}
    assert first_fills(path) == {"binance:BTCUSDT": 10, "binance:ETHUSDT": 50}
