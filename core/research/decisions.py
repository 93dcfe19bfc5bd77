"""Feeds a run so that the values each decision rested on are read right after it: the same machine code over the same rows.

Of a compiled strategy a second instance of the same module, the scout, goes ahead over the batch: it trades nothing, and reports every
change of its target. Then the run itself is fed up to each of these rows, which changes no bit of it: any split of the rows gives the
same. Of a strategy that sees its own book the scout trades as the run does. A strategy in ordinary Python is listened to instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.kernels.records import CANCELLED, PLACED, REPORT, SIGNAL, SIGNALLED
from core.research.indicators import plain_reader, reader_of
from core.research.signals import Signals
from core.research.stretches import rows_of
from core.strategy import Definition
from core.types import Records, join

#: An order of the scout never fills: a hundred years.
NEVER_MS = 3.2e12


def decisions_of(instance: Instance, plan: Blueprint, definition: Definition, most: int | None) -> Decisions:
    """What feeds this instance, once it is warm.

    Args:
        most: the newest so many decisions are kept; None: all of them; 0: nobody asked.

    Raises:
        StrategyError: it declares values in another way.
    """
    if most == 0:
        return Decisions(instance)
    if isinstance(instance, PythonInstance):
        return _Heard(instance, plan, most)
    owned = "own" in (instance.layouts["STATE"].names or ())
    return (_Followed if owned else _Scouted)(instance, plan, definition, most)


class Decisions:
    """Feeds an instance, and looks at nothing.

    Attributes:
        signals: the decisions so far; None: nobody asked.
    """

    def __init__(self, instance: Instance, signals: Signals | None = None) -> None:
        self.instance = instance
        self.signals = signals

    def begin(self, batch: Records) -> None:
        """The pieces that are fed next are those of this batch, in order."""

    def feed(self, piece: Records) -> Records:
        """What `Instance.feed` does and returns."""
        return self.instance.feed(piece)


class _Scouted(Decisions):
    """Of a compiled strategy."""

    def __init__(self, instance: Instance, plan: Blueprint, definition: Definition, most: int | None) -> None:
        self.kept = Signals(plan.name, most)
        super().__init__(instance, self.kept)
        self._most = most
        self._plan = plan
        self._read = reader_of(definition, definition.params(plan.values))
        self._scout = self._sent(definition)
        self._begun = False
        self._rows: list[int] = []  # of the batch, those that decide and are not reached yet, the next one last
        self._at = 0

    def _sent(self, definition: Definition) -> Instance:
        """The scout."""
        scout = Instance(self._plan, Terms(side=self.instance.terms.side, latency_ms=NEVER_MS))
        scout.books["aim"] = np.nan  # so that a first target of zero is told too
        scout.books["due"] = np.iinfo(np.int64).max
        return scout

    def _equip(self) -> None:
        """Give the scout what the run begins with."""
        self._scout.state.view(np.uint8)[:] = self.instance.state.view(np.uint8)
        self._scout.mem[:] = self.instance.mem

    def _changes(self, told: Records) -> Records:
        """Of its reports those that say that a target changed."""
        return told.compress((told["kind"] == PLACED) | (told["kind"] == CANCELLED))

    def begin(self, batch: Records) -> None:
        if not self._begun:
            self._begun = True
            self._equip()
        told = self._changes(self._scout.feed(batch))
        rows = np.unique(rows_of(batch, told)).tolist() if len(told) else []  # of several legs an order each
        passed = 0 if self._most is None else max(0, len(rows) - self._most)  # by the end of the batch nobody asks for these
        self.kept.total += passed
        self._rows, self._at = rows[passed:][::-1], 0

    def feed(self, piece: Records) -> Records:
        parts: list[Records] = []
        done, end = 0, self._at + len(piece)
        while self._rows and self._rows[-1] < end:
            row = self._rows.pop() - self._at
            if row > done:
                parts.append(self.instance.feed(piece[done:row]))
            parts.append(self._decide(piece[row : row + 1]))
            done = row + 1
        if done < len(piece):
            parts.append(self.instance.feed(piece[done:]))
        self._at = end
        return join(parts, REPORT)

    def _decide(self, row: Records) -> Records:
        """The row of a decision, and what is to be read after it."""
        instance = self.instance
        old, mem = float(instance.books["opinion"][0]), instance.mem.copy()
        reports = instance.feed(row)
        with np.errstate(all="ignore"):
            values = self._read(instance.state[0], instance.mem, mem)
        placed = reports["order"][(reports["kind"] == PLACED) & (reports["why"] == SIGNAL)]
        new = float(instance.books["opinion"][0])
        order = int(placed[0]) if len(placed) else 0
        if new == new and new != old:  # what the scout says is a hint: the run itself decides
            self.kept.take((int(row["ts"][0]), float(row["price"][0]), old, new, order), values)
        return reports


class _Followed(_Scouted):
    """Of a compiled one that sees its own book: its scout holds what the run holds, and tells its targets itself."""

    def _sent(self, definition: Definition) -> Instance:
        bars = "start" in (self.instance.layouts["TICK"].names or ())
        variant = backtest_variant(self.instance.terms, bars=bars, legs=self._plan.legs)
        plan = blueprint(definition, self._plan.values, msgspec.structs.replace(variant, signals=True))
        return Instance(plan, self.instance.terms)

    def _equip(self) -> None:
        super()._equip()
        for name in ("books", "account"):
            getattr(self._scout, name).view(np.uint8)[:] = getattr(self.instance, name).view(np.uint8)

    def _changes(self, told: Records) -> Records:
        return told.compress(told["kind"] == SIGNALLED)


class _Heard(Decisions):
    """Of one in ordinary Python."""

    def __init__(self, instance: PythonInstance, plan: Blueprint, most: int | None) -> None:
        self.kept = Signals(plan.name, most)
        super().__init__(instance, self.kept)
        self._read = plain_reader(plan.name, instance.strategy)
        self._long_only = instance.terms.side == "long_flat"
        self._target = np.nan
        self._found: list[tuple[int, float, float, Any]] = []
        self._python = instance

    def begin(self, batch: Records) -> None:
        self._python.around = self._listening  # not while it was warmed up

    def _listening(self, asked: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def heard(what: Any) -> Any:
            target = asked(what)
            if target is not None:
                self._hear(target)
            return target

        return heard

    def _hear(self, given: Any) -> None:
        """A target; what is none ends the run, which says so itself."""
        try:
            target = float(given)
        except (TypeError, ValueError):
            return
        target = 0.0 if self._long_only and target < 0.0 else target + 0.0
        if target == target and target != self._target:
            self._found.append((len(self._python.targets), self._target, target, self._read()))
            self._target = target

    def feed(self, piece: Records) -> Records:
        reports = self.instance.feed(piece)
        if self._found:
            orders = self._orders(piece, reports)
            for row, old, new, values in self._found:
                self.kept.take((int(piece["ts"][row]), float(piece["price"][row]), old, new, orders.get(row, 0)), values)
            self._found = []
        return reports

    def _orders(self, piece: Records, reports: Records) -> dict[int, int]:
        """The orders that were placed, by row."""
        placed = reports.compress((reports["kind"] == PLACED) & (reports["why"] == SIGNAL))
        rows: NDArray[np.int64] = rows_of(piece, placed) if len(placed) else np.empty(0, np.int64)
        return dict(zip(rows.tolist(), placed["order"].tolist(), strict=True))
