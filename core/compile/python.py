"""Strategies in ordinary Python on the same loop: they give a target per tick, the loop replays the targets over the batch.

The loop runs once for a whole stretch; it runs earlier only when the strategy looks at its position.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.commands import Hear, Terms, silence
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.position import Position
from core.errors import StrategyError, one_line
from core.kernels.records import REPORT
from core.strategy_files import load
from core.types import Records, join

#: Ticks turned into Python values in one go: few enough to stay in the processor's cache.
TICKS_AT_A_TIME = 1024

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


class PythonInstance(Instance):
    """A `Strategy` class and the loop that trades its targets.

    Attributes:
        around: makes of the strategy's own function the one that is asked for targets.
    """

    def __init__(self, plan: Blueprint, terms: Terms, *, jit: bool = True) -> None:
        super().__init__(plan, terms, jit=jit)
        definition = load(Path(plan.path), plan.source, plan.helpers)  # as planned: the file may be another by now
        params = definition.params(plan.values)
        self._module, self._helpers = definition.module, definition.helpers
        self.strategy = definition.module.Strategy(params)
        self.strategy.position = Position(self._settle)
        if plan.sources:
            self.strategy.heard = [silence(name, leg) for leg in range(plan.legs) for name in plan.sources]
        self._bars = BarBuilder(plan.interval) if hasattr(self.strategy, "on_bar") else None
        self._ticks: Records = np.empty(0, self._tick)
        self._targets: list[float | None] = []  # None is no opinion, NaN to the loop
        self._done = 0
        self._reported: list[Records] = []
        self._mapped = False
        self.around: Callable[[Any], Callable[[Any], Any]] = lambda asked: asked

    @property
    def targets(self) -> list[float | None]:
        """What it gave on each tick of the newest `feed`, up to where it raised; None is no opinion."""
        return self._targets

    def put_heard(self, place: int, said: Hear) -> None:
        """A strategy in Python finds it in its list `heard`."""
        self.strategy.heard[place] = said

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
        return join(self._reported, REPORT)

    def reports_until_failure(self) -> Records:
        """What the loop did before the strategy raised: its targets up to there are traded."""
        if not self._error[0]:
            self._cut = []
            with contextlib.suppress(StrategyError, ValueError, TypeError, ArithmeticError):  # a target that is no number
                self._settle()
                self._cut = []
        return join([*self._reported, *self._cut], REPORT)

    def _on_ticks(self) -> None:
        on_tick = self.around(self.strategy.on_tick)
        for columns in self._columns(_COLUMNS):
            # `extend` takes one target after the other, so `position` sees how far it is
            self._targets.extend(map(on_tick, map(Tick, *columns)))

    def _on_bars(self, bars: BarBuilder) -> None:
        of_bars = "open" in (self._ticks.dtype.names or ())
        build: Callable[..., Bar | None] = bars.merge if of_bars else bars.take
        on_bar = self.around(self.strategy.on_bar)
        for columns in self._columns(("start", "ts", "open", "high", "low", "price", "qty") if of_bars else ("ts", "price", "qty")):
            self._targets.extend(None if bar is None else on_bar(bar) for bar in map(build, *columns))

    def _columns(self, names: tuple[str, ...]) -> Iterator[list[list[Any]]]:
        """Fields of this strategy's ticks as lists of Python values, some ticks at a time; other symbols' ticks are dropped first."""
        if self._mapped:
            symbols = self._ticks["symbol"]
            mine = (symbols < len(self._legs)) & (self._legs[np.minimum(symbols, len(self._legs) - 1)] >= 0)
            self._ticks = np.ascontiguousarray(self._ticks[mine])
            self._ticks["leg"] = self._legs[self._ticks["symbol"]]
        for at in range(0, len(self._ticks), TICKS_AT_A_TIME):
            part = self._ticks[at : at + TICKS_AT_A_TIME]
            yield [part[name].tolist() for name in names]

    def _settle(self) -> PythonInstance:
        """Run the loop over the ticks that have a target and have not been traded."""
        until = len(self._targets)
        if until > self._done:
            self.state[0].i = 0
            stretch = self._ticks[self._done : until]
            reports = self._run(stretch, self._as_numbers(self._targets[self._done : until]))
            self._done = until
            self.state[0].i = 0
            if len(reports):
                self._reported.append(reports)
        return self

    def _as_numbers(self, targets: list[float | None]) -> Records:
        try:
            numbers = np.array(targets, np.float64)
        except (TypeError, ValueError):
            numbers = np.empty((0, 0))
        if numbers.ndim != 1:
            wrong = next(target for target in targets if target is not None and not isinstance(target, int | float))
            raise StrategyError(one_line(f"{self.plan.name} gave {wrong!r} as a target: a number, or None for no opinion"))
        return numbers

    def snapshot(self) -> bytes:
        """The loop's memory, then the pickled strategy."""
        kept = {k: v for k, v in vars(self.strategy).items() if k != "position"}
        with self.importable():
            return super().snapshot() + pickle.dumps((kept, self._bars))

    def restore(self, data: bytes, layout: str) -> None:
        """Take up where a snapshot of ours was taken."""
        size = len(super().snapshot())
        super().restore(data[:size], layout)
        with self.importable():
            kept, self._bars = pickle.loads(data[size:])
        vars(self.strategy).update(kept)

    @contextlib.contextmanager
    def importable(self) -> Iterator[None]:
        """Pickle finds the classes of a strategy and of its helpers by their modules' names, which another load may have taken."""
        ours = {self._module.__name__: self._module, **self._helpers}
        others = {name: sys.modules[name] for name in ours if name in sys.modules}
        sys.modules.update(ours)
        try:
            yield
        finally:
            for name in ours:
                del sys.modules[name]
            sys.modules.update(others)


class BarBuilder:
    """Bars for `on_bar`, closed as `core.kernels.bars.close_bar` closes them."""

    def __init__(self, interval: int) -> None:
        self.interval = interval
        self.forming: Bar | None = None
        self.reached = 0  # no bar of bars begins before the end of the one before it
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
        begun, bar = max(start // self.interval * self.interval, self.reached), self.forming
        if bar is not None and start < bar.end:
            bar.high, bar.low = max(bar.high, high), min(bar.low, low)
            bar.close, bar.volume, bar.trades = last, bar.volume + volume, bar.trades + 1
            closed = None
        else:
            closed, self.forming = bar, Bar(begun, begun + self.interval, first, high, low, last, volume, 1)
            bar, self.reached = self.forming, begun + self.interval
        if closed is None and bar.end - end < end - start:
            closed, self.forming = bar, None
        self.count += closed is not None
        return closed
