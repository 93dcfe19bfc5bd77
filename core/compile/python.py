"""Strategies in ordinary Python on the same loop: they give a target per tick, the loop replays the targets over the batch.

The loop runs once for a whole stretch; it runs earlier only when the strategy looks at its position.
"""

from __future__ import annotations

import contextlib
import math
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.commands import Terms
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance, PastFill
from core.errors import StrategyError
from core.kernels.records import REPORT
from core.strategy import load
from core.types import Records

_NO_OPINION = math.nan
_COLUMNS = ("ts", "price", "qty", "side", "bid", "ask", "id", "leg")


class Tick(msgspec.Struct, gc=False, array_like=True):
    """One print as a Python strategy sees it (times ns; side +1 buyer took, -1 seller took)."""

    ts: int
    price: float
    qty: float
    side: int
    bid: float
    ask: float
    id: int
    leg: int


class Bar(msgspec.Struct, gc=False):
    """One closed bar as a Python strategy sees it."""

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int


class Position:
    """The strategy's book, read-only: as of the tick before the one it is shown."""

    def __init__(self, settle: Callable[[], Any]) -> None:
        self._settle = settle

    @property
    def qty(self) -> float:
        """Signed position of the first leg."""
        return float(self._settle().books[0].position)

    @property
    def entry(self) -> float:
        """Average entry price, 0 when flat."""
        return float(self._settle().books[0].entry)

    @property
    def equity(self) -> float:
        """Marked equity in quote currency."""
        return float(self._settle().account[0].equity)


class PythonInstance(Instance):
    """A `Strategy` class and the loop that trades its targets."""

    def __init__(self, plan: Blueprint, terms: Terms, *, jit: bool = True) -> None:
        super().__init__(plan, terms, jit=jit)
        definition = load(Path(plan.path))
        params = definition.params(plan.values)
        self._module = definition.module
        self.strategy = definition.module.Strategy(params)
        self.strategy.position = Position(self._settle)
        self._bars = BarBuilder(plan.interval) if hasattr(self.strategy, "on_bar") else None
        self._ticks: Records = np.empty(0, self._tick)
        self._targets: list[float] = []
        self._done = 0
        self._reported: list[Records] = []
        self._mapped = False

    def trade(self, legs: dict[int, int]) -> None:
        """Which leg each symbol index is. Until this is called every tick is leg 0's."""
        super().trade(legs)
        self._mapped = True

    def feed(self, ticks: Records) -> Records:
        """Ask the strategy for a target on every tick, and run the loop over them."""
        self._ticks, self._targets, self._done, self._reported = ticks, [], 0, []
        if self._bars is None:
            self._on_ticks()
        else:
            self._on_bars(self._bars)
        self._settle()
        return np.concatenate(self._reported) if self._reported else np.empty(0, REPORT)

    def reports_until_failure(self) -> Records:
        """What the loop did before the strategy raised: its targets up to there are traded."""
        if not self._error[0]:
            self._cut = []
            with contextlib.suppress(StrategyError, ValueError, TypeError, ArithmeticError):  # a target that is no number
                self._settle()
                self._cut = []
        return np.concatenate([np.empty(0, REPORT), *self._reported, *self._cut])

    def _on_ticks(self) -> None:
        on_tick, take = self.strategy.on_tick, self._targets.append
        for row in self._each():
            target = on_tick(Tick(*row))
            take(_NO_OPINION if target is None else target)

    def _on_bars(self, bars: BarBuilder) -> None:
        on_bar, take = self.strategy.on_bar, self._targets.append
        if "open" in (self._ticks.dtype.names or ()):
            columns = [self._ticks[name].tolist() for name in ("start", "ts", "open", "high", "low", "price", "qty")]
            closed: Iterator[Bar | None] = map(bars.merge, *columns)
        else:
            closed = (bars.take(row[0], row[1], row[2]) for row in self._each())
        for bar in closed:
            target = None if bar is None else on_bar(bar)
            take(_NO_OPINION if target is None else target)

    def _each(self) -> Iterator[tuple[Any, ...]]:
        if self._mapped:
            mine = (self._ticks["symbol"] < len(self._legs)) & (self._legs[np.minimum(self._ticks["symbol"], len(self._legs) - 1)] >= 0)
            self._ticks = np.ascontiguousarray(self._ticks[mine])
            self._ticks["leg"] = self._legs[self._ticks["symbol"]]
        return zip(*(self._ticks[name].tolist() for name in _COLUMNS), strict=True)

    def _settle(self) -> PythonInstance:
        """Run the loop over the ticks that have a target and have not been traded."""
        until = len(self._targets)
        if until > self._done:
            self.state[0].i = 0
            stretch = self._ticks[self._done : until]
            reports = self._run(stretch, np.array(self._targets[self._done : until], np.float64))
            self._done = until
            if len(reports):
                self._reported.append(reports)
        return self

    def snapshot(self) -> bytes:
        """The loop's memory, then the pickled strategy."""
        self._claim_name()
        kept = {k: v for k, v in vars(self.strategy).items() if k != "position"}
        return super().snapshot() + pickle.dumps((kept, self._bars))

    def adopt(self, data: bytes, layout: str, fills: Sequence[PastFill]) -> None:
        """Take over books and account only."""
        super().adopt(data[: len(super().snapshot())], layout, fills)

    def restore(self, data: bytes, layout: str) -> None:
        """Take up where a snapshot of ours was taken."""
        size = len(super().snapshot())
        super().restore(data[:size], layout)
        self._claim_name()
        kept, self._bars = pickle.loads(data[size:])
        vars(self.strategy).update(kept)

    def _claim_name(self) -> None:
        """Pickle finds a strategy's own classes by its module's name, which another load of the same file has taken."""
        sys.modules[self._module.__name__] = self._module


class BarBuilder:
    """Bars for `on_bar`, closed as `core.kernels.bars.close_bar` closes them."""

    def __init__(self, interval: int) -> None:
        self.interval = interval
        self.forming: Bar | None = None
        self.count = 0

    def take(self, ts: int, price: float, qty: float) -> Bar | None:
        """The bar this tick closed, if any."""
        if self.interval == 0:
            self.count += 1
            return Bar(ts, ts, price, price, price, price, qty, 1)
        bar = self.forming
        if bar is not None and ts < bar.end:
            bar.high = max(bar.high, price)
            bar.low = min(bar.low, price)
            bar.close = price
            bar.volume += qty
            bar.trades += 1
            return None
        start = ts // self.interval * self.interval
        self.forming = Bar(start, start + self.interval, price, price, price, price, qty, 1)
        self.count += bar is not None
        return bar

    def merge(self, start: int, end: int, first: float, high: float, low: float, last: float, volume: float) -> Bar | None:
        """The bar that a source bar closed, as `close_bar_from_bar` closes them: at its own end where that is the interval's."""
        if self.interval <= end - start:
            self.count += 1
            return Bar(start, end, first, high, low, last, volume, 1)
        begun, bar = start // self.interval * self.interval, self.forming
        if bar is not None and start < bar.end:
            bar.high, bar.low = max(bar.high, high), min(bar.low, low)
            bar.close, bar.volume, bar.trades = last, bar.volume + volume, bar.trades + 1
            closed = None
        else:
            closed, self.forming = bar, Bar(begun, begun + self.interval, first, high, low, last, volume, 1)
            bar = self.forming
        if closed is None and bar.end - end < end - start:
            closed, self.forming = bar, None
        self.count += closed is not None
        return closed
