"""The fills of a chart: those the engine's ledger holds of its span, by bar, and those of the trade log that came since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cockpit.panes.chart_text import fill_text
from cockpit.panes.picture import Mark
from core.codes import MINUTE
from core.view import TradeRow

#: Seconds between two questions about what came since, and before a refused one is asked again.
EVERY, AFTER_REFUSAL = 2.0, 60.0

#: A fill is on the ledger within this time, ns: it is asked for again from so long before the newest one known.
SETTLED = MINUTE


class Gathered(NamedTuple):
    """Fills of one side within one bar, of the strategy looked at or of others: how many, and what is said of the newest."""

    fills: int
    ts: int
    strategy: str
    qty: float
    price: float
    realised: float


Key = tuple[int, str, bool]


class HeldFills:
    """Marks of one symbol at one length of bars.

    Attributes:
        marks: those of the strategy looked at first, then the newest first.
        version: grows with every change.
    """

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self.version = 0
        self._of: tuple[str, int, str] = ("", 0, "")
        self._known: dict[Key, Gathered] = {}
        self._since: int | None = None
        self._through = self._asked_through = 0
        self._due = 0.0
        self._seen: tuple[Any, ...] = ()
        self._changed = True

    def tell(self, trades: Sequence[TradeRow], symbol: str, length: int, own: str, decimals: int) -> None:
        """Take the trade log, newest first; `length` of a bar in ns, fills of the strategy `own` are named first."""
        if (symbol, length, own) != self._of:
            self._of = (symbol, length, own)
            self._known, self._since, self._due = {}, None, 0.0
        seen = (id(trades), len(trades), trades[0].fill_id if trades else "", self._of, decimals)
        if seen == self._seen and not self._changed:
            return
        self._seen, self._changed = seen, False
        found = dict(self._known)
        for key, logged in gathered(trades, symbol, length, own).items():
            if key not in found or found[key].fills < logged.fills or found[key].ts < logged.ts:
                found[key] = logged._replace(fills=max(logged.fills, found[key].fills if key in found else 0))
        order = sorted(found.items(), key=lambda item: (not item[0][2], -item[1].ts))
        marks = tuple(_mark(key[1], fills, own, decimals) for key, fills in order)
        if marks != self.marks:
            self.marks = marks
            self.version += 1

    def question(self, now: float, since: int, newest: int) -> dict[str, Any] | None:
        """What to ask now (monotonic seconds) to hold all from `since` to the `newest` moment, ns; None when it is not time yet."""
        symbol, length, own = self._of
        if not symbol or now < self._due:
            return None
        self._due = now + EVERY
        deeper = self._since is None or since < self._since
        begin = since if deeper else max(since, self._through - SETTLED) // length * length
        self._asked_through = newest
        return {"symbol": symbol, "length_ns": length, "since_ns": begin, "strategy": own}

    def take(self, args: dict[str, Any], answer: dict[str, Any]) -> None:
        """Take the answer to a question; one about something else is passed over."""
        if (args["symbol"], args["length_ns"], args["strategy"]) != self._of:
            return
        new = {(start, side, mine): Gathered(*rest) for start, side, mine, *rest in answer["fills"]}
        self._since = args["since_ns"] if self._since is None else min(self._since, args["since_ns"])
        self._through = self._asked_through
        self._known = {key: fills for key, fills in self._known.items() if key[0] < args["since_ns"]} | new
        self._changed = True

    def refused(self) -> None:
        """The engine did not say: the trade log is all there is for now."""
        self._since = None
        self._due += AFTER_REFUSAL


def gathered(trades: Sequence[TradeRow], symbol: str, length: int, own: str) -> dict[Key, Gathered]:
    """What a trade log, newest first, holds of a symbol, by bar."""
    found: dict[Key, Gathered] = {}
    for row in trades:
        if row.kind == "fill" and row.symbol == symbol:
            key = (row.ts_ns // length * length, row.side, row.strategy_id == own)
            known = found.get(key)
            if known is None:
                found[key] = Gathered(1, row.ts_ns, row.strategy_id, row.qty, row.price, row.realised)
            else:
                found[key] = known._replace(fills=known.fills + 1)
    return found


def _mark(side: str, fills: Gathered, own: str, decimals: int) -> Mark:
    label = fill_text(fills.strategy, side, fills.qty, fills.price, fills.realised, decimals)
    return Mark(fills.ts, side == "buy", label, own not in ("", fills.strategy), fills.fills)
