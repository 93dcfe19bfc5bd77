"""A live grid: fixed columns, rows compared with what is painted, and only the cells that changed painted again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from cockpit.paint import Stroke
from cockpit.panes.columns import Column, Extents, Place, Row, place
from cockpit.panes.glow import Glow
from cockpit.panes.listing import Listing
from cockpit.panes.toned import Toned
from cockpit.panes.typeset import Frame, Look, Runs, set_framed, set_row, set_titles, style_cell
from cockpit.text import fit, wrapped
from cockpit.tones import Under


class LiveGrid(Toned, can_focus=True):
    """One pane's rows. Subclasses say their columns and turn view rows into `Row`s.

    Attributes:
        framed, alarm: whether it draws a frame with its title, red where real money is at stake.
        away: the engine is gone: all rows are dim.
        listing: which rows are shown, and the cursor.
        beside: what stands beside the title.
    """

    NUMBER: ClassVar[int] = 0
    TITLE: ClassVar[str] = ""
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    #: A log: newest first, in that order only, and the cursor on the newest row stays on the newest row.
    LOG: ClassVar[bool] = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-100000)", show=False),
        Binding("end", "move(100000)", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.columns = self.COLUMNS
        self.framed, self.alarm, self.away = True, False, False
        self.listing = Listing(follows=self.LOG)
        self._extents = Extents(self.columns)
        self._places: list[Place] = []
        self._rest: Row | None = None
        self._painted: dict[int, Row] = {}
        self._strips: dict[int, Strip] = {}
        self._glow = Glow()
        self._empty: tuple[str, ...] = ()
        self.beside, self._count = "", 0

    def set_state(self, *, alarm: bool, away: bool) -> None:
        """Say whether real money is at stake, and whether the engine is gone."""
        if (alarm, away) != (self.alarm, self.away):
            self.alarm, self.away = alarm, away
            self.repaint()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(self._count, 3, len(wrapped(self._empty, width - 5))) + self._head + self.framed + (self._rest is not None)

    def set_columns(self, columns: tuple[Column, ...]) -> None:
        """Rows of another kind come; those there were are gone."""
        self.columns, self._extents = columns, Extents(columns)
        self.listing.take((), 0.0)

    def show(self, rows: Sequence[Row], now: float, *, rest: Row | None = None, note: str = "", empty: tuple[str, ...] = ()) -> None:
        """Take new rows; `now` is monotonic seconds, `rest` a last line of totals, `empty` what to say when there are none."""
        grew = False
        for row in rows if rest is None else (*rows, rest):
            grew |= self._extents.admit(row.cells, row.span[0] if row.span else len(row.cells))
        anew = grew or note != self.beside or empty != self._empty or (rest is None) != (self._rest is None)
        self._rest, self.beside, self._empty = rest, note, empty
        top, key, foot = self.listing.top, self.listing.cursor_key, self.listing.told
        self.listing.take(rows, now)
        if self._count != len(rows):
            self._count = len(rows)
            self.refresh(layout=True)
        if anew or (self.listing.top, self.listing.cursor_key, self.listing.told) != (top, key, foot):
            self.repaint()
        else:
            self._paint_changes(now)

    def beat(self, now: float) -> None:
        """Let highlights fade."""
        if faded := self._glow.fade(now):
            self.put([stroke for y, row in self._painted.items() if row.key in faded for stroke in self._strokes(y, row, faded[row.key])])

    # What a person does

    def seek(self, needle: str) -> None:
        """Show only rows that contain this text."""
        self.listing.seek(needle)
        self.repaint()

    def cycle_sort(self) -> str:
        """Sort by the next column, after the last one as given; the column's title, or ''."""
        titled = [at.column for at in self._places if self.columns[at.column].title and not self.columns[at.column].grow]
        sort = self.listing.sort
        following = [index for index in titled if sort is None or index > sort[0]]
        self.listing.sort_by(following[0] if following and not self.LOG else None)
        self.repaint()
        return self.columns[following[0]].title if self.listing.sort else ""

    def flip_sort(self) -> None:
        """Turn the order round."""
        self.listing.flip()
        self.repaint()

    def choose(self, index: int) -> None:
        """Put the cursor on a row."""
        top, before = self.listing.top, self.listing.cursor_key
        if not self.listing.choose(index):
            return
        if self.listing.top != top:
            self.repaint()
        else:
            touched = [y for y, row in self._painted.items() if row.key in (before, self.listing.cursor_key)]
            for y in touched:
                self._strips.pop(y, None)
            self.put([stroke for y in touched for stroke in self.line_strokes(y)])
            self.flush()
        self.post_message(self.Moved())

    def action_move(self, steps: int) -> None:
        self.choose(self.listing.cursor + steps)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.listing.lines - 1))

    def on_click(self, event: events.Click) -> None:
        if 0 <= (line := event.y - self._head) < len(self.listing.in_sight):
            self.choose(self.listing.top + line)

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def _scroll(self, event: events.MouseEvent) -> None:
        self.action_move(3 if isinstance(event, events.MouseScrollDown) else -3)

    @on(events.Focus)
    @on(events.Blur)
    @on(events.Resize)
    def _renew(self) -> None:
        self.repaint()

    # Painting

    @property
    def _head(self) -> int:
        return 2 if self.framed else 1

    def repaint(self) -> None:
        self.listing.lines = self.size.height - self._head - (1 if self.framed else 0) - (1 if self._rest is not None else 0)
        self.listing.scroll()
        inside = max(0, self.size.width - (4 if self.framed else 2))
        self._places = place(self.columns, self._extents, inside)
        self._strips.clear()
        self._painted = dict(self._lines())
        self.refresh()

    def _lines(self) -> Iterable[tuple[int, Row]]:
        """The rows in sight by their lines."""
        seen = self.listing.in_sight
        yield from enumerate(seen, self._head)
        if self._rest is not None and seen:
            yield self._head + len(seen), self._rest

    def _paint_changes(self, now: float) -> None:
        strokes: list[Stroke] = []
        before, self._painted = self._painted, dict(self._lines())
        for y in before.keys() | self._painted.keys():
            old, row = before.get(y), self._painted.get(y)
            if old is row:
                continue
            if old is None or row is None or (old.key, old.stale, old.span) != (row.key, row.stale, row.span):
                self._strips.pop(y, None)
                strokes += self.line_strokes(y)
            elif changed := {index for index, cell in enumerate(row.cells) if not cell.looks_like(old.cells[index])}:
                for index in changed:
                    if self.columns[index].flash and old.cells[index].text != row.cells[index].text:
                        self._glow.light(row.key, index, old.cells[index], row.cells[index], now)
                strokes += self._strokes(y, row, changed)
        self.put(strokes)

    def _strokes(self, y: int, row: Row, columns: set[int]) -> list[Stroke]:
        """Some cells of a row; the line as a whole is made again when Textual asks for it."""
        self._strips.pop(y, None)
        if row.span is not None and max(columns) >= row.span[0]:
            return self.line_strokes(y)
        left, look = 2 if self.framed else 1, self._look(row)
        return [Stroke(left + at.x, y, *style_cell(row, at, self.columns, self.tones, look)) for at in self._places if at.column in columns]

    def _look(self, row: Row) -> Look:
        under = Under.NOTHING
        if row.key == self.listing.cursor_key:
            under = Under.CURSOR_FOCUSED if self.has_focus else Under.CURSOR
        return Look(under, self.away, self._glow.of(row.key))

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            runs = Runs()
            self._set_line(runs, y, self.size.width)
            strip = Strip(runs.segments(), runs.cells).adjust_cell_length(self.size.width, self.tones.style("plain"))
            self._strips[y] = strip
        return strip

    def _set_line(self, runs: Runs, y: int, cells: int) -> None:
        if not self.framed:
            self._set_inside(runs, y, cells - 1)
            return
        narrowed, seen = self.listing.told
        frame = Frame(
            (f"{self.NUMBER} {self.TITLE}", "strong" if self.has_focus else "plain"),
            (self.beside, "muted"),
            (narrowed, "warn"),
            (seen, "muted"),
            "edge-live" if self.alarm else "edge-focus" if self.has_focus else "edge",
        )
        set_framed(runs, frame, y, self.size.height, cells, self.tones, lambda room: self._set_inside(runs, y, room))

    def _set_inside(self, runs: Runs, y: int, cells: int) -> None:
        """One line between the edges: a cell for the cursor's mark, then the columns."""
        room = max(0, cells - 1)
        row = self._painted.get(y)
        if y == self._head - 1 and self.listing.shown:
            runs.add(" ", self.tones.style("plain"))
            set_titles(runs, self.columns, self._places, room, self.tones, self.listing.sort)
        elif row is not None:
            look = self._look(row)
            runs.add("▶" if look.under else " ", self.tones.style("strong" if self.has_focus else "faint", look.under))
            set_row(runs, row, self.columns, self._places, room, self.tones, look)
        elif not self.listing.shown and y >= self._head:
            nothing = (f"Nothing here contains “{needle}”: esc shows all again.",) if (needle := self.listing.needle) else self._empty
            lines = wrapped(nothing, room - 1)
            if y - self._head < len(lines):
                runs.add(fit(" " + lines[y - self._head], room), self.tones.style("muted"))
