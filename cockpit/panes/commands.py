"""Pane 6 of the system screen: everything the engine was told, by whom, and what it refused."""

from __future__ import annotations

from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.system_view import CommandRow

#: What the engine does by itself is quiet, unless something went wrong.
_TONES = {"failed": "bad", "edited": "warn"}


class CommandsPane(LiveGrid):
    """One line a command, newest first."""

    NUMBER = 6
    TITLE = "Commands"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=14),
        Column("by", least=3, most=6),
        Column("command", least=6, most=10),
        Column("about", least=10, most=200, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: list[CommandRow] = []

    def take(self, commands: list[CommandRow]) -> None:
        """Keep the engine's rows."""
        self._held = commands

    def paint(self, now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        refused = sum(bool(row.refused) for row in self._held)
        note = f"{len(self._held)} newest" + (f", {refused} refused" if refused else "") if self._held else ""
        rows = [command_row(row, now_ns, str(at)) for at, row in zip(range(len(self._held), 0, -1), self._held, strict=True)]
        self.show(rows, now, note=note, empty=("Nothing was told yet.",))
        self.beat(now)


def command_row(row: CommandRow, now_ns: int, key: str) -> Row:
    """One line; a refusal says why."""
    tone = "warn" if row.refused else _TONES.get(row.kind, "muted" if row.actor == "engine" else "plain")
    subject = clean(row.subject)
    return Row(
        key,
        (
            Cell(figures.moment(row.ts_ns, now_ns), "muted"),
            Cell(clean(row.actor), "muted"),
            Cell(clean(row.kind), tone),
            Cell(f"{subject}: refused: {clean(row.refused)}" if row.refused else subject, tone),
        ),
    )
