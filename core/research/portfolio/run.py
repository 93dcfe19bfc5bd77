"""One portfolio run: every leg by the loop of a backtest, on a book of its own, put together afterwards on one account.

Legs do not wait for each other's money: as with strategies that trade live, nothing a leg does depends on another one. What they would
have needed beyond the capital is told (`together.overdrawn`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import CockpitError
from core.research.backtest import Result, run_over
from core.research.portfolio.legs import Ask, Known, Leg, order_of, understood
from core.research.portfolio.marks import Marks, Traded, marks_of, total
from core.research.portfolio.rows import Held, Telling, key_of, read_rows
from core.research.portfolio.sizes import by_risk, quantity
from core.research.warming import reach_of


@dataclass(frozen=True)
class LegRun:
    """A leg that has run.

    Attributes:
        weight: share of the capital it was sized by; None where it has a quantity of its own.
        qty: size of one unit of target, of what the terms' `size` says.
        result: what `cockpit backtest` gives for the same words and this quantity, on all of the account's capital.
        rows: those it traded.
    """

    leg: Leg
    weight: float | None
    qty: float
    result: Result
    rows: Held


@dataclass(frozen=True)
class Portfolio:
    """What came out.

    Attributes:
        runs: the legs that ran, as they were asked for; at least one.
        failed: why the others did not, by their names.
        tried: symbol, first and last time (ns UTC) of the rows of every leg that was run, also of those that failed.
        measured_ns: from when to when risk was measured that legs are weighed by, ns UTC; None: it was not.
        elapsed_s: seconds it took.
    """

    ask: Ask
    runs: list[LegRun]
    failed: dict[str, str]
    tried: dict[str, tuple[str, int, int]]
    marks: Marks
    measured_ns: tuple[int, int] | None
    elapsed_s: float

    @property
    def symbols(self) -> list[str]:
        """`venue:SYMBOL` of each leg that ran."""
        return [run.rows.symbol for run in self.runs]

    @property
    def equity(self) -> NDArray[np.float64]:
        """(m,) of the account at each mark, quote currency."""
        return np.asarray(self.ask.capital + total(self.marks.pnl))


def run_portfolio(ask: Ask, telling: Telling | None = None, stage: Callable[[str], None] | None = None) -> Portfolio:
    """Run it.

    Args:
        telling: called with a source and the rows of it done so far.
        stage: called with what is about to be done: `read 1/6`.

    Raises:
        UsageError: a leg is refused, before anything has run; the line names it.
        CockpitError: every leg failed.
    """
    began = time.perf_counter()
    known = understood(ask)
    rows = read_rows(ask, known, telling, stage)
    failed: dict[str, str] = {}
    ready: list[tuple[Known, Held]] = []
    for one in known:
        held = rows[key_of(one.leg)]
        if isinstance(held, str):
            failed[one.leg.name] = held
        else:
            ready.append((replace(one, leg=one.leg.priced(held.symbol)), held))
    had_rows = ready
    weights, begin, measured = {one.leg.name: one.leg.weight for one in known}, ask.from_ns, None
    if ask.by_risk and ready:
        sizes = by_risk(ask, ready, stage)
        weights, begin = dict(sizes.weights), sizes.from_ns
        measured = (max(ask.from_ns or 0, min(int(held.when[0]) for _, held in ready)), begin)
        failed |= sizes.failed
        ready = [(one, held) for one, held in ready if one.leg.name not in sizes.failed]
    runs = []
    for number, (one, held) in enumerate(ready, 1):
        if stage is not None:
            stage(f"leg {number}/{len(ready)}")
        try:
            runs.append(_run(ask, one, held, weights[one.leg.name], begin, telling))
        except CockpitError as error:
            failed[one.leg.name] = str(error)
    if not runs:
        raise CockpitError("; ".join(f"leg {name}: {why}" for name, why in failed.items()))
    marks = marks_of([Traded(run.rows, run.result.executed, run.result.funded) for run in runs], ask.capital)
    ordered = {one.leg.name: failed[one.leg.name] for one in known if one.leg.name in failed}
    tried = {one.leg.name: (held.symbol, int(held.when[0]), held.last_ns) for one, held in had_rows}
    return Portfolio(ask, runs, ordered, tried, marks, measured, time.perf_counter() - began)


def _run(ask: Ask, known: Known, held: Held, weight: float | None, begin: int | None, telling: Telling | None) -> LegRun:
    traded = held.between(begin, None)
    qty = known.leg.terms.qty if weight is None or not len(traded.rows) else quantity(weight, ask, known.leg, traded)
    reach = reach_of(known.definition, known.leg.params, begin, held.interval_ns)
    result = run_over(held.between(reach, None), order_of(ask, known.leg, qty, begin), known.definition, telling)
    return LegRun(known.leg, weight, qty, result, traded)
