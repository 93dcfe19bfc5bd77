"""Which parameters to try next: all of them, some at random, or where the results so far say it may be worth it."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.errors import UsageError
from core.research.search.space import Space

METHODS = ("grid", "random", "bayes")

#: Trials asked for together where each choice depends on results: fixed, so that the same seed gives the same trials on any machine.
ROUND = 16

#: The same where it does not: so many that a thousand processes are seldom kept waiting for the last ones of a round.
LISTED = 1 << 17

#: Trials of a method that could go on without end, where nothing is said.
DEFAULT_MOST = 100


class Method(ABC):
    """Gives parameter sets a round at a time; hears what came of each before the next round."""

    @abstractmethod
    def ask(self) -> list[dict[str, Any]]:
        """The next parameter sets; none: it is done."""

    @abstractmethod
    def tell(self, values: Sequence[float | None]) -> None:
        """What came of the last round, in its order; larger is better, None is no result."""


class Listed(Method):
    """Parameter sets known beforehand.

    Args:
        most: how many at most; None: all.
        a_round: how many are handed out together.
    """

    def __init__(self, sets: Iterator[dict[str, Any]], most: int | None, a_round: int = LISTED) -> None:
        self._sets = itertools.islice(sets, most)
        self._round = a_round

    def ask(self) -> list[dict[str, Any]]:
        return list(itertools.islice(self._sets, self._round))

    def tell(self, values: Sequence[float | None]) -> None:
        """It has made its choice beforehand."""


class Bayes(Method):
    """Tree-structured Parzen estimator of the optuna library (Bergstra et al., 2011), over the values of the ranges.

    Args:
        most: trials in all.

    Raises:
        UsageError: optuna is not installed.
    """

    def __init__(self, space: Space, most: int, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            raise UsageError("--method bayes needs optuna: pip install 'cockpit[research]'") from None
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=ROUND)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._failed = optuna.trial.TrialState.FAIL
        self._space = space
        self._left = most
        self._seen: set[tuple[int, ...]] = set()
        self._open: list[Any] = []

    def ask(self) -> list[dict[str, Any]]:
        sets: list[dict[str, Any]] = []
        idle = 0
        self._open = []
        while len(sets) < min(ROUND, self._left) and idle < 200:
            trial = self._study.ask()
            at = tuple(trial.suggest_int(name, 0, len(values) - 1) for name, values in self._space.axes)
            values = None if at in self._seen else self._space.allowed([axis[k] for (_, axis), k in zip(self._space.axes, at, strict=True)])
            self._seen.add(at)
            if values is None:  # tried before, or refused: the estimator is told that nothing comes of it
                idle += 1
                self._study.tell(trial, state=self._failed)
                continue
            sets.append(values)
            self._open.append(trial)
        self._left -= len(sets)
        return sets

    def tell(self, values: Sequence[float | None]) -> None:
        for trial, value in zip(self._open, values, strict=True):
            if value is None:
                self._study.tell(trial, state=self._failed)
            else:
                self._study.tell(trial, value)


def method(name: str, space: Space, most: int | None, seed: int) -> Method:
    """The method of a name.

    Args:
        most: trials at most; `random` and `bayes` take 100 where none is said.

    Raises:
        UsageError: there is no such method, or it is not installed.
    """
    if name == "grid":
        return Listed(space.grid(), most)
    if name == "random":
        return Listed(space.random(np.random.default_rng(seed)), most or DEFAULT_MOST)
    if name == "bayes":
        return Bayes(space, most or DEFAULT_MOST, seed)
    raise UsageError(f"no method {name!r}; there are: {', '.join(METHODS)}")
