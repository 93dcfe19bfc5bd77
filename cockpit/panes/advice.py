"""Pane 1 of the copilot screen: what it says now, the most urgent first; without advice, what it watches."""

from __future__ import annotations

import textwrap
from typing import Any, ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean, width

#: Urgency -> its mark and word, the tone of these, and of the text.
URGENCIES = {"now": ("✖ now", "bad", "strong"), "soon": ("! soon", "warn", "plain"), "note": ("· note", "muted", "plain")}

#: The column of what changed.
_TEXT = 2


class AdvicePane(LiveGrid):
    """One line a rule and subject."""

    NUMBER = 1
    TITLE = "Advice"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", least=6, most=6),
        Column("for", "right", least=6, most=7),
        Column("what changed", least=58, grow=True),
        Column("do", least=2, most=11, drop=1, means="the letters that do something about it; enter shows what each of them does"),
        Column("right", "right", least=5, most=9, drop=2, means="how often advice of this rule was right, of those that were judged"),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: dict[str, dict[str, Any]] = {}

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Keep the engine's rows."""
        self._held = {str(row["id"]): row for row in rows}

    def paint(self, answer: dict[str, Any], now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        rows = [advice_row(row, now_ns) for row in self._held.values()]
        urgent = sum(row["urgency"] == "now" for row in self._held.values())
        muted = len(answer["mutes"])
        parts = [
            f"{urgent} now" if urgent else "",
            f"{answer['dismissed']} dismissed" if answer["dismissed"] else "",
            f"{muted} muted" if muted else "",
        ]
        cells, lines = self.size.width - 6, self.size.height - 3
        note = " · ".join(part for part in parts if part)
        self.show(rows, now, rest=self._in_full(), note=note, empty=tuple(watching(answer, cells, lines)))
        self.beat(now)

    def _in_full(self) -> Row | None:
        """What is said of the row under the cursor, where its own line has no room for it."""
        text = clean(self.chosen["text"]) if self.chosen is not None else ""
        room = next((at.width for at in self._places if at.column == _TEXT), 0)
        return Row("in full", tuple(Cell("") for _ in self.COLUMNS), span=(0, Cell(text, "muted"))) if width(text) > room > 0 else None

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The advice under the cursor."""
        return self._held.get(self.listing.cursor_key)


def advice_row(row: dict[str, Any], now_ns: int) -> Row:
    """One line; what was done about it stands in the place of what could be."""
    word, tone, text_tone = URGENCIES.get(row["urgency"], ("", "plain", "plain"))
    letters = f"✓ {row['acted'].replace('_', ' ')}" if row["acted"] else " ".join(action["key"] for action in row["actions"])
    return Row(
        str(row["id"]),
        (
            Cell(word, tone),
            Cell(figures.age(max(0.0, (now_ns - row["since_ns"]) / 1e9)), "muted"),
            Cell(clean(row["text"]), text_tone),
            Cell(clean(letters), "muted" if row["acted"] else "key"),
            Cell(right(row), "muted"),
        ),
    )


def right(row: dict[str, Any]) -> str:
    """`3 of 4`; a dash where nothing was judged yet."""
    return f"{round(row['hit_rate'] * row['judged'])} of {row['judged']:,}" if row["judged"] else figures.NONE


def watching(answer: dict[str, Any], cells: int, lines: int) -> list[str]:
    """That all is well, and what is watched: a line each where there is room."""
    if not answer["looked_ns"]:
        return ["The copilot has just begun to look."]
    head = ["All is well: nothing to advise.", ""]
    rules = [f"{clean(rule['rule']):<15} {clean(rule['about'])}" for rule in answer["rules"]]
    if len(rules) + 3 <= lines:
        return [*head, "It looks every two seconds, for:", *rules]
    names = ", ".join(clean(rule["rule"]) for rule in answer["rules"])
    return [*head, *textwrap.wrap(f"It looks every two seconds, for: {names}.", max(20, cells))]
