"""The chart of equity or drawdown, of one strategy or of all: what is held, over which time, and what is drawn. It knows no widget."""

from __future__ import annotations

from typing import Any

from cockpit import figures
from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.curve import Point, Span, axis_cells, draw_drawdown, draw_equity, moment_at
from cockpit.panes.drawing import Edges
from cockpit.text import clean
from core.codes import DAY, MINUTE, SECOND

#: How far back, ns; 0 is as far as is known.
SPANS = (10 * MINUTE, 60 * MINUTE, 180 * MINUTE, 720 * MINUTE, DAY, 3 * DAY, 0)
_WORDS = ("10 min", "1 h", "3 h", "12 h", "1 d", "3 d", "all")

#: Points asked for: two for each cell of a wide screen.
COUNT = 480

EVERY = 1.0

#: Less is not drawn wider than this.
_LEAST = 30 * SECOND


class EquityView:
    """Equity with drawdown under it, or drawdown alone.

    Attributes:
        strategy: whose; '' all together.
        deep: drawdown alone.
    """

    def __init__(self, *, deep: bool) -> None:
        self.strategy = ""
        self.deep = deep
        self._span = 1
        self._points: list[Point] = []
        self._capital = 0.0
        self._version = 0
        self._due = 0.0
        self._note = ""
        self._cross: int | None = None
        self._cells = 1
        self._axis = 0

    def follow(self, strategy: str) -> None:
        """Show this strategy; '' all."""
        if strategy != self.strategy:
            self.strategy, self._points, self._note = strategy, [], ""
            self._ask_anew()

    def forget(self) -> None:
        """Hold nothing."""
        self._points, self._note = [], ""
        self._ask_anew()

    def _ask_anew(self) -> None:
        self._due, self._cross = 0.0, None
        self._version += 1

    # What it asks the engine

    def question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask now, monotonic seconds; None when nothing is due."""
        if now < self._due:
            return None
        self._due = now + EVERY
        span = SPANS[self._span]
        since = self._points[-1].ts - span if span and self._points else 0
        return "equity", {"strategy": self.strategy or None, "since_ns": max(0, since), "count": COUNT}

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        if (args["strategy"] or "") != self.strategy:
            return
        points = [Point(*row) for row in answer["samples"]]
        if points != self._points:
            self._points, self._capital = points, answer["capital"]
            self._version += 1
        self._note = ""

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        self._note = clean(why)
        self._version += 1

    # What a person does

    def resize(self, steps: int) -> bool:
        """Longer back, or shorter; whether that was possible."""
        before = self._span
        self.span = self._span + steps
        return self._span != before

    @property
    def span(self) -> int:
        """How far back it goes, its place in `SPANS`."""
        return self._span

    @span.setter
    def span(self, at: int) -> None:
        at = min(max(at, 0), len(SPANS) - 1)
        if at != self._span:
            self._span = at
            self._ask_anew()

    @property
    def crossed(self) -> bool:
        """Whether there is a crosshair."""
        return self._cross is not None

    def cross(self, steps: int) -> None:
        """Move the crosshair by so many cells, at first to the newest moment."""
        span = self._seen()
        if span.points:
            step = (span.end - span.start) // max(1, self._cells - 1)
            at = span.end if self._cross is None else self._cross + steps * step
            self._cross = min(max(at, span.start), span.end)

    def point(self, x: int) -> None:
        """Put the crosshair on the moment at a cell of the drawing."""
        span, at = self._seen(), x - self._axis
        if span.points and 0 <= at < self._cells:
            self._cross = moment_at(self._cells, span, at)

    def page(self, pages: int) -> None:
        """Move the crosshair by a quarter of what is in sight."""
        self.cross(min(max(pages, -4), 4) * max(1, self._cells // 4))

    def end(self) -> None:
        """To the newest moment."""
        if self._cross is not None and self._points:
            self._cross = self._points[-1].ts

    def leave(self) -> None:
        """Without the crosshair."""
        self._cross = None

    # What is shown

    def _seen(self) -> Span:
        points, span = self._points, SPANS[self._span]
        if not points:
            return Span((), 0, 1, self._capital)
        end = points[-1].ts
        start = end - span if span else points[0].ts
        seen = [point for point in points if point.ts >= start]
        return Span(seen, min(max(start, seen[0].ts), end - _LEAST), end, self._capital)

    def state(self) -> tuple[Any, ...]:
        return (self.strategy, self._version, self._span, self._cross)

    def draw(self, canvas: Canvas) -> None:
        span = self._seen()
        if not span.points:
            none = f"{clean(self.strategy)} has no equity yet" if self.strategy else "No strategy has equity yet"
            lines = [self._note] if self._note else [f"{none}.", "It is noted every second once a strategy runs: press r to register one."]
            for y, line in enumerate(lines):
                canvas.put(1, y, narrow(line, canvas.cells - 1), "muted")
            return
        self._axis = axis_cells(span.points)
        self._cells = canvas.cells - self._axis
        (draw_drawdown if self.deep else draw_equity)(canvas, span, self._cross)

    def edges(self, cells: int) -> Edges:
        whose = f"of {clean(self.strategy)}" if self.strategy else "of all strategies"
        title = f"{'Drawdown' if self.deep else 'Equity'} {whose}, {_WORDS[self._span]}", "strong"
        if not self._points:
            return Edges(title)
        last, at = self._points[-1], self._cross
        worst = max(point.drawdown for point in self._points)
        quote = (f"{last.drawdown:.2f} % now, worst {worst:.2f} %", "down" if last.drawdown else "plain") if self.deep else self._gain(last)
        if at is None:
            return Edges(title, quote)
        point = next((point for point in reversed(self._points) if point.ts <= at), self._points[0])
        words = (
            figures.moment(point.ts, last.ts),
            f"equity {figures.number(point.equity)}",
            f"P&L {figures.signed(point.equity - self._capital)}",
            f"realised {figures.signed(point.realised)}",
            f"dd {point.drawdown:.2f} %",
        )
        return Edges(title, quote, ("  ".join(words), "plain"))

    def _gain(self, point: Point) -> tuple[str, str]:
        gain = point.equity - self._capital
        share = f" ({figures.signed(100 * gain / self._capital)} %)" if self._capital else ""
        arrow, tone = ("▲", "up") if gain > 0 else ("▼", "down") if gain < 0 else ("·", "plain")
        return f"{figures.number(point.equity)} {arrow} {figures.signed(gain)}{share}", tone
