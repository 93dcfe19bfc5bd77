"""The hours in which a generated market trades: all since its first, save those it was closed in. Its ids count the others.

That way a market nobody ran for days goes on with the id after its last one, and who recorded it lacks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from core.errors import UsageError
from core.exchange.paths import ORIGIN_HOUR

#: From one hour to another, `to` exclusive, counted from 1970.
Closure: TypeAlias = tuple[int, int]


class OpenHours:
    """Tells hours of the wall clock from hours of trading.

    Args:
        closed: when it does not trade, ascending.
        newest: the hour it is; the market has been open for one whole hour by then.

    Raises:
        UsageError: the closures overlap, are not in order, or leave no open hour at an end.
    """

    def __init__(self, closed: Sequence[Closure], newest: int) -> None:
        edges = [ORIGIN_HOUR, *(hour for closure in closed for hour in closure), newest]
        if closed and not all(before < after for before, after in pairwise(edges)):
            raise UsageError("closed hours are spans in order, after the market's first hour and over an hour ago, none touching another")
        self._closed = tuple(closed)

    def closed(self, hour: int) -> bool:
        """Whether it does not trade then."""
        return any(begin <= hour < end for begin, end in self._closed)

    def before(self, hour: int) -> int:
        """How many hours it traded before this one."""
        return hour - ORIGIN_HOUR - sum(min(hour, end) - begin for begin, end in self._closed if begin < hour)

    def at(self, number: int) -> int:
        """The hour before which it traded for so many, an open one; the first hour there is for numbers below 0."""
        hour = ORIGIN_HOUR + max(0, number)
        for begin, end in self._closed:
            if hour < begin:
                break
            hour += end - begin
        return hour
