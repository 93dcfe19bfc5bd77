"""A study: one strategy or several, over one symbol or several, at every parameter set its method asks for.

It may be ended at any moment and goes on where it was when asked again with the same words. Its results do not depend on who runs the
trials, how many at once, or in what order they come back.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.module import Variant, compiled
from core.errors import StrategyError, UsageError
from core.kernels import loop
from core.research.calibration.costs import Costs
from core.research.search.methods import DEFAULT_MOST, LISTED, Method, method
from core.research.search.ranges import Range
from core.research.search.space import Condition, Space
from core.research.search.trial import Job, Series, Trial, encode_job
from core.research.short_bars import refuse_short_bars
from core.research.volatility import refuse_long_bars
from core.strategy import KERNEL, Definition, params_record
from core.strategy_files import load, strategy_file
from core.term_rules import refuse_idle, refuse_unfit


@dataclass(frozen=True)
class Ask:
    """What to try.

    Attributes:
        strategies: names in the folders.
        ranges, where, params: as of `Space`; each counts for the strategies that have its parameter.
        method: grid, random or bayes.
        most: trials of a strategy on a symbol at most; None: as the method has it.
        rank_by: the figure `bayes` goes by, and the best so far is told by.
        costs: what was measured of a symbol takes the place of the terms; None: nothing was.
    """

    strategies: list[str]
    folders: list[Path]
    ranges: list[Range] = field(default_factory=list)
    where: list[Condition] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    method: str = "grid"
    most: int | None = None
    seed: int = 0
    rank_by: str = "sharpe"
    costs: Costs | None = None


class Study:
    """One question to the lab.

    Args:
        series: the rows to try on.

    Attributes:
        key: names the question: the same rows, code, terms and choices.
        spaces: the parameter sets of each strategy.
        terms: those of each series.
        size: trials at most; fewer where combinations are refused.

    Raises:
        UsageError: a word of the question is refused.
    """

    def __init__(self, ask: Ask, series: Sequence[Series]) -> None:
        refuse_idle(ask.terms)
        self.ask, self.series = ask, list(series)
        self.terms = [ask.terms if ask.costs is None else ask.costs.terms(one.symbol, ask.terms) for one in self.series]
        for one in self.series:
            refuse_long_bars(ask.terms, one.interval_ns)
        definitions = definitions_of(ask)
        legs = one_number_of_legs(definitions)
        for definition in definitions:
            refuse_unfit(definition, ask.terms)
        self._variants = [backtest_variant(terms, bars=one.bars, legs=legs) for terms, one in zip(self.terms, self.series, strict=True)]
        self.spaces = [_space(definition, ask, definitions) for definition in definitions]
        for space, one in itertools.product(self.spaces, self.series):
            for given in space.given("interval"):
                refuse_short_bars(space.definition, {"interval": given}, one.interval_ns)
        self.size = sum(self._most(space) for space in self.spaces) * len(self.series)
        self._plans: dict[int, Blueprint] = {}
        self._numbers: dict[tuple[int, bool, Variant], int] = {}
        for space in self.spaces:
            self._try(space)
        self.key = self._key()

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """(space, series) numbers of each strategy on each symbol."""
        return ((k, s) for k in range(len(self.spaces)) for s in range(len(self.series)))

    def method(self, space: int) -> Method:
        """A fresh method for one strategy on one symbol."""
        return method(self.ask.method, self.spaces[space], self.ask.most, self.ask.seed)

    def trial(self, number: int, space: int, series: int, values: dict[str, Any]) -> Trial:
        """The trial of one parameter set."""
        definition = self.spaces[space].definition
        params = definition.params(values)
        one = self.series[series]
        interval = definition.interval(params)
        plan = self._plan(space, values, self._variants[series], ticks=interval == 0)
        record, work, warmup = params_record(params).tobytes(), definition.work(params), definition.warmup(params)
        return Trial(number, plan, series, record, values, work, warmup, interval, 0, one.rows)

    def job(self, trials: list[Trial]) -> bytes:
        """Trials as they are sent."""
        return encode_job(self.job_of(trials))

    def job_of(self, trials: list[Trial]) -> Job:
        """Trials with the plans and series they need."""
        plans = {trial.plan: self._plans[trial.plan] for trial in trials}
        series = {trial.series: self.series[trial.series] for trial in trials}
        return Job(plans, series, {number: self.terms[number] for number in series}, trials)

    def strategy(self, trial: Trial) -> str:
        """The name of a trial's strategy."""
        return self._plans[trial.plan].name

    def _plan(self, space: int, values: dict[str, Any], variant: Variant, *, ticks: bool) -> int:
        """The number of a compiled loop: a strategy has one for ticks, one for its bars, one for a source's bars, of what its terms ask
        for. Compiled here, once, before every process does."""
        at = (space, ticks, variant)
        if at not in self._numbers:
            plan = blueprint(self.spaces[space].definition, values, variant)
            if plan.kind == KERNEL:
                compiled(plan.text, plan.name)
            self._plans[len(self._plans)] = plan
            self._numbers[at] = len(self._plans) - 1
        return self._numbers[at]

    def _try(self, space: Space) -> None:
        """Refuse a space that holds nothing."""
        if next(space.grid(), None) is None:
            raise UsageError(f"{space.definition.name} allows none of the {space.size:,} combinations: {space.why}")
        space.refused, space.why = 0, ""

    def _most(self, space: Space) -> int:
        return min(space.size, self.ask.most or (space.size if self.ask.method == "grid" else DEFAULT_MOST))

    def _key(self) -> str:
        ask = self.ask
        terms = msgspec.to_builtins(ask.terms if ask.costs is None else self.terms)
        sources = [[space.definition.path.read_text(encoding="utf-8"), *_helper_texts(space.definition)] for space in self.spaces]
        words = [
            [(one.key, one.symbol) for one in self.series], sources, terms, _version(),
            [(space.definition.name, space.axes) for space in self.spaces], sorted(ask.params.items()), [one.text for one in ask.where],
            ask.method, ask.most, ask.seed, ask.rank_by if ask.method == "bayes" else "",
        ]  # fmt: skip
        if len(self.spaces) * len(self.series) > 1:
            words.append(LISTED)  # rounds go by turns through them: which number a trial has
        return hashlib.sha256(msgspec.json.encode(words)).hexdigest()[:16]


def _helper_texts(definition: Definition) -> list[str]:
    files = [module.__file__ for _, module in sorted(definition.helpers.items())]
    return [Path(file).read_text(encoding="utf-8") for file in files if file]


def _version() -> str:
    """Names the loop: another one may give other results."""
    files = sorted(Path(str(loop.__file__)).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def definitions_of(ask: Ask) -> list[Definition]:
    """The strategies that are asked for, each once.

    Raises:
        StrategyError: there is none of that name, or it does not load.
    """
    return [load(strategy_file(name, ask.folders)) for name in dict.fromkeys(ask.strategies)]


def one_number_of_legs(definitions: Sequence[Definition]) -> int:
    """How many legs all of them have.

    Raises:
        UsageError: not the same number.
    """
    legs = {definition.legs for definition in definitions}
    if len(legs) > 1:
        each = ", ".join(f"{definition.name} {definition.legs}" for definition in definitions)
        raise UsageError(f"a study takes strategies of as many symbols each: {each}")
    return legs.pop()


def _space(definition: Definition, ask: Ask, every: list[Definition]) -> Space:
    """Its own of the ranges, conditions and parameters; each must be some strategy's.

    Raises:
        StrategyError: a name that none of them has.
    """
    names = [one.params_type.__struct_fields__ for one in every]
    for name in [one.name for one in ask.ranges] + [one.left for one in ask.where] + list(ask.params):
        if not any(name in known for known in names):
            raise StrategyError(f"{every[0].name} has no parameter {name!r}; it has: {', '.join(names[0])}")
    own = definition.params_type.__struct_fields__
    ranges = [one for one in ask.ranges if one.name in own]
    where = [one for one in ask.where if one.left in own]
    return Space(definition, ranges, {name: value for name, value in ask.params.items() if name in own}, where)
