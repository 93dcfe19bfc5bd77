"""The Sharpe ratio of all strategies together: of the daily changes of their equities' sum."""

from __future__ import annotations

from core.engine.roster import Roster
from core.research.metrics import LEAST_SPAN_NS, sharpe_daily


class AccountSharpe:
    """Sums the strategies' midnights once a day, not at every look."""

    def __init__(self) -> None:
        self._members: tuple[tuple[str, int, float], ...] = ()
        self._ends: list[int] = []
        self._equities: list[float] = []

    def of(self, roster: Roster, equity: float, capital: float) -> float | None:
        """Of its daily changes so far, today's included; None before the first midnight two days after the first strategy began.

        Args:
            equity, capital: of all together, in quote currency; a strategy counts with its capital before its first midnight.
        """
        members = tuple((entry.id, len(entry.days), entry.terms.capital) for entry in roster)
        if members != self._members:
            self._members = members
            self._ends = sorted(set().union(*(entry.days for entry in roster)))
            self._equities = _summed(roster, self._ends)
        ends = self._ends
        if not ends or ends[-1] - min(entry.begun_ns for entry in roster) < LEAST_SPAN_NS:
            return None
        return sharpe_daily(ends, self._equities, equity, ends[0] - 1, ends[-1], capital)


def _summed(roster: Roster, ends: list[int]) -> list[float]:
    """Equity of all together at each of these midnights."""
    found = [0.0] * len(ends)
    for entry in roster:
        held = entry.terms.capital
        for at, midnight in enumerate(ends):
            held = entry.days.get(midnight, held)
            found[at] += held
    return found
