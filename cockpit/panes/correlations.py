"""Pane 3 of the analyst: how every two symbols move together, as figures on a ground of their sign's colour."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.analyst_view import Correlations
from cockpit.inquiry import Question
from cockpit.panes.heat import ABOVE, BELOW
from cockpit.panes.line import Part
from cockpit.panes.matrix import HEAT, Matrix, Square, Table
from cockpit.panes.prices import names_of
from cockpit.tones import HEATS

#: Newest bars that are compared.
COUNT = 500

#: Quote currencies that need not be said in every row.
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "BTC")

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")


class CorrelationsPane(Matrix):
    """Symbols by symbols.

    Attributes:
        interval: of the bars whose returns are compared.
    """

    NUMBER = 3
    TITLE = "Correlations"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question: Question[Correlations] = Question("correlations", Correlations)
        self.interval = "5m"
        self.step(0)

    def step(self, steps: int) -> None:
        """The next longer or shorter interval."""
        self.interval = INTERVALS[(INTERVALS.index(self.interval) + steps) % len(INTERVALS)]
        self.question.about({"interval": self.interval, "count": COUNT})

    @property
    def pair(self) -> tuple[str, str] | None:
        """The symbols under the cursor; None where they are one, or there are none."""
        a, b = self.cursor
        return (a, b) if a and b and a != b else None

    def paint(self) -> None:
        """Show the newest answer."""
        head, found, note = f"{self.NUMBER} {self.TITLE} {self.interval}", self.question.found, self.question.standing
        if self.is_shown(found, note, self.interval):
            return
        if found is None or len(found.symbols) < 2:
            lines = self.question.empty or ("A correlation needs two symbols: press F1, then s to add some.",)
            self.say(head, [[Part(line, "muted")] for line in lines], note)
            return
        names = names_of(found.symbols)
        short = short_names(list(names.values()))
        room = self.room[0] - min(self.NAME, max(map(len, short))) - 1
        wide = next((w for w in (9, 8, 7, 6, 4) if w * len(short) <= room), 2 if 2 * len(short) <= room else 4)
        keys = list(found.symbols)
        squares = {
            (a, b): square(found.matrix[i][j] if i < len(found.matrix) and j < len(found.matrix[i]) else None, wide, a == b)
            for i, a in enumerate(keys)
            for j, b in enumerate(keys)
        }
        rows = list(zip(keys, short, strict=True))
        titles = [(key, name[: max(1, wide - 1)]) for key, name in rows]
        table = Table(rows, titles, squares, wide)
        if self.cursor == ("", ""):
            self.cursor = (keys[1], keys[0])
        hint = ("returns, newest 500 bars", "muted")
        self.lay(head, table._replace(below=[self._told(found, dict(rows))]), note if note[0] else hint)

    def _told(self, found: Correlations, names: dict[str, str]) -> list[Part]:
        """The cell under the cursor in words."""
        a, b = self.cursor
        if a not in names or b not in names:
            return []
        if a == b:
            return [Part(f"{names[a]}  ", "strong"), Part("a symbol moves with itself", "muted")]
        i, j = found.symbols.index(a), found.symbols.index(b)
        value = _at(found.matrix, i, j)
        bars = _at(found.bars, i, j)
        parts = [Part(f"{names[a]} / {names[b]}  ", "strong")]
        if value is None:
            return [*parts, Part(f"not known: {figures.many(int(bars or 0), 'bar')} of {self.interval} in common", "muted")]
        tone = "up" if value > 0 else "down" if value < 0 else "plain"
        parts += [Part(figures.signed(value), tone), Part(f" {strength(value)}", "plain")]
        return [*parts, Part(f" · {figures.many(int(bars or 0), 'bar')} · enter shows it", "muted")]


def _at(rows: Sequence[Sequence[float | None]], i: int, j: int) -> float | None:
    return rows[i][j] if i < len(rows) and j < len(rows[i]) else None


def strength(value: float) -> str:
    """A correlation in words."""
    size = abs(value)
    if size < 0.2:
        return "as good as unrelated"
    how = "closely" if size >= 0.8 else "clearly" if size >= 0.5 else "loosely"
    return f"{how} {'together' if value > 0 else 'against each other'}"


def square(value: float | None, wide: int, own: bool) -> Square:
    """A correlation in so many cells: two decimals, one, or a block."""
    if own:
        return Square("╲", "faint")
    if value is None:
        return Square(figures.NONE, "faint")
    step = round(HEATS * value)
    if wide < 4:
        level = min(3, int(4 * abs(value)))
        return Square((BELOW if value < 0 else ABOVE)[level] * wide, "down" if value < 0 else "up")
    text = figures.signed(value, 2 if wide >= 6 else 1)
    text = text if wide >= 6 else text.replace("0.", ".").replace("1.0", "1")
    return Square(text, f"{HEAT}{step}")


def short_names(names: list[str]) -> list[str]:
    """Names without the quote currency that all of them end with."""
    quote = next((one for one in _QUOTES if all(name.endswith(one) for name in names)), "")
    cut = [name.removesuffix(quote) for name in names]
    return cut if all(cut) else names
