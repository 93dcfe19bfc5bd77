"""Pane 8 of the system screen: the end of the engine's log, read from its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.log import log_path

#: So much of the file's end is read, when it has changed, at most this often.
BYTES = 1 << 16
LOOK_S = 1.0
LINES = 200

_TONES = {"error": "bad", "critical": "bad", "warning": "warn", "debug": "muted"}


class LogPane(LiveGrid):
    """One line a line, newest first; enter reads all of it."""

    NUMBER = 8
    TITLE = "Log"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=8),
        Column("level", least=4, most=7),
        Column("event", least=10, most=300, grow=True),
    )

    def __init__(self, home: Path, *, id: str) -> None:
        super().__init__(id=id)
        self._path = log_path(home)
        self._looked = float("-inf")
        self._seen: tuple[int, int] | None = None
        self._held: list[dict[str, Any]] = []
        self._rows: list[Row] = []

    def paint(self, now: float) -> None:
        """Show the end of the file."""
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._read()
        self.show(self._rows, now, note=self._path.name if self._rows else "", empty=("The log is empty.",))
        self.beat(now)

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The line under the cursor, by field."""
        key = self.listing.cursor_key
        return next((line for at, line in enumerate(self._held) if _key(line, at) == key), None)

    def _read(self) -> None:
        try:
            found = os.stat(self._path)
            if (found.st_ino, found.st_size) == self._seen:
                return
            self._seen = (found.st_ino, found.st_size)
            with self._path.open("rb") as file:
                file.seek(max(found.st_size - BYTES, 0))
                tail = file.read(BYTES)
        except OSError:
            self._seen, self._held, self._rows = None, [], []
            return
        whole = tail if found.st_size <= BYTES else tail.partition(b"\n")[2]
        self._held = [line for text in whole.splitlines()[-LINES:] if (line := _decoded(text)) is not None]
        self._rows = [log_row(line, _key(line, at)) for at, line in enumerate(self._held)][::-1]


def _decoded(text: bytes) -> dict[str, Any] | None:
    try:
        line = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return line if isinstance(line, dict) else None


def _key(line: dict[str, Any], at: int) -> str:
    return f"{line.get('ts')}:{line.get('event')}:{at if 'ts' not in line else ''}"


def log_row(line: dict[str, Any], key: str) -> Row:
    """One line: what happened, then its fields; the first line of a traceback stands for it."""
    level = str(line.get("level", ""))
    tone = _TONES.get(level, "plain")
    fields = "  ".join(f"{name}={value}" for name, value in line.items() if name not in ("ts", "level", "event", "exception"))
    said = str(line.get("exception", "")).strip().rpartition("\n")[2]
    text = "  ".join(part for part in (str(line.get("event", "")), fields, said) if part)
    return Row(key, (Cell(clean(str(line.get("ts", "")))[11:19], "muted"), Cell(clean(level), tone), Cell(clean(text), tone)))


def log_lines(line: dict[str, Any]) -> list[str]:
    """A line in full, a field a line."""
    lines: list[str] = []
    for name, value in line.items():
        first, *rest = str(value).splitlines() or [""]
        lines += [f"  {clean(str(name)):<12} {clean(first)}", *(f"  {'':<12} {clean(more)}" for more in rest)]
    return lines
