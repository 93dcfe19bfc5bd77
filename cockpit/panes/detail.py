"""Under the strategies, where there is room: the chosen one's parameters, figures and equity curve."""

from __future__ import annotations

from textual.strip import Strip

from cockpit import figures
from cockpit.panes.line import Part
from cockpit.panes.prices import bare, sign_tone
from cockpit.panes.toned import Toned
from cockpit.panes.typeset import Runs, set_frame
from cockpit.text import clean, fit, width
from core.view import StrategyRow


class DetailPane(Toned):
    """One strategy, in full; it follows the cursor of the strategies."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.alarm = False
        self._title = ""
        self._lines: list[list[Part]] = []

    def paint(self, row: StrategyRow | None) -> None:
        """Show a strategy; lines that did not change are not painted again."""
        title = f"{clean(row.id)}: {clean(row.name)} on {', '.join(bare(symbol) for symbol in row.symbols)}" if row else ""
        lines = detail_lines(row, self.size.width - 4, self.size.height - 2) if row else []
        old, self._lines = self._lines, lines
        if title != self._title or len(old) != len(lines):
            self._title = title
            self.refresh()
            return
        changed = [y for y, (was, line) in enumerate(zip(old, lines, strict=True), 1) if was != line]
        self.put([stroke for y in changed for stroke in self.line_strokes(y)])

    def render_line(self, y: int) -> Strip:
        runs, cells, last = Runs(), self.size.width, self.size.height - 1
        edge = "edge-live" if self.alarm else "edge"
        if y in (0, last):
            corners = ("┌", "┐") if y == 0 else ("└", "┘")
            set_frame(runs, *corners, cells, self.tones, edge, (self._title if y == 0 else "", "plain"), ("", "muted"))
        elif cells > 3:
            runs.add("│ ", self.tones.style(edge))
            for text, tone in self._lines[y - 1] if y <= len(self._lines) else ():
                room = cells - 2 - runs.cells
                runs.add(fit(text, room) if width(text) > room else text, self.tones.style(tone))
            runs.add(" " * (cells - 1 - runs.cells), self.tones.style("plain"))
            runs.add("│", self.tones.style(edge))
        return Strip(runs.segments(), runs.cells).adjust_cell_length(cells, self.tones.style("plain"))


def detail_lines(row: StrategyRow, cells: int, lines: int) -> list[list[Part]]:
    """Parameters, figures, and the equity curve in the lines that are left."""
    params = "  ".join(f"{clean(str(name))} {clean(str(value))}" for name, value in row.params.items())
    profit = row.equity - row.capital
    share = f" ({figures.signed(100 * profit / row.capital)} %)" if row.capital else ""
    made = [
        [Part(params or "no parameters", "muted")],
        [
            Part("equity ", "muted"), Part(figures.number(row.equity), "strong"),
            Part(f" {figures.signed(profit)}{share}", sign_tone(profit)),
            Part("   fees ", "muted"), Part(figures.number(row.fees)),
            Part("   drawdown ", "muted"), Part(f"{row.drawdown_pct:.2f} %"),
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
