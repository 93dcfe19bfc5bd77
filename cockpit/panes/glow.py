"""Which cells changed lately, and how brightly each still shows it: full for half a second, faint for another."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.panes.columns import Cell

#: Seconds of each of the two steps.
STEP = 0.5

_STEPS = 2


class Glow:
    """The highlights of one grid, by row key and column."""

    def __init__(self) -> None:
        self._lit: dict[str, dict[int, tuple[float, int, int]]] = {}

    def light(self, key: str, column: int, was: Cell, cell: Cell, now: float) -> None:
        """A cell changed: up and down are told by its figure, anything else has no direction."""
        direction = 0
        if was.value is not None and cell.value is not None:
            direction = (cell.value > was.value) - (cell.value < was.value)
        self._lit.setdefault(key, {})[column] = (now, direction, _STEPS)

    def fade(self, now: float) -> Mapping[str, set[int]]:
        """Let time pass; the columns that look different by now, by row key."""
        faded: dict[str, set[int]] = {}
        for key, columns in list(self._lit.items()):
            for column, (since, direction, level) in list(columns.items()):
                left = _STEPS - int((now - since) / STEP)
                if left == level:
                    continue
                faded.setdefault(key, set()).add(column)
                if left > 0:
                    columns[column] = (since, direction, left)
                else:
                    del columns[column]
            if not columns:
                del self._lit[key]
        return faded

    def of(self, key: str) -> Mapping[int, tuple[int, int]]:
        """(brightness 2 or 1, direction) of a row's lit columns."""
        return {column: (level, direction) for column, (_, direction, level) in self._lit.get(key, {}).items()}
