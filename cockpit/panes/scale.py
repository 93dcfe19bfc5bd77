"""Axes: which round values and times are written beside a chart, and which line a value lies on."""

from __future__ import annotations

import math
from typing import NamedTuple

from cockpit import figures

#: Steps between times on an axis, in seconds.
TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000)

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


class Scale(NamedTuple):
    """Values from `low` to `high` over a number of lines, with a round value every `step`.

    Attributes:
        decimals: that the round values need.
    """

    low: float
    high: float
    lines: int
    step: float
    decimals: int

    def half(self, value: float) -> int:
        """Which half line a value lies on, 0 the top half of the top line."""
        share = (self.high - value) / (self.high - self.low)
        return min(max(int(share * 2 * self.lines), 0), 2 * self.lines - 1)

    def line(self, value: float) -> int:
        """Which line a value lies on, 0 the top one."""
        return self.half(value) // 2

    def round_values(self) -> list[float]:
        """The round values within it, lowest first."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [n * self.step for n in range(first, last + 1)]


def scale_of(low: float, high: float, lines: int, *, decimals: int = 8, gap: int = 2) -> Scale:
    """A scale that holds these values: its ends lie on parts of a round step, so that it does not move with every new value.

    Args:
        decimals: the smallest step has so many.
        gap: lines between two round values, at least.
    """
    least = 10.0**-decimals
    span = max(high - low, least * 2, abs(high) * 1e-9)
    step = max(_round_step(span / max(1, lines // gap)), least)
    part = max(step / 4, least)
    bottom, top = math.floor(low / part + 1e-9) * part, math.ceil(high / part - 1e-9) * part
    if top <= bottom:
        bottom, top = bottom - part, top + part
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return Scale(bottom, top, max(1, lines), step, min(places, decimals))


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1.0, 2.0, 5.0, 10.0) if digit * power >= least * (1 - 1e-9))


def time_step(per_cell_ns: float, apart: int) -> int:
    """Nanoseconds between times written `apart` cells from each other or more."""
    return next((s * SECOND for s in TIMES if s * SECOND >= per_cell_ns * apart), TIMES[-1] * SECOND)


def time_text(ns: int, step_ns: int) -> str:
    """A time on an axis, UTC, as short as the step allows: `13:40`, `13:40:05`, `11-20`."""
    if step_ns >= DAY or ns % DAY == 0:
        return figures.moment(ns, ns + 2 * DAY)[:5]
    return figures.clock(ns) if step_ns < 60 * SECOND else figures.clock(ns)[:5]
