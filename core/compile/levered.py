"""What a person or a venue does to a strategy between two ticks: the same live, in a recovery and in an audit."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.commands import Hear, Reduce, Said, SetLimits, SetStops, Terms, with_stops
from core.compile.blueprint import Blueprint, limits_record, terms_record
from core.compile.extras import Acts
from core.errors import StrategyError
from core.kernels import levers
from core.kernels.guards import lift
from core.kernels.records import REPORT
from core.lever_orders import Executed, Unplaced
from core.types import SECOND, Records, copied

NOTHING: Records = np.empty(0, REPORT)

#: What `Levered.pull` does.
PULLED = ("pause", "resume", "flatten", "reduce", "stops", "limits", "hear", "executed", "unplaced")

#: Of these, what a strategy that is closing is not told: it would take back its exit.
STAYING = ("pause", "resume", "reduce")


class Levered:
    """The levers of an instance, on the records it runs on."""

    plan: Blueprint
    terms: Terms
    state: Any
    books: Any
    account: Any
    layouts: dict[str, np.dtype[Any]]
    _terms: Any
    _limits: Any
    _reports: Any
    _rows: Records
    _acts: Acts
    _guards: bool

    def pull(self, lever: str, said: Said, after: int = 0) -> Records:
        """One of PULLED, and what goes with it, after the tick of a seq; returns what the loop reported.

        Raises:
            StrategyError: it is not one of them, or lacks what goes with it.
        """
        if lever == "pause":
            return self.pause()
        if lever == "flatten":
            return self.flatten()
        if lever == "limits" and isinstance(said, SetLimits):
            return self.limit(said)
        if lever == "reduce" and isinstance(said, Reduce):
            return self.reduce(said.pct / 100.0)
        if lever == "executed" and isinstance(said, Executed):
            return self.execute(said, after)
        if lever == "unplaced" and isinstance(said, Unplaced):
            return self.unplace(said)
        if lever == "stops" and isinstance(said, SetStops):
            self.protect(said)
        elif lever == "hear" and isinstance(said, Hear):
            self.hear(said)
        elif lever == "resume":
            self.resume()
        else:
            raise StrategyError(f"{lever} is nothing that is done to a strategy")
        return NOTHING

    def pause(self) -> Records:
        """No more orders for signals; working ones are cancelled."""
        return self._take(levers.pause(self.account[0], self.books, self._reports, self._acts))

    def resume(self) -> None:
        """Signals trade again, whatever protections locked: they start over from here."""
        self.unpause()
        if self._guards:
            lift(self.account[0], self.books)

    def unpause(self) -> None:
        """Signals trade again, but for what protections locked."""
        levers.resume(self.account[0])

    def flatten(self) -> Records:
        """Close every leg, latched."""
        return self._take(levers.flatten(self.account[0], self.books, self._terms[0], self._reports, self._acts))

    def close(self) -> Records:
        """Close every leg and trade no more; an exit under way goes on."""
        reports = self.flatten()
        self.account.paused = 1
        return reports

    def reduce(self, share: float) -> Records:
        """Close a share of each leg's position, keep the rest latched."""
        return self._take(levers.reduce(self.account[0], self.books, self._terms[0], self._limits[0], self._reports, self._acts, share))

    def protect(self, stops: SetStops) -> None:
        """Other stops from the next tick on. They are no part of a snapshot: who restores one gives the terms of that moment."""
        self.terms = with_stops(self.terms, stops)
        self._terms.view(np.ndarray)[:] = terms_record(self.terms, self.layouts["TERMS"])

    def hear(self, said: Hear) -> None:
        """From the next tick on this is what a source said last."""
        if said.source in self.plan.sources:
            self.put_heard(said.leg * len(self.plan.sources) + self.plan.sources.index(said.source), said)

    def put_heard(self, place: int, said: Hear) -> None:
        """Keep it where the strategy looks for it."""
        self.state.view(np.ndarray)["heard"][0, place] = (said.side, said.confidence, said.at, said.until)

    def limit(self, limits: SetLimits | None) -> Records:
        """Set the account-level limits; working orders they forbid are cancelled or cut."""
        self._limits[:] = limits_record(limits)
        return self._take(levers.limit(self.account[0], self.books, self._terms[0], self._limits[0], self._reports, self._acts))

    def execute(self, done: Executed, after: int) -> Records:
        """A venue executed something, which became known after the tick of a seq."""
        qty, position, price = float(done.qty), float(done.position), float(done.price)
        return self._take(
            levers.executed(
                self.account[0], self.books, self._terms[0], self._reports, self._acts, done.leg, done.order, qty, position, price,
                done.fee, done.ts_ns, after,
            )
        )  # fmt: skip

    def unplace(self, over: Unplaced) -> Records:
        """An order came to nothing, or to less than it was for."""
        wait = round(over.wait_s * SECOND)
        return self._take(levers.unplaced(self.account[0], self.books[over.leg], self._reports, self._acts, over.leg, over.order, wait))

    def _take(self, n: int) -> Records:
        return copied(self._rows[:n])
