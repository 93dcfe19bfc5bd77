"""What a chart of bars is drawn from: candles, marks on them, and how much of them is in sight. No drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.codes import BarQuality


class Candle(NamedTuple):
    """One bar: where it starts in ns, prices, volume in base currency, and what it is made of (`core.codes.BarQuality`).

    `vwap` is None where it is not known, `trades` 0.
    """

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quality: int = 0
    vwap: float | None = None
    bought: float = 0.0
    trades: int = 0

    @property
    def up(self) -> bool:
        """Whether it closed no lower than it opened."""
        return self.close >= self.open

    @property
    def incomplete(self) -> bool:
        """Whether prints of it are missing."""
        return bool(self.quality & BarQuality.INCOMPLETE)

    def moved(self, price: float) -> Candle:
        """The same gone on to a price."""
        return self._replace(close=price, high=max(self.high, price), low=min(self.low, price))


class Mark(NamedTuple):
    """A fill: when, bought or sold, what is said of it, and whether it is of another strategy than the one looked at.

    It may stand for others of its kind in the same bar: `fills` with itself.
    """

    ts: int
    bought: bool
    label: str
    other: bool = False
    fills: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn.

    Attributes:
        candles: oldest first; the last one stands at the right edge.
        interval: of a candle, ns.
        decimals: of prices.
        pitch: cells from one candle to the next.
        marks: fills, in any order.
        last: the last price; None where it is not to be drawn.
        cross: index of the candle under the crosshair.
        timed: candles are cut by time: the last one ends an interval after its start.
    """

    candles: Sequence[Candle]
    interval: int
    decimals: int
    pitch: int = 1
    marks: Sequence[Mark] = field(default_factory=tuple)
    last: float | None = None
    cross: int | None = None
    timed: bool = True
