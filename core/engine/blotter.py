"""From what the loop reports to rows of the ledger and lines of the trade log."""

from __future__ import annotations

import json
import math
from collections import deque
from itertools import islice
from typing import Any

from core.engine.roster import Entry
from core.kernels.records import BLOCK_NAMES, BLOCKED, CANCELLED, DETAIL, FILL, FUNDING, MARK, PLACED, SIGNALLED, WHY_NAMES
from core.types import Records
from core.view import TradeRow

LINES = 500


class Rows:
    """What one run of reports adds to the ledger.

    Attributes:
        seq: the tape must be synced through here before they are committed.
    """

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.fills: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.marks: list[tuple[str, int, float]] = []
        self.signals: list[dict[str, Any]] = []
        self.details: dict[int, list[float]] = {}  # the numbers of signals, by their place


class Blotter:
    """The trade log, newest first, and the translation.

    Attributes:
        working: when the order that works was decided, venue time in ns, by strategy and symbol.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.lines: deque[TradeRow] = deque(maxlen=LINES)
        self.revision = 0
        self.working: dict[tuple[str, str], int] = {}
        self._recalled: dict[str, int] = {}

    def translate(self, entry: Entry, reports: Records, seq: int) -> Rows:
        """REPORT records of a strategy as ledger rows; fills and blocks also go to the trade log."""
        rows = Rows(seq)
        for report in reports.tolist():
            ts, at, tick_id, n, order, qty, price, fee, realised, position, aim, equity, kind, why, leg = report
            symbol = entry.order.symbols[leg]
            side = "buy" if qty > 0 else "sell"
            order_id = f"{entry.id}:o{order}"
            if kind == MARK:
                rows.marks.append((entry.id, ts, equity))
                entry.days[ts] = equity
                continue
            if kind == SIGNALLED:
                rows.signals.append(_signal(entry, symbol, leg, ts, at, qty, realised, fee, why, price, position))
                continue
            if kind == DETAIL:
                rows.details.setdefault(len(rows.signals) - 1, []).append(price)
                continue
            if kind == FILL:
                fill_id = f"{entry.id}:{n}"
                rows.fills.append(
                    {
                        "fill_id": fill_id,
                        "strategy_id": entry.id,
                        "symbol": symbol,
                        "side": side,
                        "qty": abs(qty),
                        "price": price,
                        "fee": fee,
                        "realised": realised,
                        "position": position,
                        "ts_ns": ts,
                        "seq": at,
                        "tick_id": tick_id,
                        "order_id": order_id,
                        "mode": self.mode,
                    }
                )
                if n > self._recalled.get(entry.id, 0):
                    self._line(ts, entry, symbol, "fill", side, abs(qty), price, fee, realised, position, WHY_NAMES[why], fill_id)
            elif kind == BLOCKED:
                self._line(ts, entry, symbol, "blocked", side, abs(qty), price, 0.0, 0.0, position, BLOCK_NAMES[why], "")
            elif kind == FUNDING:
                self._line(ts, entry, symbol, "funding", side, abs(qty), price, fee, 0.0, position, "", "")
            if kind == PLACED:
                self.working[entry.id, symbol] = ts
            elif kind == CANCELLED or (kind == FILL and position == aim):
                self.working.pop((entry.id, symbol), None)
            if kind in (FILL, PLACED, CANCELLED):
                filled = "filled" if position == aim else "partly filled"
                state = {FILL: filled, PLACED: "working", CANCELLED: "cancelled"}[kind]
                rows.orders.append(
                    {
                        "order_id": order_id,
                        "strategy_id": entry.id,
                        "symbol": symbol,
                        "state": state,
                        "target": aim,
                        "position": position,
                        "decided_ns": ts,
                        "seq": at,
                        "reason": WHY_NAMES[why],
                        "ts_ns": ts,
                    }
                )
        for place, numbers in rows.details.items():
            rows.signals[place]["metadata"] = _metadata(entry, numbers)
        return rows

    def _line(
        self, ts: int, entry: Entry, symbol: str, kind: str, side: str, qty: float, price: float, fee: float,
        realised: float, position: float, reason: str, fill_id: str,
    ) -> None:  # fmt: skip
        self.lines.appendleft(TradeRow(ts, entry.id, symbol, kind, side, qty, price, fee, realised, position, reason, fill_id))
        self.revision += 1

    def keep(self, lines: int) -> None:
        """Keep so many lines from now on."""
        self.lines = deque(islice(self.lines, lines), lines)
        self.revision += 1

    def recall(self, fills: list[dict[str, Any]]) -> None:
        """Show fills of earlier sessions again, oldest first as the ledger gives them; a replay does not add them once more."""
        for f in fills[-LINES:]:
            id_, _, number = f["fill_id"].rpartition(":")
            self._recalled[id_] = max(self._recalled.get(id_, 0), int(number))
            self.lines.appendleft(
                TradeRow(
                    f["ts_ns"], f["strategy_id"], f["symbol"], "fill", f["side"], f["qty"], f["price"], f["fee"],
                    f["realised"], f["position"], "signal", f["fill_id"],
                )
            )  # fmt: skip
        self.revision += 1


def _signal(
    entry: Entry, symbol: str, leg: int, ts: int, seq: int, target: float, before: float, confidence: float, why: int, price: float,
    position: float,
) -> dict[str, Any]:  # fmt: skip
    """A target that changed, as a row of the ledger; the first of a strategy changes it from none."""
    reasons = entry.plan.reasons if entry.plan is not None else ()
    step = target - (before if before == before else 0.0)
    return {
        "signal_id": f"{entry.id}:s{seq}:{leg}",
        "strategy_id": entry.id,
        "symbol": symbol,
        "side": "buy" if step > 0 else "sell" if step < 0 else "hold",
        "target": target,
        "before": before if before == before else None,
        "confidence": confidence if math.isfinite(confidence) else None,
        "reason": reasons[why] if 0 <= why < len(reasons) else "",
        "price": price,
        "position": position,
        "ts_ns": ts,
        "seq": seq,
        "metadata": "{}",
    }


def _metadata(entry: Entry, numbers: list[float]) -> str:
    """JSON of the numbers that go with a signal, `votes.trend` as trend in votes; None is not known."""
    found: dict[str, Any] = {}
    for name, number in zip(entry.plan.details if entry.plan is not None else (), numbers, strict=False):
        group, _, own = name.rpartition(".")
        (found.setdefault(group, {}) if group else found)[own] = number if math.isfinite(number) else None
    return json.dumps(found)
