"""What is checked: one strategy with its parameters, and the rows it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.compile.python import BarBuilder, PythonInstance
from core.errors import StrategyError, UsageError
from core.home import data_folder
from core.research.checks.surroundings import Surroundings, within
from core.research.source import Source
from core.research.source_legs import open_leg_sources
from core.research.sources import open_sources
from core.strategy import PYTHON
from core.strategy_files import known_strategies, load, strategy_file
from core.types import Records, join

#: Rows looked at, the first ones of a source: a check runs the strategy over them some dozen times.
MOST_ROWS = 100_000

#: Told how many rows have been run over, of about how many; what it raises ends a check.
Told = Callable[[int, int], None]

#: Short targets count as much as long ones.
TERMS = Terms(side="long_short")


@dataclass(frozen=True)
class Ask:
    """What to check.

    Attributes:
        sources: as of `core.research.sources`; none: the bundled sample that suits the strategy.
        folders: where strategies lie, later ones shadow earlier ones.
        rows: rows to look at at most.
    """

    strategy: str
    folders: list[Path]
    sources: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    symbol: str | None = None
    home: Path | None = None
    rows: int = MOST_ROWS


@dataclass
class Subject:
    """A strategy file and the rows it is shown.

    Attributes:
        sources: what the rows are of, as typed.
        total: whether `rows` are all there are.
        legs: how many symbols the rows are of, each with the number of its leg.
        jit: False runs the loop in plain Python.
    """

    path: Path
    params: dict[str, Any]
    sources: list[str]
    rows: Records
    kind: str
    symbol: str
    interval_ns: int
    total: bool = True
    legs: int = 1
    jit: bool = True

    @property
    def when(self) -> str:
        """The field that says to which bar a row belongs."""
        return "start" if self.kind == "bars" else "ts"

    def plan(self) -> Blueprint:
        """The strategy as its file is now, loaded anew: what it does when it is imported is done again."""
        with within(Surroundings(self.path.parent)):
            return blueprint(load(self.path), self.params, backtest_variant(TERMS, bars=self.kind == "bars", legs=self.legs))

    def instance(self, plan: Blueprint) -> Instance:
        """The strategy, newly made."""
        return (PythonInstance if plan.kind == PYTHON else Instance)(plan, TERMS, jit=self.jit)

    def closings(self, interval: int) -> NDArray[np.int64]:
        """For each row the start of the bar that it closed, of several legs one that all have by then; -1 where there is none."""
        columns = ("start", "ts", "open", "high", "low", "price", "qty") if self.kind == "bars" else ("ts", "price", "qty")
        closed = np.full(len(self.rows), -1, np.int64)
        newest = np.full((self.legs, len(self.rows)), -1, np.int64)  # of each leg, the newest bar it has closed
        for leg in range(self.legs):
            own = np.flatnonzero(self.rows["symbol"] == leg) if self.legs > 1 else np.arange(len(self.rows))
            builder = BarBuilder(interval)
            build: Callable[..., Any] = builder.merge if self.kind == "bars" else builder.take
            bars = map(build, *(self.rows[name][own].tolist() for name in columns))
            closed[own] = newest[leg, own] = np.fromiter((-1 if bar is None else bar.start for bar in bars), np.int64, len(own))
        return np.where(np.maximum.accumulate(newest, axis=1).min(axis=0) >= closed, closed, -1)


def open_subject(ask: Ask) -> Subject:
    """Find the strategy and read the rows.

    Raises:
        UsageError: the strategy, the source or a value is refused; one line.
    """
    path = strategy_file(ask.strategy, ask.folders)
    if path is None:
        raise StrategyError(f"no strategy {ask.strategy!r}; there are: {known_strategies(ask.folders)}")
    with within(Surroundings(path.parent)):
        definition = load(path)
        interval = definition.interval(definition.params(ask.params))
    if definition.legs > 1 and not ask.sources:
        raise UsageError(f"{ask.strategy} trades {definition.legs} symbols: name a source of each; the samples are of one")
    sources = ask.sources or [str(sample(interval))]
    source: Source
    if definition.legs > 1:
        source = open_leg_sources(sources, definition.legs, symbol=ask.symbol, home=ask.home)
    else:
        source = open_sources(sources, symbol=ask.symbol, home=ask.home)
    parts: list[Records] = []
    have = 0
    for batch in source.batches():
        parts.append(batch[: ask.rows - have])
        have += len(batch)
        if have > ask.rows:
            break
    rows = join(parts, parts[0].dtype).copy()  # ours alone: they are made to lie
    return Subject(path, ask.params, sources, rows, source.kind, source.symbol, source.interval_ns, have <= ask.rows, definition.legs)


def sample(interval: int) -> Path:
    """The bundled market data that suits a strategy: bars, or prints for one that lives on those.

    Args:
        interval: ns of its bars, 0 for prints.
    """
    return data_folder() / "samples" / ("ETHUSDT-1m-sample.csv" if interval else "BTCUSDT-aggTrades-sample.csv")
