"""What the engine makes of a strategy's funding: a line of the trade log, and no row that claims to be a fill or an order."""

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
    (line,) = blotter.lines
    assert (line.kind, line.symbol, line.fee, line.position, line.price) == ("funding", "binance:BTCUSDT", -0.5, -2.0, 100.0)
