"""Pane 2 of the desk: orders, those that work first, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.listing import Listing
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.desk_view import OrderRow

SIDES = {"buy": ("▲ buy", "up"), "sell": ("▼ sell", "down")}

#: State -> (what it is called here, its tone).
STATES = {
    "created": ("○ created", "warn"),
    "submitted": ("◌ submitted", "warn"),
    "acknowledged": ("● accepted", "up"),
    "working": ("● working", "up"),
    "partly filled": ("◐ partly", "up"),
    "filled": ("✔ filled", "plain"),
    "cancelled": ("· cancelled", "muted"),
    "expired": ("· expired", "muted"),
    "rejected": ("✖ rejected", "bad"),
    "unknown": ("? unknown", "bad"),
}

#: States an order is over in.
OVER = frozenset({"filled", "cancelled", "rejected", "expired"})


_FILLED = 6


class OrdersPane(LiveGrid):
    """Orders; all of them, or those that work.

    Attributes:
        working_only: whether orders that are over are left out.
    """

    NUMBER = 2
    TITLE = "Orders"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("strategy", least=8, most=18),
        Column("symbol", least=8, most=14, drop=1),
        Column("state", least=9, most=16),
        Column("side", least=6, most=7),
        Column("kind", least=5, most=6, drop=5),
        Column("qty", "point", least=4),
        Column("filled", "point", least=4, drop=2),
        Column("limit", "point", drop=3, means="price of a limit or a stop"),
        Column("average", "point", drop=4, means="what its fills were paid"),
        Column("age", "right", least=5, drop=2, means="since it was decided; of one that is over, since then"),
        Column("reason", least=6, most=60, drop=6, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.listing = Listing(follows=True)  # the newest first until it is sorted
        self.working_only = False
        self._held: dict[str, OrderRow] = {}
        self._made: dict[str, tuple[OrderRow, str, Row]] = {}

    def take(self, orders: list[OrderRow]) -> None:
        """Keep the engine's rows."""
        self._held = {row.order_id: row for row in orders}

    def turn_over(self) -> None:
        """Only those that work, or all of them again."""
        self.working_only = not self.working_only

    def paint(self, now: float, now_ns: int, decimals: Callable[[str], int | None]) -> None:
        """Show what is held as of `now_ns`; `decimals` knows the symbols' prices."""
        made: dict[str, tuple[OrderRow, str, Row]] = {}
        working = 0
        for key, row in self._held.items():
            over = row.state in OVER
            working += not over
            if over and self.working_only:
                continue
            text, old = figures.age((now_ns - (row.changed_ns if over else row.decided_ns)) / 1e9), self._made.get(key)
            same = old is not None and old[1] == text and old[0] == row
            made[key] = old if old is not None and same else (row, text, order_row(row, text, decimals))
        self._made = made
        note = f"{working} of {len(self._held)} working" if self._held else ""
        hidden = len(self._held) - working if self.working_only else 0
        if hidden:
            note += f", {hidden} hidden"
        empty = ("No order works: w shows those that are over.",) if hidden else _EMPTY
        self.show([row for _, _, row in made.values()], now, note=note, empty=empty)

    @property
    def chosen(self) -> OrderRow | None:
        """The order under the cursor."""
        return self._held.get(self.listing.cursor_key)


_EMPTY = ("No order yet.", "Each is listed here from the decision on: what works, what was filled, and why one was not.")


def order_row(row: OrderRow, age: str, decimals: Callable[[str], int | None]) -> Row:
    """One line; of one that came to nothing the reason has the room of its fills."""
    found = decimals(row.symbol)
    places = 2 if found is None else found
    word, tone = STATES.get(row.state, (clean(row.state), "warn"))
    side, sign = SIDES.get(row.side, (clean(row.side), "plain"))
    over, quiet = row.state in OVER, "muted" if row.state in OVER else "plain"
    why, lost = order_why(row), row.state in ("rejected", "unknown")
    return Row(
        row.order_id,
        (
            Cell(clean(row.strategy_id), "strong" if not over else "plain"),
            Cell(bare(row.symbol), quiet),
            Cell(word, tone),
            Cell(side, sign),
            Cell(clean(row.kind), quiet),
            Cell(figures.quantity(row.qty), quiet, row.qty),
            Cell(figures.quantity(row.filled), quiet if row.filled else "faint", row.filled),
            Cell("" if row.price is None else figures.number(row.price, places), quiet, row.price),
            Cell("" if row.average is None else figures.number(row.average, places), quiet, row.average),
            Cell(age, "muted", float(row.decided_ns)),
            Cell(why, "muted"),
        ),
        span=(_FILLED, Cell(why, "bad")) if lost and row.detail and not row.filled else None,
    )


def order_why(row: OrderRow) -> str:
    """Why it was made, and what became of it."""
    return ": ".join(filter(None, (clean(row.reason.replace("_", " ")), clean(row.detail))))
