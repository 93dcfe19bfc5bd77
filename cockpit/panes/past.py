"""Pane 3 of the copilot screen: advice that is over, what was done about it, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from cockpit import figures
from cockpit.panes.advice import right
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.evidence import OUTCOMES
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean


class PastPane(LiveGrid):
    """One line each, newest first."""

    NUMBER = 3
    TITLE = "Past"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("since", least=8, most=14),
        Column("", least=1, most=1),
        Column("what came of it", least=16, most=44),
        Column("advice", least=20, grow=True),
        Column("done", least=4, most=10, drop=2),
        Column("rule right", "right", most=10, drop=1, means="how often advice of this rule was right, of those that were judged"),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: dict[str, dict[str, Any]] = {}

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Keep the engine's rows."""
        self._held = {str(row["id"]): row for row in rows}

    def paint(self, rules: list[dict[str, Any]], now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`; `rules` say how often each was right."""
        judged = sum(rule["judged"] for rule in rules)
        hits = sum(round(rule["hit_rate"] * rule["judged"]) for rule in rules if rule["judged"])
        note = f"right {hits:,} of {judged:,}" if judged else "not judged yet" if self._held else ""
        rows = [past_row(row, now_ns) for row in self._held.values()]
        self.show(rows, now, note=note, empty=("Nothing is over yet. Advice that is comes here, with whether it was right.",))
        self.beat(now)

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The advice under the cursor."""
        return self._held.get(self.listing.cursor_key)


def past_row(row: dict[str, Any], now_ns: int) -> Row:
    """One line."""
    word, tone = OUTCOMES.get(row["outcome"], ("…", "faint"))
    left = f"judged in {figures.age(max(0.0, (row['due_ns'] - now_ns) / 1e9))}" if row["due_ns"] else "not judged"
    return Row(
        str(row["id"]),
        (
            Cell(figures.moment(row["since_ns"], now_ns), "muted"),
            Cell(word[0], tone),
            Cell(clean(row["told"]) or left, "plain" if row["outcome"] in ("hit", "miss") else "muted"),
            Cell(clean(row["text"]), "muted"),
            Cell(clean(row["acted"].replace("_", " ")) or ("dismissed" if row["dismissed"] else ""), "muted"),
            Cell(right(row), "muted"),
        ),
    )
