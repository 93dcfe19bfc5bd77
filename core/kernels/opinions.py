"""Opinions with two thresholds, one to take a side and one to leave it, and how sure and why they are.

A strategy that forms them has the fields of OPINION in its state, and REASONS in its module: words for each reason, by its number. The
first five are those below; what else makes it get out comes after them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: The target in force, how far what it rests on is beyond its threshold (0: not at all; 1: twice it, or further), and the reason.
OPINION = np.dtype([("target", "f8"), ("confidence", "f8"), ("reason", "i8")])

NEUTRAL = 0  # nothing speaks for a side
LONG = 1
SHORT = 2
BACK = 3  # what spoke for the side that was taken is over
UNKNOWN = 4  # what it rests on is not known

#: Shares and ratios that differ by less are the same.
EQUAL = 1e-12


def lean(s: Any, x: float, enter: float, leave: float) -> float:
    """The target by a measure that is above 0 where it speaks for long: a side is taken beyond `enter`, and left for flat once the
    measure is no further than `leave` on that side. NaN is not known, and flat.

    Args:
        s: a state with the fields of OPINION, which are set.
        enter: above 0 and not below `leave`.
    """
    if x != x:
        return stand_aside(s, UNKNOWN)
    s.confidence = 0.0
    if abs(x) > enter + EQUAL:
        s.target = 1.0 if x > 0.0 else -1.0
        s.reason = LONG if x > 0.0 else SHORT
        s.confidence = beyond(abs(x), enter)
    elif not s.target * x > leave + EQUAL:
        s.reason = NEUTRAL if s.target == 0.0 else BACK
        s.target = 0.0
    target: float = s.target
    return target


def stand_aside(s: Any, reason: int) -> float:
    """Flat, for a reason."""
    s.target = 0.0
    s.confidence = 0.0
    s.reason = reason
    return 0.0


def beyond(x: float, threshold: float) -> float:
    """How far x is beyond a threshold above 0, as a share of it: 0 where it is not, 1 at twice the threshold and further."""
    share = x / threshold - 1.0
    if share > 1.0:
        return 1.0
    return share if share > 0.0 else 0.0
