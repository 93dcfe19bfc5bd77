"""How long a warm-up of several parts is in bars of one length, and what their intervals and bounds must be to each other."""

from __future__ import annotations

import math
from typing import Any

from core.types import interval_ns


def bars_needed(count: int, each_ns: int, interval: int) -> int:
    """So many bars of `each_ns` as bars of `interval` ns: whole ones, and one more where theirs begin at other times.

    Args:
        count: bars (prints, where both are 0).
    """
    if count == 0 or each_ns == interval:
        return count
    return math.ceil(count * each_ns / interval) + max(1, math.ceil(each_ns / interval))


def check_order(params: Any, ordered: tuple[tuple[str, str], ...]) -> None:
    """Refuse a lower bound above its upper one.

    Args:
        ordered: names of parameters, lower and upper ones of a pair.

    Raises:
        ValueError: there is one.
    """
    for low, high in ordered:
        if getattr(params, low) > getattr(params, high):
            raise ValueError(f"{low} ({getattr(params, low):g}) must not be above {high} ({getattr(params, high):g})")


def check_interval(interval: str, own: tuple[str, ...], seconds: bool) -> None:
    """Refuse `tick` as the interval that the warm-up is told in where something needs bars.

    Args:
        own: intervals that parts have for themselves.
        seconds: a part looks back over seconds.

    Raises:
        ValueError: it is.
    """
    if interval_ns(interval) == 0 and (seconds or any(interval_ns(each) for each in own)):
        raise ValueError("interval: tick cannot be where a part looks back over bars or seconds")
