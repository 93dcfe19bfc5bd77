"""Pane 6: time and sales: the newest prints of the symbol the chart is of."""

from __future__ import annotations

from typing import Any, ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.listing import Listing
from cockpit.text import clean
from core.codes import Origin, Side

#: Prints asked for, and how often, in seconds.
COUNT = 200
EVERY = 1.0

_SIDES = {Side.BUY: ("buy", "up"), Side.SELL: ("sell", "down")}
_ORIGINS = {Origin.LIVE: "", Origin.BACKFILL: "back-filled", Origin.LATE: "late", Origin.IMPORT: "imported", Origin.SYNTHETIC: "synthetic"}


class TapePane(LiveGrid):
    """Prints, newest first; the side is who took."""

    NUMBER = 6
    TITLE = "Tape"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=12, most=15),
        Column("side", least=4, most=4),
        Column("price", "point"),
        Column("qty", "point", least=6),
        Column("value", "right", least=7, drop=1),
        Column("id", "right", least=8, drop=3),
        Column("", least=4, most=24, drop=2, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.listing = Listing(follows=True)  # the newest first until it is sorted
        self.symbol = self.called = ""
        self._due = 0.0
        self._rows: dict[str, Row] = {}
        self._summary = ""
        self._why = ""
        self._decimals = 2

    def follow(self, symbol: str, name: str, decimals: int) -> None:
        """Show this symbol under this name; its prices have so many decimals."""
        self.called = name
        if (symbol, decimals) != (self.symbol, self._decimals):
            self.symbol, self._decimals = symbol, decimals
            self._rows, self._summary, self._due, self._why = {}, "", 0.0, ""

    def forget(self) -> None:
        """Hold nothing, and ask at once."""
        self._rows, self._summary, self._due = {}, "", 0.0

    def question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask now, monotonic seconds; None when nothing is due."""
        if not self.symbol or now < self._due:
            return None
        self._due = now + EVERY
        return "prints", {"symbol": self.symbol, "count": COUNT}

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        if answer.get("symbol") != self.symbol:
            return
        prints, old = answer["prints"], self._rows
        self._rows = {key: old.get(key) or print_row(key, row, self._decimals) for row in prints for key in (f"{row[4]}:{row[0]}",)}
        bought, sold = (sum(row[2] for row in prints if row[3] == side) for side in (Side.BUY, Side.SELL))
        share = f", {100 * bought / (bought + sold):.0f} % of the volume bought" if bought + sold else ""
        self._summary = f"{self.called}, {len(prints)} prints{share}" if prints else self.called
        self._why = ""

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        self._why = clean(why)

    def paint(self, now: float) -> None:
        """Show what is held."""
        name = self.called
        empty = self._why or (f"No print of {name} yet." if self.symbol else "No symbol is streamed yet: press s to add one.")
        self.show(list(self._rows.values()), now, note=self._summary, empty=(empty,))


def print_row(key: str, row: list[Any], decimals: int) -> Row:
    """One print: `[ts_ns, price, qty, side, id, origin]`."""
    ts, price, qty, side, id_, origin = row
    word, tone = _SIDES.get(side, ("", "plain"))
    cells = (
        Cell(f"{figures.clock(ts)}.{ts // 1_000_000 % 1000:03d}", "muted", float(ts)),
        Cell(word, tone),
        Cell(figures.number(price, decimals), tone, price),
        Cell(figures.quantity(qty), "plain", qty),
        Cell(figures.number(price * qty, 0), "muted", price * qty),
        Cell(str(id_), "faint", float(id_)),
        Cell(_ORIGINS.get(origin, ""), "warn"),
    )
    return Row(key, cells)
