"""A quantile of positive values of any size in bounded memory: counts by class, of which older ones can be made to weigh less.

Eight classes of equal width lie between each power of two and the next, so a quantile is exact to an eighth. No logarithm is taken: a
value's own exponent tells its class.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: The classes that were ever used: from `low` up to before `high`; `mem`: CLASSES counts.
CLASSED = np.dtype([("low", "i8"), ("high", "i8")])

AN_OCTAVE = 8

#: Powers of two that classes begin and end at. What lies below the first or above the last counts in the outermost class.
FIRST = -32
LAST = 48

CLASSES = (LAST - FIRST) * AN_OCTAVE

#: What weighs less than this share of one value is forgotten.
FORGOTTEN = 1e-12


def class_of(x: float) -> int:
    """The class of a value above 0."""
    part, exponent = math.frexp(x)  # x = part * 2**exponent, part from 0.5 up to before 1
    place = (exponent - 1 - FIRST) * AN_OCTAVE + int((part - 0.5) * (2 * AN_OCTAVE))
    return min(max(place, 0), CLASSES - 1)


def upper_edge(place: int) -> float:
    """Where a class ends: no value in it is as large."""
    edge = 1.0 + (place % AN_OCTAVE + 1) / AN_OCTAVE
    power = place // AN_OCTAVE + FIRST
    for _ in range(abs(power)):
        edge *= 2.0 if power > 0 else 0.5
    return edge


def count(state: Any, mem: Any, at: int, x: float) -> None:
    """Take a value; one that is not above 0 counts in nothing."""
    if not (x > 0.0 and x < math.inf):
        return
    place = class_of(x)
    if state.high == 0 or place < state.low:
        state.low = place
    if place >= state.high:
        state.high = place + 1
    mem[at + place] += 1.0


def fade(state: Any, mem: Any, at: int, kept: float) -> None:
    """Let all that was counted weigh a share of what it did."""
    for place in range(at + state.low, at + state.high):
        weight = mem[place] * kept
        mem[place] = weight if weight > FORGOTTEN else 0.0


def quantile(state: Any, mem: Any, at: int, share: float) -> float:
    """The lowest edge of a class below which lie at least `share` (below 1) of all weights; NaN where nothing was counted."""
    total = 0.0
    for place in range(at + state.low, at + state.high):
        total += mem[place]
    if total <= 0.0:
        return math.nan
    rest = total * (1.0 - share)
    above = 0.0
    place = at + state.high - 1
    while place > at + state.low and above + mem[place] <= rest:
        above += mem[place]
        place -= 1
    return upper_edge(place - at)
