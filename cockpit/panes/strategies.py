"""Pane 2: every registered strategy, what it holds and what it made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare, sign_tone
from cockpit.text import clean
from core.view import StrategyRow

#: State -> (what it is called here, its tone).
STATES = {
    "warming": ("◌ warm", "warn"),
    "running": ("● run", "up"),
    "paused": ("‖ paused", "warn"),
    "closing": ("◍ closing", "warn"),
    "starting": ("◌ start", "warn"),
    "restarting": ("↻ restart", "warn"),
    "failed": ("✖ failed", "bad"),
}

_STATE, _POSITION, _TRADES = 2, 3, 7


class StrategiesPane(LiveGrid):
    """The strategies, with the sum of them below; a failed one says why in one line."""

    NUMBER = 2
    TITLE = "Strategies"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", least=6, most=18),
        Column("symbol", least=8, most=18, drop=2),
        Column("state", least=8, most=14),
        Column("pos", "point", least=5, means="position, in base currency: + long, - short"),
        Column("entry", "point", drop=5, means="average price of the open position"),
        Column("uPnL", "point", least=6, drop=1, flash="ink", means="P&L of the open position at the last price, quote currency"),
        Column("net", "point", least=6, flash="cell", means="P&L of what was closed less all fees, quote currency"),
        Column("trades", "right", least=4, drop=7, means="round trips that were closed"),
        Column("win %", "right", least=5, drop=4, means="trades that won something after their fees"),
        Column("fees", "point", least=5, drop=8, means="all fees so far, quote currency; net is after them"),
        Column("dd %", "right", least=4, drop=6, means="deepest fall of equity from a peak, in percent of it"),
        Column("Sharpe", "point", least=5, drop=9, means="of daily changes, a year's worth; from two days on"),
        Column("equity", least=6, most=48, drop=3, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: dict[str, StrategyRow] = {}
        self._made: dict[str, tuple[StrategyRow, Row]] = {}

    def take(self, strategies: list[StrategyRow]) -> None:
        """Keep the engine's rows."""
        self._held = {row.id: row for row in strategies}

    def paint(self, now: float, decimals: Callable[[str], int | None], last: Callable[[str], float | None]) -> None:
        """Show what is held; `decimals` and `last` know the symbols' prices."""
        rows = []
        for row in self._held.values():
            made = self._made.get(row.id)
            if made is None or made[0] != row:
                made = self._made[row.id] = (row, strategy_row(row, decimals))
            rows.append(made[1])
        held = list(self._held.values())
        self.show(
            rows,
            now,
            rest=total_row(held, last) if len(held) > 1 else None,
            note=counts(held),
            empty=("No strategy is registered: press r to register one.", "It paper-trades from its first tick on."),
        )

    @property
    def first(self) -> StrategyRow | None:
        """The one that was registered first."""
        return next(iter(self._held.values()), None)

    def get(self, key: str) -> StrategyRow | None:
        """The strategy of an id."""
        return self._held.get(key)

    @property
    def held(self) -> list[StrategyRow]:
        """All of them, in the engine's order."""
        return list(self._held.values())


def strategy_row(row: StrategyRow, decimals: Callable[[str], int | None]) -> Row:
    """One line: figures, or the reason a strategy failed, or what it waits for."""
    word, tone = STATES.get(row.state, (clean(row.state), "warn"))
    detail = clean(row.detail)
    symbols = "+".join(bare(symbol) for symbol in row.symbols)
    places = decimals(row.symbols[0]) if row.symbols else None
    win = 100 * row.wins / row.trades if row.trades else None
    net = row.realised - row.fees
    cells = (
        Cell(clean(row.id), "strong"),
        Cell(symbols, "plain"),
        Cell(f"{word} {detail}" if row.state == "warming" and detail else word, tone),
        Cell(figures.quantity(row.position, sign=True), sign_tone(row.position), row.position),
        Cell(figures.number(row.entry, 2 if places is None else places), "plain", row.entry),
        Cell(figures.signed(row.unrealised), sign_tone(row.unrealised), row.unrealised),
        Cell(figures.signed(net), sign_tone(net), net),
        Cell(str(row.trades), "muted", float(row.trades)),
        Cell(f"{win:.0f}" if win is not None else figures.NONE, "plain", win),
        Cell(figures.number(row.fees), "muted", row.fees),
        Cell(figures.magnitude(row.drawdown_pct, 1), "muted", row.drawdown_pct),
        Cell(figures.number(row.sharpe), sign_tone(row.sharpe), row.sharpe),
        Cell("", "up" if row.equity >= row.capital else "down", None, tuple(row.spark)),
    )
    span = None
    if row.state == "failed":
        span = (_STATE, Cell(f"✖ failed: {detail} (enter: why, p: begin anew)", "bad"))
    elif detail and row.state != "warming":
        # What it holds stays in sight; without a position there is room for the whole reason.
        span = (_STATE, Cell(f"{word}: {detail}", tone)) if row.position == 0 else (_TRADES, Cell(detail, "warn"))
    return Row(row.id, cells, span=span)


def total_row(rows: list[StrategyRow], last: Callable[[str], float | None]) -> Row:
    """The sum: what is exposed at the last prices, and both profits; realised after fees."""
    exposed = 0.0
    for row in rows:
        price = last(row.symbols[0]) if len(row.symbols) == 1 else None
        exposed += abs(row.position) * (price if price is not None else row.entry or 0.0)
    unrealised, net = sum(row.unrealised for row in rows), sum(row.realised - row.fees for row in rows)
    trades, wins = sum(row.trades for row in rows), sum(row.wins for row in rows)
    return Row(
        "",
        (
            Cell("Σ", "muted"),
            Cell("exposed", "muted"),
            Cell(figures.number(exposed, 0), "muted"),
            Cell(""),
            Cell(""),
            Cell(figures.signed(unrealised), sign_tone(unrealised), unrealised),
            Cell(figures.signed(net), sign_tone(net), net),
            Cell(str(trades), "muted"),
            Cell(f"{100 * wins / trades:.0f}" if trades else figures.NONE, "plain"),
            Cell(figures.number(sum(row.fees for row in rows)), "muted"),
            Cell(""),
            Cell(""),
            Cell(""),
        ),
    )


def counts(rows: list[StrategyRow]) -> str:
    """`3 run, 1 paused, 1 failed`."""
    words = {"running": "run", "warming": "warming", "paused": "paused", "closing": "closing", "failed": "failed"}
    words |= {"starting": "starting", "restarting": "restarting"}
    found = [(sum(row.state == state for row in rows), word) for state, word in words.items()]
    return ", ".join(f"{count} {word}" for count, word in found if count)
