"""Whether a source lets sizes by volatility be had: returns must be short against the half-life of what they weigh."""

from __future__ import annotations

from core.commands import Terms
from core.errors import UsageError
from core.types import interval_text

#: Bars a half-life must have, for the weights of its returns to add up to what makes volatility known.
LEAST_BARS = 15

_HOUR_NS = 3_600_000_000_000


def refuse_long_bars(terms: Terms, interval_ns: int) -> None:
    """Let no run begin that could never know the volatility its sizes are made of.

    Args:
        interval_ns: length of a bar of the source; 0 for ticks.

    Raises:
        UsageError: the half-life is too short for the bars.
    """
    if terms.size != "vol_pct" or terms.vol_half_life_hours * _HOUR_NS >= LEAST_BARS * interval_ns:
        return
    least = LEAST_BARS * interval_ns / _HOUR_NS
    raise UsageError(
        f"size vol_pct: a half-life of {terms.vol_half_life_hours:g} hours is too short for bars of {interval_text(interval_ns)}: "
        f"vol_half_life_hours must be at least {least:g}, which is {LEAST_BARS} bars"
    )
