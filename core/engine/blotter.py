"""From what the loop reports to rows of the ledger and lines of the trade log."""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import Any

from core.engine.roster import Entry
from core.kernels.records import (
    BLOCK_NAMES,
    BLOCKED,
    CANCELLED,
    FILL,
    FUNDING,
    HALTED,
    MARK,
    MAX_POSITION,
    PLACED,
    REDUCE_ONLY,
    SIGNALLED,
    STOP_LOSS,
    STOP_NEW,
    TAKE_PROFIT,
    TRAILING,
    WHY_NAMES,
)
from core.terms import Terms
from core.types import Records
from core.view import TradeRow

LINES = 500

#: Blocks that the account may be the cause of.
BOUNDED = (HALTED, STOP_NEW, REDUCE_ONLY, MAX_POSITION)


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
        self.blocks: list[dict[str, Any]] = []


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
                rows.blocks.append(_block(entry, symbol, leg, ts, at, qty, price, why))
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
                        **_order(entry.terms, kind, why, qty, price, position, aim),
                    }
                )
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


def _block(entry: Entry, symbol: str, leg: int, ts: int, seq: int, qty: float, price: float, why: int) -> dict[str, Any]:
    """What was not ordered, as a row of the ledger; of what the account holds back, why it does."""
    return {
        "block_id": f"{entry.id}:b{seq}:{leg}:{why}",
        "strategy_id": entry.id,
        "symbol": symbol,
        "reason": BLOCK_NAMES[why],
        "detail": (entry.halted if why == HALTED else "") or (entry.because if why in BOUNDED else ""),
        "qty": qty,
        "price": price,
        "ts_ns": ts,
        "seq": seq,
    }


def _order(terms: Terms, kind: int, why: int, qty: float, price: float, position: float, aim: float) -> dict[str, Any]:
    """What an order is, as far as its row is the first of it: its kind, its quantity (signed) and its limit.

    Exits that rest are told of when they fill: a take-profit at its limit; at which price a stop waited is not told.
    """
    named, limit = "market", None
    if kind == PLACED and price > 0.0:
        named, limit = terms.entry, price
    elif kind != PLACED and terms.exits == "resting" and why == TAKE_PROFIT:
        named, limit = "limit", price if kind == FILL else None
    elif kind != PLACED and terms.exits == "resting" and why in (STOP_LOSS, TRAILING):
        named = "stop"
    return {"kind": named, "qty": aim - position + qty if kind == FILL else qty, "limit_price": limit}


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
    }
