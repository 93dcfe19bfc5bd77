"""Pane 4 of the system screen: how long each stage took, from the socket to the disk, in the last minute."""

from __future__ import annotations

import math

from cockpit import figures
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.text import clean, fit
from core.system_view import StageRow

#: Stage -> what lies between its beginning and its end.
STAGES = {
    "parsed": "read to parsed",
    "sequenced": "to sequenced",
    "target": "to strategy",
    "fill": "to fill",
    "on_disk": "to disk",
    "alert": "to alert",
}

#: A batch is waited for, or a disk: these may take longer than a millisecond.
SLOWER = ("on_disk", "alert")

#: The bar's ends, µs: it is logarithmic, and full at a second.
SHORTEST, LONGEST = 10.0, 1e6

#: Cells of a figure: milliseconds to the microsecond, so that they line up on the point.
_FIGURE = 11


class LatencyPane(Facts, can_focus=True):
    """A line a stage, with a bar up to its p99."""

    NUMBER = 4
    TITLE = "Latency"

    def paint(self, stages: list[StageRow]) -> None:
        """Show the stages."""
        self.show_lines(f"{self.NUMBER} {self.TITLE}", latency_lines(stages, self.room[0]), ("of the last minute", "muted"))


def latency_lines(stages: list[StageRow], cells: int) -> list[list[Part]]:
    """A title, the stages in their order, and what the bars mean."""
    known = {stage.name: stage for stage in stages}
    rows = [known[name] for name in STAGES if name in known] + [stage for stage in stages if stage.name not in STAGES]
    if not any(row.count for row in rows):
        return [[Part("No tick has come in the last minute.", "muted")], [Part("From then on: socket to disk, stage by stage.", "muted")]]
    bars = max(0, min(24, cells - 14 - 3 * _FIGURE - 9))
    titles = "".join(f"{title:>{_FIGURE}}" for title in ("p50 ms", "p99 ms", "max ms"))
    lines = [[Part(f"{'from receiving':<14}{titles}{'count':>8}", "muted")]]
    for row in rows:
        slow = row.name not in SLOWER and row.p99_us is not None and row.p99_us > 1000
        parts = [Part(fit(STAGES.get(row.name, clean(row.name)), 14))]
        for figure, tone in ((row.p50_us, "plain"), (row.p99_us, "warn" if slow else "strong"), (row.max_us, "muted")):
            parts.append(Part(f"{figures.number(None if figure is None else figure / 1e3, 3):>{_FIGURE}}", tone))
        parts.append(Part(f"{figures.short(row.count) if row.count >= 10_000 else f'{row.count:,}':>8}", "muted"))
        if bars >= 6:
            parts += [Part(" "), Part(figures.bar(share(row.p99_us), bars), "warn" if slow else "up")]
        lines.append(parts)
    if bars >= 6:
        lines.append([Part(fit("", 14 + 3 * _FIGURE + 9) + fit("10 µs", bars - 3) + "1 s", "faint")])
    return lines


def share(us: float | None) -> float:
    """How much of the bar a duration fills."""
    if not us:
        return 0.0
    return min(1.0, max(0.02, math.log(us / SHORTEST) / math.log(LONGEST / SHORTEST)))
