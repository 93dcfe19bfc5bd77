"""Which rows a grid shows, in what order, and which one is chosen: filter, sort, cursor and scrolling, without a screen."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.figures import NONE
from cockpit.panes.columns import Row

#: A sorted grid is put in order this often, not on every change: rows that keep jumping cannot be read.
RESORT = 2.0


class Listing:
    """Rows as given, narrowed by a text, put in order by a column, with a cursor that stays on its row.

    Attributes:
        shown: the rows that match, in order.
        cursor_key: the chosen row's key; '' when there is none.
        top: index of the first row in sight.
        lines: rows that fit.
        sort: column and whether largest first; None as given.
        needle: rows without this text in a cell are hidden.
    """

    def __init__(self, *, follows: bool = False) -> None:
        self.shown: list[Row] = []
        self.cursor_key = ""
        self.top = 0
        self.lines = 1
        self.sort: tuple[int, bool] | None = None
        self.needle = ""
        self._follows = follows
        self._rows: Sequence[Row] = ()
        self._order: dict[str, int] = {}
        self._sorted_at = 0.0
        self._wanted = ""

    def want(self, key: str) -> None:
        """Put the cursor on this row, as soon as there is one."""
        self._wanted = key
        self._keep(self.cursor)

    def take(self, rows: Sequence[Row], now: float) -> None:
        """Show these rows; `now` is monotonic seconds."""
        self._rows = rows
        cursor, before = self.cursor, self.shown
        self._arrange(now)
        self._keep(cursor, before)

    def seek(self, needle: str) -> None:
        """Show only rows with a cell that contains this text."""
        self.needle = needle.casefold()
        self._arrange(self._sorted_at)
        self._keep(0)

    def sort_by(self, index: int | None) -> None:
        """Sort by a column: figures largest first, texts from A; None as given."""
        self.sort = None
        if index is not None:
            self.sort = (index, any(row.cells[index].value is not None for row in self._rows if index < len(row.cells)))
        self._reorder()

    def flip(self) -> None:
        """Turn the order round."""
        if self.sort is not None:
            self.sort = (self.sort[0], not self.sort[1])
            self._reorder()

    @property
    def cursor(self) -> int:
        """The index of the chosen row among those shown; 0 when there is none."""
        return next((index for index, row in enumerate(self.shown) if row.key == self.cursor_key), 0)

    def choose(self, index: int) -> bool:
        """Put the cursor on a row, the nearest there is; whether it moved. What was wanted before is so no more."""
        self._wanted = ""
        if not self.shown:
            return False
        before = self.cursor_key
        self.cursor_key = self.shown[max(0, min(index, len(self.shown) - 1))].key
        self.scroll()
        return self.cursor_key != before

    def scroll(self) -> bool:
        """Bring the cursor in sight; whether the rows in sight moved."""
        before, lines = self.top, max(1, self.lines)
        cursor = self.cursor
        self.top = min(max(self.top, cursor - lines + 1), cursor)
        self.top = max(0, min(self.top, len(self.shown) - lines))
        return self.top != before

    @property
    def narrowed(self) -> str:
        """What a filter leaves of the rows: `/btc: 1 of 5`; '' without one."""
        return f"/{self.needle}: {len(self.shown)} of {len(self._rows)}" if self.needle else ""

    @property
    def told(self) -> tuple[str, str]:
        """What is to be said of rows out of sight: of those a filter hides, and of those above and below: `11-20 of 50`."""
        shown = len(self.shown)
        return self.narrowed, f"{self.top + 1}-{self.top + self.lines} of {shown}" if shown > self.lines > 0 else ""

    @property
    def in_sight(self) -> list[Row]:
        """The rows that fit, from the top one on."""
        return self.shown[self.top : self.top + max(0, self.lines)]

    def _reorder(self) -> None:
        self._order.clear()
        self._arrange(self._sorted_at)
        self._keep(self.cursor)

    def _arrange(self, now: float) -> None:
        rows = [row for row in self._rows if self._matches(row)] if self.needle else list(self._rows)
        if self.sort is not None:
            if now - self._sorted_at >= RESORT or any(row.key not in self._order for row in rows):
                self._sorted_at = now
                self._order = {row.key: rank for rank, row in enumerate(_ranked(rows, *self.sort))}
            rows.sort(key=lambda row: self._order[row.key])
        self.shown = rows

    def _matches(self, row: Row) -> bool:
        cells = row.cells if row.span is None else (*row.cells, row.span[1])
        return any(self.needle in cell.text.casefold() for cell in cells)

    def _keep(self, index: int, before: Sequence[Row] = ()) -> None:
        """After a change of rows: stay on the chosen one, else near its place; in a log, from the newest go on to a newer one."""
        keys = [row.key for row in self.shown]
        if not keys:
            self.cursor_key = ""
        elif self._wanted in keys:
            self.cursor_key, self._wanted = self._wanted, ""
        elif self.cursor_key not in keys:
            self.cursor_key = keys[min(index, len(keys) - 1)]
        elif self._follows and index == 0 and keys[0] not in (self.cursor_key, *(row.key for row in before)):
            self.cursor_key = keys[0]
        self.scroll()


def _ranked(rows: list[Row], index: int, descending: bool) -> list[Row]:
    """By a column's figures, else its texts; what is not known comes last either way."""

    def worth(row: Row) -> tuple[float, str]:
        cell = row.cells[index]
        return (cell.value, "") if cell.value is not None else (0.0, cell.text)

    known: list[Row] = []
    unknown: list[Row] = []
    for row in rows:
        there = index < len(row.cells) and (row.cells[index].value is not None or row.cells[index].text not in ("", NONE))
        (known if there else unknown).append(row)
    return sorted(known, key=worth, reverse=descending) + unknown
