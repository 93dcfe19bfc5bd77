"""How much each leg trades: its own quantity, a share of the capital, or a share by its risk before it is traded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import CockpitError, UsageError
from core.research.backtest import run_over
from core.research.metrics import ROUNDING
from core.research.portfolio.legs import Ask, Known, Leg, order_of
from core.research.portfolio.marks import Traded, marks_of, step_of
from core.research.portfolio.rows import Held

#: Risk is measured in the first one of so many parts of the span, and what was measured is traded in the others only.
MEASURED = 3

#: Digits of a quantity made of a weight, so that the one printed is the one traded.
DIGITS = 6


@dataclass(frozen=True)
class Sizes:
    """What came of measuring.

    Attributes:
        weights: by leg, adding up to 1.
        failed: why a leg could not be measured, by its name.
        from_ns: where trading begins, ns UTC.
    """

    weights: dict[str, float]
    failed: dict[str, str]
    from_ns: int


def quantity(weight: float, ask: Ask, leg: Leg, rows: Held) -> float:
    """What `qty` is of a leg that is to have so much of the capital: base currency worth it at the first price of the rows; or what
    `size` says, quote currency or percent of equity."""
    price = float(rows.rows["open" if rows.bars else "price"][0])
    whole = {"units": ask.capital / price, "quote": ask.capital, "equity_pct": 100.0}[leg.terms.size]
    return float(f"{weight * whole:.{DIGITS}g}")


def by_risk(ask: Ask, legs: Sequence[tuple[Known, Held]], stage: Callable[[str], None] | None = None) -> Sizes:
    """Weights by the inverse of the volatility that each leg has on the same capital, in the first third of the span; no later row is
    looked at.

    Raises:
        UsageError: a leg made the same in each period of it, nothing perhaps: it has no volatility.
    """
    first = max(ask.from_ns or 0, min(int(rows.when[0]) for _, rows in legs))
    last = max(rows.last_ns for _, rows in legs)
    step = step_of(last - first, min(rows.interval_ns for _, rows in legs))
    split = ((first + (last - first) // MEASURED) // step + 1) * step
    inverse: dict[str, float] = {}
    failed: dict[str, str] = {}
    for number, (known, rows) in enumerate(legs, 1):
        if stage is not None:
            stage(f"risk {number}/{len(legs)}")
        try:
            inverse[known.leg.name] = 1.0 / _volatility(ask, known, rows.between(known.reach_ns, split))
        except UsageError:
            raise
        except CockpitError as error:
            failed[known.leg.name] = str(error)
    whole = math.fsum(inverse.values())
    return Sizes({name: value / whole for name, value in inverse.items()}, failed, split)


def _volatility(ask: Ask, known: Known, rows: Held) -> float:
    """Deviation of what a leg makes with a position as large as the capital, for √ns, so that legs may have rows of other spans."""
    traded = rows.between(ask.from_ns, None)
    if not len(traded.rows):
        raise UsageError(f"leg {known.leg.name}: no rows in the first third of the span, where risk is measured: give weights instead")
    order = order_of(ask, known.leg, quantity(1.0, ask, known.leg, traded))
    result = run_over(rows, order, known.definition)
    marks = marks_of([Traded(traded, result.executed, result.funded)], ask.capital)
    changes = marks.changes[0]
    deviation = float(changes.std(ddof=1)) if len(changes) > 1 else 0.0
    if not math.isfinite(deviation) or deviation <= ROUNDING * float(np.abs(changes).max()):
        raise UsageError(
            f"leg {known.leg.name}: no volatility in the first third of the span, where risk is measured: give weights instead"
        )
    return deviation / math.sqrt((marks.last_ns + 1 - marks.first_ns) / len(changes))
