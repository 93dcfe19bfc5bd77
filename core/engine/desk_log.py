"""Orders, signals and blocks as the desk lists them: heard with the reports, the newest kept, recalled from the ledger after a start."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.desk_view import BlockRow, OrderRow, SignalRow
from core.engine.blotter import Rows
from core.engine.roster import Entry
from core.kernels.records import CANCELLED, FILL, PLACED, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING, WHY_NAMES
from core.store.account_rows import open_orders, read_orders
from core.store.ledger_reader import read_signals
from core.workers.frames import Figures, Leg

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Rows kept of each; of orders besides those that work.
MOST = 200

#: What an order is in while it is not over.
OPEN = ("working", "partly filled")


class DeskLog:
    """The lists of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._signals: dict[str, SignalRow] = {}
        self._blocks: dict[str, BlockRow] = {}
        self._orders: dict[str, OrderRow] = {}
        self._at_work: dict[str, tuple[int, Figures | None]] = {}  # the seq of its last change, and the figures before that
        self._signalled: dict[str, int] = {}  # the seq of each strategy's newest signal

    async def recall(self) -> None:
        """What the ledger says of orders and signals before this engine."""
        path, ids = self.engine.home / "ledger.db", [entry.id for entry in self.engine.roster]
        rows = await asyncio.to_thread(read_orders, path, newest=MOST)
        rows = [*await asyncio.to_thread(open_orders, path, ids), *rows]
        for row in sorted({row["order_id"]: row for row in rows}.values(), key=lambda row: int(row["decided_ns"])):
            order = self._recalled(row)
            if order.state in OPEN:
                number = _number(order.order_id)
                self._supersede(order, number)
                self._at_work[order.order_id] = row["seq"], None
                self.engine.blotter.at_work[order.strategy_id, order.symbol] = number, order.reason
            self._orders[order.order_id] = order
        for row in await asyncio.to_thread(read_signals, path, newest=MOST):
            self._signal(row)
        for row in reversed(await self.engine.ledger.desk.newest_blocks(MOST)):
            self._block(row)

    def _recalled(self, row: dict[str, Any]) -> OrderRow:
        entry = self.engine.roster.entries.get(row["strategy_id"])
        gone = entry is None and row["state"] in OPEN
        before = row["target"] - (row["qty"] if row["side"] == "buy" else -row["qty"])
        opens = row["target"] != 0.0 and (before * row["target"] <= 0.0 or abs(row["target"]) > abs(before))
        kind = _kind(entry, WHY_NAMES.index(row["reason"]) if row["reason"] in WHY_NAMES else SIGNAL, opens and row["reason"] == "signal")
        return OrderRow(
            row["order_id"], row["strategy_id"], row["symbol"], row["side"], kind, "cancelled" if gone else row["state"], row["qty"],
            row["filled"], None, row["average"], row["reason"], row["decided_ns"], row["ts_ns"], "its strategy is gone" if gone else "",
        )  # fmt: skip

    def hear(self, entry: Entry, rows: Rows) -> None:
        """One run of reports of a strategy."""
        fresh = {fill["fill_id"] for fill in rows.fresh}
        for report in rows.reports:
            ts, at, _, n, order, qty, price, _, _, position, aim, _, kind, why, leg = report
            symbol, id_ = entry.order.symbols[leg], f"{entry.id}:o{order}"
            if kind == PLACED:
                self._place(entry, symbol, id_, ts, at, qty, price, why)
            elif kind == CANCELLED and id_ in self._orders:
                self._end(id_, ts)
            elif kind == FILL and f"{entry.id}:{n}" in fresh:
                if id_ not in self._orders:  # a stop's own: it was nowhere before
                    self._put(_order(id_, entry, symbol, qty, None, why, ts))
                self._fill(id_, ts, at, abs(qty), price, entry.figures, over=position == aim)
        for row in rows.signals:
            self._signal(row)
        for row in rows.blocks:
            self._block(row)

    def _signal(self, row: dict[str, Any]) -> None:
        """Keep a signal, unless it is told again."""
        seq, id_ = row["seq"], row["strategy_id"]
        if row["signal_id"] in self._signals or seq < self._signalled.get(id_, 0):
            return
        self._signalled[id_] = seq
        self._signals[row["signal_id"]] = SignalRow(
            row["ts_ns"], id_, row["symbol"], row["side"], row["target"], row["confidence"], row["reason"], row["price"], row["outcome"]
        )
        if len(self._signals) >= 2 * MOST:  # now and then: to look for the oldest of all takes longer than all else here
            self._signals = dict(sorted(self._signals.items(), key=lambda item: item[1].ts_ns)[-MOST:])

    def _block(self, row: dict[str, Any]) -> None:
        """Keep what was not ordered, unless it is told again; with what was the cause of it."""
        reason = f"{row['reason']}: {row['detail']}" if row["detail"] else row["reason"]
        self._blocks.setdefault(
            row["block_id"], BlockRow(row["ts_ns"], row["strategy_id"], row["symbol"], reason, abs(row["qty"]), row["price"])
        )
        if len(self._blocks) > MOST:
            del self._blocks[next(iter(self._blocks))]

    def orders(self) -> list[OrderRow]:
        """Those that work, then the others, each the newest first."""
        self._look_after()
        newest = sorted(self._orders.values(), key=_decided, reverse=True)
        return [row for row in newest if row.state in OPEN] + [row for row in newest if row.state not in OPEN]

    def signals(self) -> list[SignalRow]:
        """Newest first: strategies are heard one after the other, whatever came first."""
        return sorted(self._signals.values(), key=lambda row: (row.ts_ns, row.strategy_id, row.symbol), reverse=True)[:MOST]

    def blocks(self) -> list[BlockRow]:
        """Newest first."""
        return sorted(self._blocks.values(), key=lambda row: row.ts_ns, reverse=True)

    def _place(self, entry: Entry, symbol: str, id_: str, ts: int, seq: int, qty: float, price: float, why: int) -> None:
        row = self._orders.get(id_)
        if row is None:
            row = _order(id_, entry, symbol, qty, price or None, why, ts)
        elif row.state == "filled":  # it is told again
            return
        row.price, row.detail = price or None, ""
        row.state = "partly filled" if row.filled else "working"
        self._supersede(row, _number(id_))
        self._at_work[id_] = seq, entry.figures
        self._put(row)

    def _supersede(self, row: OrderRow, number: int) -> None:
        """An order of a strategy ends the one before it on that symbol."""
        for id_ in list(self._at_work):
            other = self._orders[id_]
            if (other.strategy_id, other.symbol) == (row.strategy_id, row.symbol) and _number(id_) < number:
                self._end(id_, row.decided_ns, f"replaced by {row.order_id.rpartition(':')[2]}")

    def _fill(self, id_: str, ts: int, seq: int, size: float, price: float, figures: Figures | None, *, over: bool) -> None:
        row = self._orders[id_]
        paid = (row.average or 0.0) * row.filled + price * size
        row.filled += size
        row.average, row.changed_ns = paid / row.filled, ts
        row.state = "filled" if over else "partly filled"
        if over:
            self._at_work.pop(id_, None)
        else:
            self._at_work[id_] = seq, figures

    def _end(self, id_: str, ts: int, detail: str = "") -> None:
        row = self._orders[id_]
        self._at_work.pop(id_, None)
        if row.state in OPEN:
            row.state, row.changed_ns, row.detail = "cancelled", max(ts, row.changed_ns), detail

    def _put(self, row: OrderRow) -> None:
        self._orders[row.order_id] = row
        over = len(self._orders) - len(self._at_work) - MOST
        if over > 0:
            ended = (id_ for id_ in self._orders if id_ not in self._at_work and id_ != row.order_id)
            for id_ in list(islice(ended, over)):
                del self._orders[id_]

    def _look_after(self) -> None:
        """Orders the loop works no more and said nothing of: their strategy was edited, began anew, failed or is gone."""
        for id_, (seq, before) in list(self._at_work.items()):
            row = self._orders[id_]
            entry = self.engine.roster.entries.get(row.strategy_id)
            if entry is None or entry.state == "failed":
                self._end(id_, row.changed_ns, "its strategy is gone" if entry is None else "its strategy failed")
            elif entry.figures is not None and entry.figures is not before and entry.figures.seq >= seq:
                number = _number(id_)
                leg = next((leg for leg in entry.figures.legs if leg.order == number and _works(leg)), None)
                if leg is None:
                    self._end(id_, row.changed_ns, "its strategy works it no more")
                elif leg.limit:
                    row.price, row.kind = leg.limit, _kind(entry, leg.why, True)


def _number(id_: str) -> int:
    """Of an order: `ID:oN`."""
    return int(id_.rpartition(":o")[2])


def _decided(row: OrderRow) -> tuple[int, str, int]:
    """What orders are sorted by, the same whatever they were heard in."""
    return row.decided_ns, row.strategy_id, _number(row.order_id)


def _works(leg: Leg) -> bool:
    """Whether the leg's order is under way: what is left of a take-profit rests on."""
    return leg.aim != leg.position or leg.latched == TAKE_PROFIT


def _kind(entry: Entry | None, why: int, waits: bool) -> str:
    """market, limit or stop: exits that rest are known by their reason, entries by that they wait."""
    if entry is None:
        return "market"
    if entry.terms.exits == "resting" and why in (STOP_LOSS, TRAILING, TAKE_PROFIT):
        return "limit" if why == TAKE_PROFIT else "stop"
    return entry.terms.entry if waits else "market"


def _order(id_: str, entry: Entry, symbol: str, qty: float, price: float | None, why: int, ts: int) -> OrderRow:
    side = "buy" if qty > 0 else "sell"
    return OrderRow(
        id_, entry.id, symbol, side, _kind(entry, why, bool(price)), "working", abs(qty), 0.0, price, None, WHY_NAMES[why], ts, ts
    )  # fmt: skip
