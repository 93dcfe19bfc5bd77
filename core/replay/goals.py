"""What may be played up to: the next print, the print that closes a bar of whatever kind, a moment."""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from core.analytics.bar_cuts import Cuts
from core.types import Records


class Until(Protocol):
    """Where to stop.

    Attributes:
        ns: the moment it is then at least; None: that of the last print.
    """

    @property
    def ns(self) -> int | None: ...

    def take(self, ticks: Records) -> tuple[int, bool]:
        """How many of the ticks to come belong before the stop, and whether it is reached with them."""
        ...

    def seen(self, ticks: Records) -> None:
        """These are out."""
        ...


class Unmoved:
    """What stops at the same place whatever is out already."""

    __slots__ = ()

    def seen(self, ticks: Records) -> None:
        """There is nothing to remember."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something being played up to."""

    until: Until
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class NextPrint(Unmoved):
    """One print."""

    ns: int | None = None

    def take(self, ticks: Records) -> tuple[int, bool]:
        return min(len(ticks), 1), len(ticks) > 0


@dataclass(frozen=True, slots=True)
class Moment(Unmoved):
    """Every print before a moment."""

    ns: int

    def take(self, ticks: Records) -> tuple[int, bool]:
        count = int(np.searchsorted(ticks["ts"], self.ns))
        return count, count < len(ticks)


@dataclass(frozen=True, slots=True)
class BarClose(Unmoved):
    """Through the first print at or after a moment, of one symbol or (None) of any: with it strategies see the bar before as closed."""

    after_ns: int
    symbol: int | None
    ns: int | None = None

    def take(self, ticks: Records) -> tuple[int, bool]:
        beyond = ticks["ts"] >= self.after_ns
        if self.symbol is not None:
            beyond &= ticks["symbol"] == self.symbol
        found = np.flatnonzero(beyond)
        return (int(found[0]) + 1, True) if len(found) else (len(ticks), False)


@dataclass(slots=True)
class BarEnd:
    """Through the print that begins a symbol's next bar, of bars that are not cut by time: with it the bar before is closed.

    Attributes:
        cuts: where bars are cut, after all that is out.
        symbol: whose bars.
    """

    cuts: Cuts
    symbol: int
    ns: int | None = None

    def take(self, ticks: Records) -> tuple[int, bool]:
        mine = np.flatnonzero(ticks["symbol"] == self.symbol)
        if not len(mine):
            return len(ticks), False
        _, first, goes_on = copy(self.cuts).take(ticks.take(mine))
        # Where no bar is under way yet, the first print begins the one that is to be closed.
        begins = first[1:] if goes_on or not self.cuts.begun else first
        return (int(mine[begins[0]]) + 1, True) if len(begins) else (len(ticks), False)

    def seen(self, ticks: Records) -> None:
        mine = np.flatnonzero(ticks["symbol"] == self.symbol)
        if len(mine):
            self.cuts.take(ticks.take(mine))
