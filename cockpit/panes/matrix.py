"""A pane of cells in rows and columns with a cursor on one of them: what stands where a row and a column meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.text import fit, width
from cockpit.tones import Under

#: Between a tone and what lies under it.
_UNDER = "@"

#: A tone of a heat map, followed by its step.
HEAT = "heat"

Key = tuple[str, str]


class Square(NamedTuple):
    """One cell: its text and tone; `heat` is a tone followed by a step of `Tones.heat`."""

    text: str
    tone: str = "plain"


class Table(NamedTuple):
    """What is shown: keys and names of rows and columns, and the cells by (row, column).

    Attributes:
        wide: cells a column takes, the space before it included.
        below: lines under the table.
        left: cells begin under the beginning of their column's title; else they end under its end.
    """

    rows: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str]]
    squares: Mapping[Key, Square]
    wide: int
    below: Sequence[list[Part]] = ()
    left: bool = False


class Matrix(Facts, can_focus=True, inherit_bindings=False):
    """Cells; the arrow keys move the cursor.

    Attributes:
        cursor: the keys of the row and the column it is on; ('', '') there are none.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1,0)", show=False),
        Binding("down", "move(1,0)", show=False),
        Binding("left", "move(0,-1)", show=False),
        Binding("right", "move(0,1)", show=False),
        Binding("pageup", "move(-10,0)", show=False),
        Binding("pagedown", "move(10,0)", show=False),
        Binding("home", "move(-100000,0)", show=False),
        Binding("end", "move(100000,0)", show=False),
    ]

    #: Cells of the widest name of a row.
    NAME: ClassVar[int] = 14

    class Moved(Message):
        """The cursor is on another cell."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.cursor: Key = ("", "")
        self._table: Table | None = None
        self._first: Key = ("", "")  # the cell in the upper left corner
        self._words: tuple[str, tuple[str, str]] = ("", ("", "muted"))
        self._sight = ""
        self._shown: tuple[object, ...] = ()

    def is_shown(self, *state: object) -> bool:
        """Whether this is what was laid out last, here and as large: then nothing need be done ten times a second."""
        state = (*state, self.cursor, self.room, self.framed)
        same, self._shown = state == self._shown, state
        return same

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        table = self._table
        inside = len(table.rows) + 1 + len(table.below) if table is not None else len(self._lines)
        return max(inside, 4) + (2 if self.framed else 0)

    # What is shown

    def say(self, title: str, lines: Sequence[list[Part]], note: tuple[str, str] = ("", "muted")) -> None:
        """Show these lines instead of cells."""
        self._table, self._sight = None, ""
        self.show_lines(title, lines, note)

    def lay(self, title: str, table: Table, note: tuple[str, str] = ("", "muted")) -> None:
        """Show these cells."""
        if note[1] == "warn" and not self.framed:  # there is no edge to say it in
            table = table._replace(below=[*table.below, [Part(*note)]])
        before, self._table, self._words = self._table, table, (title, note)
        rows, columns = [key for key, _ in table.rows], [key for key, _ in table.columns]
        self.cursor = (_kept(self.cursor[0], rows), _kept(self.cursor[1], columns))
        if before is None or len(before.rows) != len(rows):
            self.refresh(layout=True)
        self._set()

    def want(self, key: Key) -> None:
        """Put the cursor on a cell."""
        self.cursor = key
        self._set()

    def _set(self) -> None:
        """Make the lines of what is held, around the cursor."""
        table = self._table
        if table is None:
            return
        cells, lines = self.room
        name = self._name_cells(table)
        many = max(1, (cells - name) // table.wide)
        high = max(1, lines - 1 - len(table.below))
        top, left = self._corner(table, high, many)
        rows, columns = table.rows[top : top + high], table.columns[left : left + many]
        self._first = (rows[0][0] if rows else "", columns[0][0] if columns else "")
        said = [f"{top + 1}-{top + len(rows)} of {len(table.rows)}"] * (len(rows) < len(table.rows))
        said += [f"columns {left + 1}-{left + len(columns)} of {len(table.columns)}"] * (len(columns) < len(table.columns))
        sight, self._sight = self._sight, ", ".join(said)
        heads = [Part(_set(title, table), self._head(key == self.cursor[1])) for key, title in columns]
        made = [[Part(" " * name), *heads]]
        for key, title in rows:
            mine = key == self.cursor[0]
            cells_made = [self._square(table, (key, column)) for column, _ in columns]
            made.append([Part(fit(f"{'▶' if mine else ' '}{title}", name), self._head(mine, "plain")), *cells_made])
        made += [[]] * (high - len(rows)) if table.below else []
        self.show_lines(self._words[0], [*made, *table.below], self._words[1])
        if sight != self._sight:
            self.refresh()

    def _head(self, mine: bool, tone: str = "muted") -> str:
        return "strong" if mine else tone

    def _square(self, table: Table, key: Key) -> Part:
        text, tone = table.squares.get(key, Square("", "faint"))
        laid = _set(text, table)
        if key != self.cursor:
            return Part(laid, tone)
        start = max(1, len(laid) - len(laid.lstrip()))
        marked = f"{laid[: start - 1]}▶{laid[start:]}"
        return Part(marked, f"{tone}{_UNDER}{int(Under.CURSOR_FOCUSED if self.has_focus else Under.CURSOR)}")

    def style_of(self, tone: str) -> Style:
        name, _, under = tone.partition(_UNDER)
        what = Under(int(under or 0))
        if name.startswith(HEAT):
            return self.tones.heat(int(name[len(HEAT) :]), what, self.away)
        return self.tones.style(name, what, self.away)

    def _name_cells(self, table: Table) -> int:
        return min(self.NAME, max((width(title) for _, title in table.rows), default=0)) + 1

    def _corner(self, table: Table, high: int, many: int) -> tuple[int, int]:
        """Indices of the first row and column in sight: as before, but the cursor is among them."""
        made = []
        for axis, shown, keys in ((0, high, table.rows), (1, many, table.columns)):
            names = [key for key, _ in keys]
            at = names.index(self.cursor[axis]) if self.cursor[axis] in names else 0
            first = names.index(self._first[axis]) if self._first[axis] in names else 0
            first = min(max(first, at - shown + 1), at)
            made.append(max(0, min(first, len(names) - shown)))
        return made[0], made[1]

    @property
    def out_of_sight(self) -> str:
        return self._sight

    # What a person does

    def action_move(self, down: int, right: int) -> None:
        table = self._table
        if table is None:
            return
        before = self.cursor
        rows, columns = [key for key, _ in table.rows], [key for key, _ in table.columns]
        self.cursor = (_stepped(self.cursor[0], rows, down), _stepped(self.cursor[1], columns, right))
        if self.cursor != before:
            self._set()
            self.flush()
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        table = self._table
        if table is None:
            return
        x, y = event.x - (2 if self.framed else 1) - self._name_cells(table), event.y - (2 if self.framed else 1)
        rows, columns = [key for key, _ in table.rows], [key for key, _ in table.columns]
        if self._first[0] not in rows or self._first[1] not in columns or x < 0 or y < 0:
            return
        row, column = rows.index(self._first[0]) + y, columns.index(self._first[1]) + x // table.wide
        if row < len(rows) and column < len(columns):
            self.cursor = (rows[row], columns[column])
            self._set()
            self.flush()
            self.post_message(self.Moved())

    @on(events.Focus)
    @on(events.Blur)
    @on(events.Resize)
    def _renew(self) -> None:
        self._shown = ()
        self._set()
        self.repaint()


def _set(text: str, table: Table) -> str:
    """A text in the cells of its column, a space before it."""
    return f" {fit(text, table.wide - 1, right=not table.left)}"


def _kept(key: str, keys: Sequence[str]) -> str:
    """The key where it is still one, else the first."""
    return key if key in keys else next(iter(keys), "")


def _stepped(key: str, keys: Sequence[str], by: int) -> str:
    """The key so many steps on, the last there is."""
    return keys[max(0, min(keys.index(key) + by, len(keys) - 1))] if key in keys else key
