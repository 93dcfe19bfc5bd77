"""What may be played up to: the next print, the print that closes a bar, a moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

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


@dataclass(frozen=True, slots=True)
class Goal:
    """Something being played up to."""

    until: Until
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class NextPrint:
    """One print."""

    ns: int | None = None

    def take(self, ticks: Records) -> tuple[int, bool]:
        return min(len(ticks), 1), len(ticks) > 0


@dataclass(frozen=True, slots=True)
class Moment:
    """Every print before a moment."""

    ns: int

    def take(self, ticks: Records) -> tuple[int, bool]:
        count = int(np.searchsorted(ticks["ts"], self.ns))
        return count, count < len(ticks)


@dataclass(frozen=True, slots=True)
class BarClose:
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
