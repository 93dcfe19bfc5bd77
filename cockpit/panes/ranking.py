"""Pane 4 of the lab while the cursor is on a study: its trials, the best first; any column puts them in another order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import sign_tone
from cockpit.study import StudyReport, ranked_name, symbol_names, value_text
from cockpit.text import clean

#: Figure of a row -> its column and its decimals; shares are shown in percent.
_FIGURES: tuple[tuple[str, Column, int], ...] = (
    ("net_pnl", Column("net P&L", "point", least=8, means="after fees, an open position at the last price, quote currency"), 2),
    ("sharpe", Column("Sharpe", "point", least=5, means="of daily changes, a year's worth; of two days or more"), 2),
    ("deflated_sharpe", Column("defl %", "right", least=6, drop=2, means="likely a Sharpe above 0, given how many were tried"), 0),
    ("max_drawdown_pct", Column("dd %", "point", least=5, drop=3, means="worst fall of equity from a peak, in percent of it"), 2),
    ("trades", Column("trades", "right", least=6, drop=4, means="round trips that were closed"), 0),
    ("win_rate", Column("win %", "right", least=5, drop=5, means="trades that won something after their fees"), 0),
    ("profit_factor", Column("profit f.", "point", least=6, drop=6, means="won over lost"), 2),
    (
        "plateau",
        Column("plateau %", "right", least=9, drop=1, means="what its neighbours make, of what it makes: a lone peak is near 0"),
        0,
    ),
)
_SHARES = ("deflated_sharpe", "win_rate", "plateau")


class RankingPane(LiveGrid):
    """One line a trial."""

    NUMBER = 4
    TITLE = "Ranking"
    COLUMNS = (Column("#", "right", least=3), *(column for _, column, _ in _FIGURES))

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[object, ...] | None = None
        self._rows: list[dict[str, Any]] = []

    def paint(self, report: StudyReport | None, now: float, word: str = "") -> None:
        """Show a study's trials; `word` says why there are none."""
        shown = (report.id if report else "", bool(report and report.detail), word)
        if shown == self._shown:
            return  # rows that do not change need no comparing ten times a second
        self._shown = shown
        self._rows = report.ranking if report is not None else []
        if report is None or not self._rows:
            self.show([], now, empty=(word or "The trials of the study under the cursor are listed here.", "s asks for a study."))
            return
        several = tuple(key for key in ("strategy", "symbol") if len({row.get(key) for row in self._rows}) > 1)
        names = report.varied
        self.listing.sort_by(None)
        self.set_columns(columns_of(names, several))
        total = report.detail.rows_total if report.detail is not None else report.found.get("trials", len(self._rows))
        note = f"best {len(self._rows):,} of {total:,} by {ranked_name(report.rank_by)}"
        called = symbol_names([str(row.get("symbol", "")) for row in self._rows])
        self.show([ranking_row(place, row, names, several, called) for place, row in enumerate(self._rows)], now, note=note)
        self.choose(0)

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The trial under the cursor."""
        key = self.listing.cursor_key
        return self._rows[int(key)] if key and int(key) < len(self._rows) else None


def columns_of(names: list[str], several: tuple[str, ...]) -> tuple[Column, ...]:
    """Place, strategy and symbol where there are several, the parameters that were varied, then the figures."""
    which = [Column(key, least=8, most=18) for key in several]
    params = [Column(clean(name), "right", least=len(name) + 1, most=12) for name in names]
    return (Column("#", "right", least=3), *which, *params, *(column for _, column, _ in _FIGURES))


def ranking_row(place: int, row: dict[str, Any], names: list[str], several: tuple[str, ...], called: Mapping[str, str]) -> Row:
    """One line; `called` is what symbols are called."""
    params = row.get("params", {})
    which = [Cell(clean(called.get(text, text))) for text in (str(row.get(key, "")) for key in several)]
    values = [_param(params.get(name)) for name in names]
    cells = [Cell(str(place + 1), "muted", float(place)), *which, *values]
    for key, _, places in _FIGURES:
        value = row.get(key)
        scaled = 100 * value if value is not None and key in _SHARES else value
        text = figures.signed(scaled, places) if key == "net_pnl" else figures.number(scaled, places)
        cells.append(Cell(text, sign_tone(value or 0.0) if key == "net_pnl" else "plain", value))
    return Row(str(place), tuple(cells))


def _param(value: Any) -> Cell:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return Cell(clean(value_text(value)) if value is not None else "", "strong", number)
