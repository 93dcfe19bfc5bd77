"""Under the strategies, where there is room: the chosen one's parameters, figures and equity curve."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.panes.prices import bare, sign_tone
from cockpit.text import clean, width
from core.view import StrategyRow


class DetailPane(Facts):
    """One strategy, in full; it follows the cursor of the strategies."""

    def paint(self, row: StrategyRow) -> None:
        """Show a strategy."""
        title = f"{clean(row.id)}: {clean(row.name)} on {', '.join(bare(symbol) for symbol in row.symbols)}"
        self.show_lines(title, detail_lines(row, *self.room))


def detail_lines(row: StrategyRow, cells: int, lines: int) -> list[list[Part]]:
    """Parameters, figures, and the equity curve in the lines that are left."""
    params = "  ".join(f"{clean(str(name))} {clean(str(value))}" for name, value in row.params.items())
    profit = row.equity - row.capital
    share = f" ({figures.signed(100 * profit / row.capital)} %)" if row.capital else ""
    made = [
        [Part(params or "no parameters", "muted"), *_stops(row)],
        [
            Part("equity ", "muted"), Part(figures.number(row.equity), "strong"),
            Part(f" {figures.signed(profit)}{share}", sign_tone(profit)),
            Part("   fees ", "muted"), Part(figures.number(row.fees)),
            Part("   drawdown ", "muted"), Part(f"{figures.magnitude(row.drawdown_pct)} %"),
            Part("   trades ", "muted"), Part(f"{row.trades}, {row.wins} won"),
        ],
    ]  # fmt: skip
    left = lines - len(made) - 1
    if left < 2 or len(row.spark) < 2:
        return made
    high, low = figures.number(max(row.spark)), figures.number(min(row.spark))
    labels = {0: high, left - 1: low} if high != low else {(left - 1) // 2: high}
    margin = max(width(high), width(low))
    tone = "up" if profit >= 0 else "down"
    made.append([])
    for index, text in enumerate(figures.curve(row.spark, cells - margin - 3, left)):
        label = labels.get(index, "")
        made.append([Part(f"{label:>{margin}} ", "muted"), Part("┤ " if label else "│ ", "edge"), Part(text, tone)])
    return made


def _stops(row: StrategyRow) -> list[Part]:
    """Its stops that are on, in percent."""
    on = [f"{word} {percent:g} %" for word, percent in zip(("loss", "profit", "trailing"), row.stops, strict=True) if percent is not None]
    return [Part("   stops ", "muted"), Part("  ".join(on))] if on else []
