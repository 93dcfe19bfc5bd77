"""Pane 1 of the desk: what each strategy holds and where its stops are, or what the account holds of each symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.nets import NETS, net_key, net_row, net_total
from cockpit.panes.prices import bare, sign_tone
from cockpit.text import clean
from core.desk_view import AccountRow, DeskView, NetRow, PositionRow

#: A stop this near to the mark, in percent of it, is worth a look.
NEAR_PCT = 0.5


class PositionsPane(LiveGrid):
    """Positions by strategy, with their sum below; or the nets by symbol.

    Attributes:
        netted: whether the nets are shown.
    """

    NUMBER = 1
    TITLE = "Positions"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", least=1, most=1),
        Column("strategy", least=8, most=18),
        Column("symbol", least=8, most=14, drop=1),
        Column("qty", "point", least=5, means="in base currency: + long, - short"),
        Column("entry", "point", drop=6, means="average cost"),
        Column("mark", "point", flash="ink", drop=2),
        Column("uPnL", "point", least=6, flash="cell", means="P&L of what is open, at the mark, quote currency"),
        Column("rPnL", "point", least=6, drop=5, means="P&L of what was closed of this round trip, before fees, quote currency"),
        Column("fees", "point", drop=10, means="of this round trip, funding included, quote currency"),
        Column("SL", "point", drop=3, means="price of the stop loss"),
        Column("%", "point", drop=3, means="how far the mark is from the stop loss"),
        Column("TP", "point", drop=8, means="price of the take profit"),
        Column("%", "point", drop=8, means="how far the mark is from the take profit"),
        Column("trail", "point", drop=7, means="price of the trailing stop"),
        Column("%", "point", drop=7, means="how far the mark is from the trailing stop"),
        Column("age", "right", least=5, drop=4, means="since it was opened"),
        Column("best", "point", drop=9, means="the best price since it was opened"),
        Column("state", least=9, most=40, drop=2, grow=True, means="what holds it; empty: nothing"),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.netted = False
        self._held: dict[str, PositionRow] = {}
        self._nets: dict[str, NetRow] = {}
        self._account: AccountRow | None = None
        self._made: dict[str, tuple[PositionRow, str, Row]] = {}

    def take(self, desk: DeskView) -> None:
        """Keep the engine's rows."""
        self._held = {position_key(row): row for row in desk.positions}
        self._nets = {net_key(row): row for row in desk.nets}
        self._account = desk.account

    def turn_over(self) -> None:
        """The nets in place of the positions, or the positions again."""
        self.netted = not self.netted
        self.listing.sort_by(None)
        self.set_columns(NETS if self.netted else self.COLUMNS)

    def paint(self, now: float, now_ns: int, decimals: Callable[[str], int | None]) -> None:
        """Show what is held as of `now_ns`; `decimals` knows the symbols' prices."""
        nets, held = list(self._nets.values()), list(self._held.values())
        if self.netted:
            rows = [net_row(row, decimals) for row in nets]
            rest = net_total(nets) if len(nets) > 1 else None
        else:
            made = [self._row(key, row, now_ns, decimals) for key, row in self._held.items()]
            self._made = {key: (self._held[key], text, row) for key, text, row in made}
            rows = [row for _, _, row in made]
            rest = total_row(held) if len(held) > 1 else None
        self.show(rows, now, rest=rest, note=self._note(), empty=() if rows else _EMPTY)

    def _row(self, key: str, row: PositionRow, now_ns: int, decimals: Callable[[str], int | None]) -> tuple[str, str, Row]:
        """The row as it was, where nothing that can be seen has changed."""
        text, old = figures.age((now_ns - row.opened_ns) / 1e9 if row.opened_ns else None), self._made.get(key)
        if old is not None and old[1] == text and old[0] == row:
            return key, text, old[2]
        return key, text, position_row(row, text, decimals)

    def _note(self) -> str:
        """What the account stands at: `3 open, 36,210 gross, +12,400 net, 1.8 x equity`."""
        account = self._account
        if account is None or not self._held:
            return ""
        count = figures.many(len(self._nets), "symbol") if self.netted else f"{len(self._held):,} open"
        net = figures.signed(account.exposure_net, 0)
        return f"{count}, {figures.number(account.exposure_gross, 0)} gross, {net} net, {figures.number(account.leverage)} x equity"

    @property
    def chosen(self) -> PositionRow | None:
        """The position under the cursor; None where nets are shown."""
        return None if self.netted else self._held.get(self.listing.cursor_key)

    @property
    def chosen_net(self) -> NetRow | None:
        """The net under the cursor, where nets are shown."""
        return self._nets.get(self.listing.cursor_key) if self.netted else None

    @property
    def held(self) -> list[PositionRow]:
        """All positions, in the engine's order."""
        return list(self._held.values())


_EMPTY = (
    "Nothing is held.",
    "Positions appear here with their stops as soon as a strategy trades:",
    "s starts a session of several strategies, r registers one.",
)


def position_key(row: PositionRow) -> str:
    """What tells positions apart."""
    return f"{row.strategy_id} {row.symbol}"


def away_pct(level: float | None, mark: float) -> float | None:
    """How far a level is from the mark, in percent of the mark: above +, below -; None where there is none."""
    return None if level is None or not mark else 100 * (level / mark - 1)


def position_row(row: PositionRow, age: str, decimals: Callable[[str], int | None]) -> Row:
    """One line."""
    found = decimals(row.symbol)
    places = 2 if found is None else found
    side = ("▲", "up") if row.qty > 0 else ("▼", "down") if row.qty < 0 else ("·", "faint")
    levels = [cell for level in (row.stop_loss, row.take_profit, row.trailing) for cell in _level(level, row.mark, places)]
    return Row(
        position_key(row),
        (
            Cell(*side),
            Cell(clean(row.strategy_id), "strong"),
            Cell(bare(row.symbol)),
            Cell(figures.quantity(row.qty, sign=True), sign_tone(row.qty), row.qty),
            Cell(figures.number(row.entry, places), "plain", row.entry),
            Cell(figures.number(row.mark, places), "plain", row.mark),
            Cell(figures.signed(row.unrealised), sign_tone(row.unrealised), row.unrealised),
            Cell(figures.signed(row.realised), sign_tone(row.realised), row.realised),
            Cell(figures.number(row.fees), "muted", row.fees),
            *levels,
            Cell(age, "muted", -float(row.opened_ns)),
            Cell(figures.number(row.best, places), "muted", row.best),
            Cell(clean(row.state), "warn"),
        ),
    )


def _level(level: float | None, mark: float, places: int) -> tuple[Cell, Cell]:
    """The price of a stop, and how far it is away."""
    away = away_pct(level, mark)
    if level is None or away is None:
        return Cell(figures.NONE, "faint"), Cell("")
    return Cell(figures.number(level, places), "plain", level), Cell(
        figures.signed(away), "warn" if abs(away) < NEAR_PCT else "muted", away
    )


def total_row(rows: list[PositionRow]) -> Row:
    """The sums: what is open, what was closed, what was paid."""
    cells = [Cell("")] * len(PositionsPane.COLUMNS)
    unrealised, realised = sum(row.unrealised for row in rows), sum(row.realised for row in rows)
    cells[0], cells[1] = Cell("Σ", "muted"), Cell(f"{len(rows):,}", "muted")
    cells[6] = Cell(figures.signed(unrealised), sign_tone(unrealised), unrealised)
    cells[7] = Cell(figures.signed(realised), sign_tone(realised), realised)
    cells[8] = Cell(figures.number(sum(row.fees for row in rows)), "muted")
    return Row("", tuple(cells))
