"""What the ledger says of an order: its kind and limit as it was placed, and what its fills come to."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from core.store.ledger import Ledger
from core.store.ledger_reader import read_orders
from core.store.migrations import LEDGER
from core.store.schema import Schema, prepare


def order(n: int, state: str, **changes: Any) -> dict[str, Any]:
    row = {
        "order_id": f"sma:o{n}", "strategy_id": "sma", "symbol": "binance:BTCUSDT", "state": state, "target": 1.0, "position": 0.0,
        "decided_ns": 4 + n, "seq": 3, "reason": "signal", "ts_ns": 5, "kind": "limit", "qty": 1.0, "limit_price": 99.5,
    }  # fmt: skip
    return row | changes


def fill(n: int, qty: float, price: float, order_id: str) -> dict[str, Any]:
    return {
        "fill_id": f"sma:{n}", "strategy_id": "sma", "symbol": "binance:BTCUSDT", "side": "buy", "qty": qty, "price": price, "fee": 0.1,
        "realised": 0.0, "position": 1.0, "ts_ns": 1_000 + n, "seq": n, "tick_id": n, "order_id": order_id, "mode": "paper",
    }  # fmt: skip


async def test_an_order_is_read_with_what_its_fills_say_of_it(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.put_orders([order(1, "working"), order(2, "working", kind="market", qty=-2.0, limit_price=None)])
        ledger.put_orders([order(1, "filled", kind="market", qty=7.0, limit_price=None)])
        await ledger.add_fills([fill(1, 0.5, 99.0, "sma:o1"), fill(2, 1.5, 101.0, "sma:o1"), fill(3, 9.0, 1.0, "rsi:o1")])
    columns = ("order_id", "state", "kind", "qty", "limit_price", "filled", "average")
    found = [tuple(row[name] for name in columns) for row in read_orders(tmp_path / "ledger.db")]
    assert found == [("sma:o1", "filled", "limit", 1.0, 99.5, 2.0, 100.5), ("sma:o2", "working", "market", -2.0, None, 0.0, None)]
    assert [row["order_id"] for row in read_orders(tmp_path / "ledger.db", "sma", newest=1)] == ["sma:o2"]
    assert read_orders(tmp_path / "ledger.db", "rsi") == []


async def test_orders_kept_before_this_was_known_say_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    prepare(path, Schema(LEDGER.name, LEDGER.application_id, LEDGER.migrations[:6]))
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO orders VALUES('sma:o1', 'sma', 'binance:BTCUSDT', 'working', 1.0, 0.0, 5, 3, 'signal', 5)")
    db.close()
    async with await Ledger.open(path) as ledger:
        await ledger.put_orders([order(1, "filled", position=1.0)])
    (row,) = read_orders(path)
    assert (row["state"], row["position"], row["kind"], row["qty"], row["limit_price"]) == ("filled", 1.0, "", None, None)
