"""Pane 3 of the desk: what strategies decided, newest first, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.desk_view import SignalRow

SIDES = {"buy": ("▲ BUY", "up"), "sell": ("▼ SELL", "down"), "hold": ("· HOLD", "muted")}


class SignalsPane(LiveGrid):
    """Targets that changed; those that were held back say why."""

    NUMBER = 3
    TITLE = "Signals"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=14),
        Column("strategy", least=8, most=18),
        Column("symbol", least=8, most=14, drop=1),
        Column("signal", least=6, most=7),
        Column("sure %", "right", least=3, drop=3, means="how sure the strategy was, where it says so"),
        Column("target", "point", least=4, drop=5, means="what it wants to hold, in units: + long, - short"),
        Column("price", "point", drop=4),
        Column("outcome", least=26, most=60, grow=True, means="what became of it; of one that was held back, why"),
        Column("reason", least=8, most=40, drop=6, grow=True, means="what the strategy says of it"),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: dict[str, SignalRow] = {}
        self._made: dict[str, tuple[SignalRow, str, Row]] = {}

    def take(self, signals: list[SignalRow]) -> None:
        """Keep the engine's rows."""
        self._held = {signal_key(row): row for row in signals}

    def paint(self, now: float, now_ns: int, decimals: Callable[[str], int | None]) -> None:
        """Show what is held as of `now_ns`; `decimals` knows the symbols' prices."""
        made: dict[str, tuple[SignalRow, str, Row]] = {}
        for key, row in self._held.items():
            text, old = figures.moment(row.ts_ns, now_ns), self._made.get(key)
            same = old is not None and old[1] == text and old[0] == row
            made[key] = old if old is not None and same else (row, text, signal_row(row, text, decimals))
        self._made = made
        midnight = now_ns - now_ns % 86_400_000_000_000
        today = sum(row.ts_ns >= midnight for row in self._held.values())
        back = sum(held_back(row) for row in self._held.values())
        note = f"today {today:,}" + (f", {back:,} held back" if back else "") if self._held else ""
        self.show([row for _, _, row in made.values()], now, note=note, empty=_EMPTY)

    @property
    def chosen(self) -> SignalRow | None:
        """The signal under the cursor."""
        return self._held.get(self.listing.cursor_key)


_EMPTY = ("No signal yet.", "Every change of mind of a strategy appears here: what was ordered, and what was held back with the reason.")


def signal_key(row: SignalRow) -> str:
    """What tells signals apart."""
    return f"{row.ts_ns} {row.strategy_id} {row.symbol}"


def held_back(row: SignalRow) -> bool:
    """Whether something kept it from being ordered."""
    return row.outcome.startswith(("blocked", "paused"))


def signal_row(row: SignalRow, time: str, decimals: Callable[[str], int | None]) -> Row:
    """One line."""
    found = decimals(row.symbol)
    places = 2 if found is None else found
    side, tone = SIDES.get(row.side, (clean(row.side).upper(), "plain"))
    back = held_back(row)
    sure = None if row.confidence is None else 100 * row.confidence
    return Row(
        signal_key(row),
        (
            Cell(time, "muted"),
            Cell(clean(row.strategy_id), "strong"),
            Cell(bare(row.symbol)),
            Cell(side, tone),
            Cell(figures.NONE if sure is None else f"{sure:.0f}", "plain" if sure is not None else "faint", sure),
            Cell(figures.quantity(row.target, sign=True), "plain", row.target),
            Cell(figures.number(row.price, places), "plain", row.price),
            Cell(clean(row.outcome), "warn" if back else "plain" if row.outcome == "ordered" else "muted"),
            Cell(clean(row.reason), "muted"),
        ),
    )
