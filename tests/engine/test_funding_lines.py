"""What the engine makes of a strategy's funding: a line of the trade log and a row of its own, and no fill and no order."""

from __future__ import annotations

import numpy as np

from core.commands import Register
from core.engine.blotter import Blotter
from core.engine.roster import Entry
from core.kernels.records import FUNDING, REPORT


def test_funding_is_told_and_is_neither_fill_nor_order() -> None:
    reports = np.zeros(1, REPORT)
    reports["ts"], reports["kind"] = 1_700_000_000_000_000_000, FUNDING
    reports["qty"], reports["price"], reports["fee"], reports["position"] = -2.0, 100.0, -0.5, -2.0
    blotter = Blotter("paper")
    rows = blotter.translate(Entry("it", Register(name="x", symbols=["binance:BTCUSDT"]), None), reports, 7)
    assert (rows.fills, rows.orders, rows.marks) == ([], [], [])
    assert rows.funding == [
        {
            "funding_id": "it:f1700000000000000000:0", "strategy_id": "it", "symbol": "binance:BTCUSDT", "paid": -0.5, "position": -2.0,
            "price": 100.0, "ts_ns": 1_700_000_000_000_000_000, "seq": 0,
        }
    ]  # fmt: skip
    (line,) = blotter.lines
    assert (line.kind, line.symbol, line.fee, line.position, line.price) == ("funding", "binance:BTCUSDT", -0.5, -2.0, 100.0)
