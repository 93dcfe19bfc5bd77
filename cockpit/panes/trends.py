"""Pane 1 of the analyst: which way every symbol goes on every interval, how surely, and where too little is known to say."""

from __future__ import annotations

import re

from cockpit import figures
from cockpit.analyst_view import TrendCell, Trends
from cockpit.inquiry import Question
from cockpit.panes.line import Part
from cockpit.panes.matrix import Matrix, Square, Table
from cockpit.panes.prices import names_of
from cockpit.text import clean

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")

#: Mark, word, short word and tone of each trend: only a direction has a colour.
TRENDS = {
    "uptrend": ("▲", "uptrend", "up", "up"),
    "downtrend": ("▼", "downtrend", "down", "down"),
    "sideways": ("=", "sideways", "side", "plain"),
    "volatile": ("≈", "volatile", "wild", "plain"),
}

#: Cells of a column from which on the word is written out, and from which on it is written at all.
LONG, SHORT = 17, 11

_MISSING = re.compile(r"PENDING: ([\d,]+) more")


class TrendsPane(Matrix):
    """Symbols by intervals; the cell under the cursor is told in words below."""

    NUMBER = 1
    TITLE = "Trends"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question: Question[Trends] = Question("trends", Trends)
        self.question.about({"intervals": list(INTERVALS)})
        self.names: dict[str, str] = {}

    @property
    def chosen(self) -> TrendCell | None:
        """The cell under the cursor."""
        rows = self.question.found.rows if self.question.found is not None else []
        return next((row.cells.get(self.cursor[1]) for row in rows if row.symbol == self.cursor[0]), None)

    def paint(self) -> None:
        """Show the newest answer."""
        head, found, note = f"{self.NUMBER} {self.TITLE}", self.question.found, self.question.standing
        if self.is_shown(found, note, self.question.trouble):
            return
        if found is None or not found.rows:
            lines = self.question.empty or ("No symbol is streamed yet: press F1, then s to add some.",)
            self.say(head, [[Part(line, "muted")] for line in lines], note)
            return
        self.names = names_of(row.symbol for row in found.rows)
        rows = [(row.symbol, self.names[row.symbol]) for row in found.rows]
        wide = (self.room[0] - min(self.NAME, max(len(name) for _, name in rows)) - 1) // len(INTERVALS)
        wide = LONG if wide >= LONG else SHORT if wide >= SHORT else 6
        squares = {(row.symbol, at): square(row.cells.get(at), wide) for row in found.rows for at in INTERVALS}
        table = Table(rows, [(at, at) for at in INTERVALS], squares, wide, left=True)
        self.lay(head, table._replace(below=[self._told(table)]), note if note[0] else (trends_words(found), "muted"))

    def _told(self, table: Table) -> list[Part]:
        """The cell under the cursor in words."""
        symbol, interval = self.cursor if self.cursor in table.squares else (table.rows[0][0], INTERVALS[0])
        found = self.question.found
        cell = next((row.cells.get(interval) for row in found.rows if row.symbol == symbol), None) if found else None
        return [Part(f"{self.names.get(symbol, '')} {interval}  ", "strong"), *cell_words(cell)]


def square(cell: TrendCell | None, wide: int) -> Square:
    """A cell in so many cells of the screen."""
    if cell is None:
        return Square(figures.NONE, "faint")
    if cell.trend is None:
        return Square(_why_short(cell, wide), "faint" if cell.loading else "muted")
    mark, word, short, tone = TRENDS.get(cell.trend, ("?", clean(cell.trend), clean(cell.trend)[:4], "plain"))
    sure = "" if cell.confidence is None else f"{100 * min(cell.confidence, 0.994):.0f}"
    if wide >= LONG:
        return Square(f"{mark} {word:<9} {sure:>2} %", tone)
    return Square(f"{mark} {short:<4} {sure:>2}%" if wide >= SHORT else f"{mark} {sure}", tone)


def _why_short(cell: TrendCell, wide: int) -> str:
    why = clean(cell.why or "")
    missing = _MISSING.match(why)
    if missing:
        long, short = f"PENDING {missing[1]} bars", f"PENDING {missing[1]}"
        return long if wide >= LONG else short if wide >= SHORT else f"P {missing[1]}"
    if cell.loading:
        return "loading" if wide >= SHORT else "…"
    word = why.partition(":")[0] or figures.NONE
    return word if len(word) < wide else word[:wide].rpartition(" ")[0] or f"{word[: wide - 2]}…"


def cell_words(cell: TrendCell | None) -> list[Part]:
    """What a cell says, in words."""
    if cell is None:
        return [Part("not asked about yet", "muted")]
    if cell.trend is None:
        words = clean(cell.why or "")
        reading = "bars are being read …" if cell.loading else ""
        return [Part(" · ".join(word for word in (words, reading) if word) or "nothing is known", "muted")]
    mark, word, _, tone = TRENDS.get(cell.trend, ("?", clean(cell.trend), "", "plain"))
    parts = [Part(f"{mark} {word}", tone)]
    if cell.confidence is not None:
        parts.append(Part(f", {100 * min(cell.confidence, 0.994):.0f} % sure"))
    if cell.change_pct is not None:
        change = "up" if cell.change_pct > 0 else "down" if cell.change_pct < 0 else "plain"
        parts += [Part(" · ", "faint"), Part(f"{figures.signed(cell.change_pct)} %", change)]
    if cell.bars:
        parts.append(Part(f" over {figures.many(cell.bars, 'bar')}", "muted"))
    return [*parts, Part(" · reading on …" if cell.loading else "", "muted")]


def trends_words(found: Trends) -> str:
    """How many of all cells go which way: `12 ▲  3 ▼  15 = ≈  6 pending`."""
    cells = [cell for row in found.rows for cell in row.cells.values()]
    count = {name: sum(cell.trend == name for cell in cells) for name in TRENDS}
    unknown = sum(cell.trend is None for cell in cells)
    parts = [f"{count[name]} {TRENDS[name][0]}" for name in TRENDS if count[name]]
    return "  ".join([*parts, *([f"{unknown} pending"] if unknown else [])])
