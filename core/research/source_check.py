"""Looks at the rows of a source as they pass, in the order a backtest sees them, and says how good they were."""

from __future__ import annotations

import numpy as np

from core.research.source_columns import SHORTEST_MONTH
from core.research.source_holes import MissingBars, MissingIds
from core.research.source_layout import Kind
from core.research.source_odd import Prices, Steps
from core.research.source_verdict import Hole, Holes, Verdict, Word, counted, moment
from core.types import SECOND, Records

#: A silence is worth a word from so many median steps on, and from so long.
SILENT_STEPS, SILENT_NS = 100, 60 * SECOND

#: A price that stands is worth a word for so many rows that are this share of all.
FLAT_ROWS, FLAT_SHARE = 100, 0.1

#: Rows out of order are doubtful from this share on.
MOVED = 0.01


class Check:
    """Takes the rows of one source.

    Args:
        tolerance: of trade ids that make it complete, how many in a row may be missing; None: there are no such ids.
        interval: ns of a bar.
        complete: what is missing is known from elsewhere.
        since_ns: what is missing before it does not matter.
    """

    def __init__(self, kind: Kind, *, tolerance: int | None = None, interval: int = 0, complete: bool = False, since_ns: int = 0) -> None:
        self._kind, self._complete, self._since = kind, complete, since_ns
        self._rows = 0
        self._ids = MissingIds(tolerance) if tolerance is not None else None
        self._bars = MissingBars(interval) if kind == "bars" and interval < SHORTEST_MONTH else None
        self._prices, self._steps = Prices(), Steps()

    def take(self, rows: Records) -> None:
        """TICK or BAR records, one or more, by (ts, id), each once."""
        self._rows += len(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            self._prices.take(rows)
        for part in (self._ids, self._bars, self._steps if self._kind == "ticks" else None):
            if part is not None:
                part.take(rows)

    def aside(self, rows: Records) -> None:
        """Rows that are there and were left out for their times."""
        if self._ids is not None:
            self._ids.aside(rows)

    def verdict(self, moved: int = 0, dropped: int = 0, listed: Holes | None = None) -> Verdict:
        """What was seen.

        Args:
            moved, dropped: rows that were out of order, and duplicates.
            listed: holes that are known from elsewhere.
        """
        part = self._bars or self._ids
        holes, small = part.found(self._since) if part is not None else (None, None)
        holes = listed or holes
        steps, usual = self._steps.longest, self._steps.usual_ns
        odd = [*(_silence(steps, usual) if steps and not self._is_told() else []), *self._odd_prices()]
        verdict: Word = "gaps" if holes else "doubtful" if small or odd or moved > MOVED * self._rows else "good"
        return Verdict(
            verdict=verdict, rows=self._rows, holes=holes, small=small, moved=moved, dropped=dropped, outliers=self._prices.outliers,
            flat=self._prices.flat, step_ns=usual, silence=steps, odd=tuple(odd),
        )  # fmt: skip

    def _is_told(self) -> bool:
        """Whether ids tell what is missing: a silence without a missing id is one of the market."""
        return self._complete or (self._ids is not None and self._ids.dense)

    def _odd_prices(self) -> list[str]:
        off, flat = self._prices.outliers, self._prices.flat
        said = [f"{counted(off, 'price')} far off the one before and the one after"] if off else []
        if flat == self._rows >= FLAT_ROWS:
            return [*said, "the price never changes"]
        if flat >= FLAT_ROWS and flat >= FLAT_SHARE * self._rows:
            said.append(f"the price stands still for {flat:,} rows of {self._rows:,}")
        return said


def _silence(longest: Hole, usual: int) -> list[str]:
    length = longest.to_ns - longest.from_ns
    if not usual or length < SILENT_NS or length < SILENT_STEPS * usual:
        return []
    times = f"{length / usual:,.0f} times the usual {usual / SECOND:,.3g} s"
    return [f"nothing for {length / SECOND:,.0f} s from {moment(longest.from_ns)}, {times}"]
