"""From what the loop reports to rows of the ledger and lines of the trade log."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

from core.engine.outcomes import Outcomes
from core.engine.report_rows import BEFORE, block_row, funding_row, metadata_of, order_row, signal_row, what_of
from core.engine.roster import Entry
from core.kernels.records import BLOCK_NAMES, BLOCKED, CANCELLED, DETAIL, FILL, FUNDING, MARK, PLACED, SIGNALLED, WHY_NAMES
from core.types import Records
from core.view import TradeRow

LINES = 500


class Rows:
    """What one run of reports adds to the ledger.

    Attributes:
        seq: the tape must be synced through here before they are committed.
        reports: what they were made of.
        fresh: the fills among them that were on record before, or told before, left out.
    """

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.fills: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.marks: list[tuple[str, int, float]] = []
        self.signals: list[dict[str, Any]] = []
        self.blocks: list[dict[str, Any]] = []
        self.funding: list[dict[str, Any]] = []
        self.fresh: list[dict[str, Any]] = []
        self.reports: list[tuple[Any, ...]] = []
        self.details: dict[int, list[float]] = {}  # the numbers of signals, by their place


class Blotter:
    """The trade log, newest first, and the translation.

    Attributes:
        working: when the order that works was decided, venue time in ns, by strategy and symbol.
        at_work: the number of that order, and its reason.
        outcomes: what became of targets that changed.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.lines: deque[TradeRow] = deque(maxlen=LINES)
        self.revision = 0
        self.working: dict[tuple[str, str], int] = {}
        self._recalled: dict[str, int] = {}
        self.at_work: dict[tuple[str, str], tuple[int, str]] = {}
        self.outcomes = Outcomes()

    def translate(self, entry: Entry, reports: Records, seq: int) -> Rows:
        """REPORT records of a strategy as ledger rows; fills and blocks also go to the trade log."""
        rows = Rows(seq)
        rows.reports = reports.tolist()
        outcomes = self.outcomes.of(entry, rows.reports)
        for report in rows.reports:
            ts, at, tick_id, n, order, qty, price, fee, realised, position, aim, equity, kind, why, leg = report
            symbol = entry.order.symbols[leg]
            side = "buy" if qty > 0 else "sell"
            order_id = f"{entry.id}:o{order}"
            if kind == MARK:
                rows.marks.append((entry.id, ts, equity))
                entry.days[ts] = equity
                continue
            if kind == SIGNALLED:
                rows.signals.append(signal_row(entry, symbol, leg, ts, at, qty, realised, fee, why, price, position, outcomes[at, leg]))
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
                if n > entry.filled:
                    entry.filled = n
                    rows.fresh.append(rows.fills[-1])
                if n > self._recalled.get(entry.id, 0):
                    self._line(ts, entry, symbol, "fill", side, abs(qty), price, fee, realised, position, WHY_NAMES[why], fill_id)
            elif kind == BLOCKED:
                rows.blocks.append(block_row(entry, symbol, leg, ts, at, qty, price, why))
                self._line(ts, entry, symbol, "blocked", side, abs(qty), price, 0.0, 0.0, position, BLOCK_NAMES[why], "")
            elif kind == FUNDING:
                self._line(ts, entry, symbol, "funding", side, abs(qty), price, fee, 0.0, position, "", "")
                rows.funding.append(funding_row(entry, symbol, leg, ts, at, fee, position, price))
            if kind in (FILL, PLACED, CANCELLED):
                filled = "filled" if position == aim else "partly filled"
                state = {FILL: filled, PLACED: "working", CANCELLED: "cancelled"}[kind]
                what = what_of(entry.terms, kind, why, qty, price, position, aim)
                old, reason = self.at_work.get((entry.id, symbol), (order, ""))
                if kind == PLACED and old < order:  # that one was replaced
                    rows.orders.append(order_row(entry, symbol, f"{entry.id}:o{old}", "cancelled", aim, position, at, reason, ts, BEFORE))
                rows.orders.append(order_row(entry, symbol, order_id, state, aim, position, at, WHY_NAMES[why], ts, what))
            if kind == PLACED:
                self.working[entry.id, symbol] = ts
                self.at_work[entry.id, symbol] = order, WHY_NAMES[why]
            elif kind == CANCELLED or (kind == FILL and position == aim):
                self.working.pop((entry.id, symbol), None)
                self.at_work.pop((entry.id, symbol), None)
        for place, numbers in rows.details.items():
            rows.signals[place]["metadata"] = metadata_of(entry, numbers)
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
