"""Pane 3 of the lab while the cursor is on a study: a map of two of its parameters, on which a plateau is told from a lone peak."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from cockpit.panes.facts import Facts
from cockpit.panes.heat import draw_bars, draw_plane, grouping, legend, plane_of
from cockpit.panes.line import Part
from cockpit.panes.prices import bare
from cockpit.study import StudyReport, ranked_name, unit_of
from cockpit.text import clean
from core.study_view import StudyDetail, StudyRow


class MapPane(Facts, can_focus=True):
    """The figure a study is ranked by, over two parameters.

    Attributes:
        turn: which pair of parameters is drawn, counted through.
    """

    NUMBER = 3
    TITLE = "Map"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.turn = 0
        self._drawn: tuple[object, ...] = ()

    def paint(self, row: StudyRow | None, report: StudyReport | None, chosen: dict[str, Any] | None, word: str = "") -> None:
        """Show a study's map; `chosen` is the trial under the cursor, `word` says why there is none."""
        which = chosen and (chosen.get("strategy"), chosen.get("symbol"), *chosen.get("params", {}).items())
        drawn = (row and row.id, report and report.id, which, word, self.turn, self.room)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        head = f"{self.NUMBER} {self.TITLE}"
        if row is None or report is None or report.detail is None:
            elsewhere = "A study of the command line leaves its best rows here, and no map." if report is not None and report.rows else ""
            why = elsewhere or word or ("The map is not on disk any more." if row is not None and row.state == "done" else "")
            self.show_lines(head, [[Part(why or "Two parameters of the study are drawn here.", "muted")]])
            return
        about = chosen or (report.ranking[0] if report.ranking else {})
        strategy, symbol = str(about.get("strategy", "")), str(about.get("symbol", ""))
        axes = [axis for axis in report.detail.axes.get(strategy, []) if len(axis[1]) > 1]
        all_axes = report.detail.axes.get(strategy, [])
        kept = [k for k, axis in enumerate(all_axes) if len(axis[1]) > 1]
        points = [[*(point[k] for k in kept), point[-1]] for point in points_of(report.detail, strategy, symbol)]
        title, lines = self._drawing(report, axes, points, (chosen or {}).get("params"))
        unit = unit_of(report.rank_by, row.symbol)
        words = [strategy] * (len(report.detail.axes) > 1) + [f"on {bare(symbol)}"] * (len(report.detail.symbols) > 1)
        name = f"{clean(' '.join(words))}: " if words else ""
        title, hint = f"{name}{ranked_name(report.rank_by)}{f' ({unit})' if unit else ''} {title}".rstrip(), self._hint(axes)
        if not self.framed:
            lines = [[Part(title, "strong"), Part(f"   {hint[0]}", hint[1])], *lines]
        self.show_lines(f"{head}: {title}", lines, hint)

    def _drawing(
        self, report: StudyReport, axes: list[tuple[str, list[Any]]], points: list[list[float | None]], here: dict[str, Any] | None
    ) -> tuple[str, list[list[Part]]]:
        cells, lines = self.room[0], self.room[1] - (not self.framed)
        by = report.rank_by
        if not axes or not points:
            return "", [[Part("A map needs a parameter with several values: s, then 5:50:5 for one of them.", "muted")]]
        if len(axes) == 1:
            return f"by {clean(axes[0][0])}", draw_bars(axes[0], points, cells, by)
        pairs = self.pairs(axes)
        pair = pairs[self.turn % len(pairs)]
        plane = plane_of(axes, points, pair, here, full=report.order.method == "grid" and report.order.trials is None)
        meant, together = legend(plane, by), (1, 1)
        if grouping(plane, cells, lines - len(meant)) != together:
            together = grouping(plane, cells, lines - len(legend(plane, by, (2, 2))))
            meant = legend(plane, by, together)
        return f"by {clean(plane.x[0])} → and {clean(plane.y[0])} ↑", [*draw_plane(plane, cells, lines - len(meant), by), *meant]

    def _hint(self, axes: list[tuple[str, list[Any]]]) -> tuple[str, str]:
        return ("v: other axes", "muted") if len(axes) > 2 else ("", "muted")

    @staticmethod
    def pairs(axes: list[tuple[str, list[Any]]]) -> list[tuple[int, int]]:
        """The pairs of axes in the order they are gone through."""
        return list(combinations(range(len(axes)), 2))

    def repaint(self) -> None:
        self._drawn = ()
        super().repaint()


def points_of(detail: StudyDetail, strategy: str, symbol: str) -> list[list[float | None]]:
    """The trials of a strategy on one symbol."""
    points = detail.points.get(strategy, [])
    if len(detail.symbols) < 2 or symbol not in detail.symbols:
        return points
    number = detail.symbols.index(symbol)
    return [point for point, on in zip(points, detail.on.get(strategy, []), strict=False) if on == number]
