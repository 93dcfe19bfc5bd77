"""The equity curve of a run in a bounded number of points, taken while it runs: nobody knows beforehand how long a source is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.types import Records

#: A curve has at most so many points.
MOST = 1000


class Point(NamedTuple):
    """Equity after the tick at `ts` (ns UTC), and the deepest fall below the peak of marked equity seen since the point before: in quote
    currency, and in percent of the peak (the two may be of different falls)."""

    ts: int
    equity: float
    drawdown: float
    underwater: float = 0.0


class Curve:
    """Cuts batches into pieces so that a point can be taken after each. The pieces grow with the run; they change no bit of it.

    Attributes:
        every: rows of a piece.
        inside: how much of the batch at hand is done, 0..1.
    """

    def __init__(self) -> None:
        self.every = 0
        self.inside = 1.0
        self._points: list[Point] = []
        self._deepest = self._steepest = 0.0

    def pieces(self, batch: Records) -> Iterator[Records]:
        """The batch in pieces, in order."""
        self.every = self.every or max(1, len(batch) // MOST)
        start = 0
        while start < len(batch):
            stop = start + self.every  # what a piece was is not changed by thinning that came after it
            self.inside = min(1.0, stop / len(batch))
            yield batch[start:stop]
            start = stop

    def note(self, ts: int, equity: float, peak: float, deepest: float, steepest: float = 0.0) -> None:
        """Take the point after a piece; `deepest` is the fall that was the deepest of the run so far, after any row of it, `steepest`
        the one that was the largest part of its peak, as a fraction."""
        fall = max(0.0, peak - equity)
        part = steepest if steepest > self._steepest else fall / peak if peak > 0.0 else 0.0
        fall = deepest if deepest > self._deepest else fall
        self._deepest, self._steepest = deepest, steepest
        self._points.append(Point(ts, equity, fall, 100.0 * part))
        if len(self._points) >= 2 * MOST:
            self._points = _halved(self._points)
            self.every *= 2

    def points(self) -> list[Point]:
        """At most `MOST` points, the last one at the end of the run."""
        points = self._points
        while len(points) > MOST:
            points = _halved(points)
        return points


def _halved(points: list[Point]) -> list[Point]:
    """Every two points as the later one, with the deeper of both falls of either kind; the newest is kept."""
    odd = len(points) % 2
    pairs = zip(points[odd::2], points[odd + 1 :: 2], strict=True)
    merged = (Point(b.ts, b.equity, max(a.drawdown, b.drawdown), max(a.underwater, b.underwater)) for a, b in pairs)
    return [*points[:odd], *merged]
