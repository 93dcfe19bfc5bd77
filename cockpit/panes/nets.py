"""The nets of the desk: what the account holds of each symbol, its strategies' positions against each other."""

from __future__ import annotations

from collections.abc import Callable

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.prices import bare, sign_tone
from cockpit.text import clean
from core.desk_view import NetRow

NETS: tuple[Column, ...] = (
    Column("", least=1, most=1),
    Column("symbol", least=8, most=18),
    Column("net", "point", least=5, means="the strategies' positions added up, in base currency: + long, - short"),
    Column("gross", "point", drop=4, means="the same without their signs"),
    Column("average", "point", drop=2, means="average cost of the net position"),
    Column("FIFO", "point", drop=3, means="cost of what is left where the oldest was closed first"),
    Column("mark", "point", flash="ink", drop=1),
    Column("uPnL", "point", least=6, flash="cell", means="P&L of what is open, at the mark, quote currency"),
    Column("rPnL", "point", least=6, drop=5, means="P&L of what was closed, before fees, quote currency"),
    Column("fees", "point", drop=6, means="quote currency"),
    Column("funding", "point", drop=7, means="paid, quote currency; below 0 received"),
    Column("strategies", least=10, most=80, drop=4, grow=True),
)


def net_key(row: NetRow) -> str:
    """What tells nets apart."""
    return row.symbol


def net_row(row: NetRow, decimals: Callable[[str], int | None]) -> Row:
    """One line."""
    found = decimals(row.symbol)
    places = 2 if found is None else found
    side = ("▲", "up") if row.qty > 0 else ("▼", "down") if row.qty < 0 else ("·", "faint")
    return Row(
        net_key(row),
        (
            Cell(*side),
            Cell(bare(row.symbol), "strong"),
            Cell(figures.quantity(row.qty, sign=True), sign_tone(row.qty), row.qty),
            Cell(figures.quantity(row.gross), "plain", row.gross),
            Cell(figures.number(row.average, places), "plain", row.average),
            Cell(figures.number(row.fifo, places), "plain", row.fifo),
            Cell(figures.number(row.mark, places), "plain", row.mark),
            Cell(figures.signed(row.unrealised), sign_tone(row.unrealised), row.unrealised),
            Cell(figures.signed(row.realised), sign_tone(row.realised), row.realised),
            Cell(figures.number(row.fees), "muted", row.fees),
            Cell(figures.signed(row.funding), "muted", row.funding),
            Cell(", ".join(map(clean, row.strategies)), "muted"),
        ),
    )


def net_total(rows: list[NetRow]) -> Row:
    """The sums of what is money."""
    cells = [Cell("")] * len(NETS)
    unrealised, realised = sum(row.unrealised for row in rows), sum(row.realised for row in rows)
    cells[0], cells[1] = Cell("Σ", "muted"), Cell(f"{len(rows):,}", "muted")
    cells[7] = Cell(figures.signed(unrealised), sign_tone(unrealised), unrealised)
    cells[8] = Cell(figures.signed(realised), sign_tone(realised), realised)
    cells[9] = Cell(figures.number(sum(row.fees for row in rows)), "muted")
    cells[10] = Cell(figures.signed(sum(row.funding for row in rows)), "muted")
    return Row("", tuple(cells))
