"""What a run came to, beyond the account's own figures: of its trades, of its time, and a year's worth. docs/results.md has every formula.

What does not exist is None; nothing is NaN or infinite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.records import STOP_LOSS, TAKE_PROFIT, TRAILING
from core.research.metrics import DAYS_A_YEAR, LEAST_SPAN_NS, Run, daily_changes, finite
from core.research.trips import WATCHED
from core.research.underwater import Falls
from core.research.yearly import cagr, calmar, volatility_and_sortino
from core.types import DAY, MINUTE, Records

#: A rate a day is not made of less than this.
LEAST_DAILY_NS = 60 * MINUTE

_SECOND = 1e9


def figures(run: Run, trips: Records, fills: Records, falls: Falls | None) -> dict[str, Any]:
    """All of them, JSON-ready.

    Args:
        trips: the closed ones, TRIP records.
        fills: FILL reports of the run, from flat.
        falls: how long equity lay under its peak; None where nobody watched.
    """
    with np.errstate(all="ignore"):  # what overflows is not finite, and so None
        return _of_trips(trips, run.fees) | _of_time(run, fills) | of_days(run) | _of_falls(run, falls)


def _of_trips(trips: Records, fees: float) -> dict[str, Any]:
    """Of closed round trips; a win has a result above zero after fees."""
    net, gross, duration = trips["net"], trips["gross"], trips["duration_ns"]
    won, lost = net[net > 0.0], net[~(net > 0.0)]
    average_win, average_loss = _mean(won), _mean(-lost)
    before_fees = float(gross[gross > 0.0].sum())
    return {
        "expectancy": _mean(net),
        "expectancy_gross": _mean(gross),
        "expectancy_pct": _mean(trips["net_pct"]),
        "average_win": average_win,
        "average_loss": average_loss,
        "payoff_ratio": finite(average_win / average_loss) if average_win is not None and average_loss else None,
        "largest_win": finite(won.max()) if len(won) else None,
        "largest_loss": finite(0.0 - lost.min()) if len(lost) else None,
        "consecutive_wins": longest_row(net > 0.0),
        "consecutive_losses": longest_row(~(net > 0.0)),
        "fees_share": finite(fees / before_fees) if before_fees > 0.0 else None,
        "average_holding_s": _mean(duration / _SECOND),
        "longest_holding_s": finite(duration.max() / _SECOND) if len(trips) else None,
        **{f"average_{name}": _mean(trips[name]) for name in WATCHED[2:]},
    }


def _of_time(run: Run, fills: Records) -> dict[str, Any]:
    """Of the span from the first to the last tick, or to the end of the last bar."""
    span = run.last_ns + run.interval_ns - run.first_ns
    days = span / DAY if span >= LEAST_DAILY_NS else None
    traded = float((np.abs(fills["qty"]) * fills["price"]).sum())
    held = float(held_until(fills, np.array([run.last_ns + run.interval_ns]), run.interval_ns)[0])
    return {
        "exposure": finite(held / span) if span > 0 else None,
        "turnover": finite(traded / run.capital / days) if days else None,
        "net_pnl_day": finite((run.equity - run.capital) / days) if days else None,
    }


def of_days(run: Run) -> dict[str, Any]:
    """Of the changes of equity from UTC day to UTC day, and a year's worth of them, JSON-ready."""
    changes = daily_changes(run.boundaries_ns, run.equities, run.equity, run.first_ns, run.last_ns, run.capital)
    span = run.last_ns + run.interval_ns - run.first_ns
    known, yearly = len(changes) > 1, span >= LEAST_SPAN_NS
    deviation, sortino = volatility_and_sortino(changes / run.capital) if yearly else (None, None)
    growth = cagr(run.capital, run.equity, span / (DAYS_A_YEAR * DAY)) if yearly else None
    return {
        "best_day": finite(changes.max()) if known else None,
        "worst_day": finite(changes.min()) if known else None,
        "cagr": growth,
        "volatility": deviation,
        "sortino": sortino,
        "calmar": calmar(growth, run.max_drawdown_pct / 100),
    }


def _of_falls(run: Run, falls: Falls | None) -> dict[str, Any]:
    names = ("max_drawdown_s", "max_drawdown_recovered", "underwater", "longest_underwater_s")
    if falls is None:
        return dict.fromkeys(names)
    span = run.last_ns + run.interval_ns - run.first_ns
    deepest = None if falls.deepest_ns is None else falls.deepest_ns / _SECOND
    share = finite(falls.total_ns / span) if span > 0 else None
    return dict(zip(names, (deepest, falls.recovered, share, falls.longest_ns / _SECOND), strict=True))


def held_until(fills: Records, times: NDArray[np.int64], interval_ns: int) -> NDArray[np.float64]:
    """How long (ns) something was held up to each of these times (ns UTC)."""
    when, held = turns(fills, interval_ns)
    so_far = np.concatenate([[0], np.cumsum(np.diff(when) * held[:-1])])
    at = np.searchsorted(when, times, side="right") - 1
    return np.asarray(so_far[at] + held[at] * (times - when[at]), np.float64)


def turns(fills: Records, interval_ns: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Since when (ns UTC) something is held or is not, and which: of the beginning of time and of each fill.

    A fill at the open of a bar happened when the bar opened, though it carries the time of its close; a stop inside a bar is taken for
    its close.
    """
    inside = np.isin(fills["why"], (STOP_LOSS, TAKE_PROFIT, TRAILING))
    when = np.concatenate([[0], np.where(inside, fills["ts"], fills["ts"] - interval_ns)])
    return when, np.concatenate([[False], _holds(fills)])


def _holds(fills: Records) -> NDArray[np.bool_]:
    """After each fill, whether any leg holds something."""
    held: NDArray[np.bool_] = fills["position"] != 0.0
    legs = np.unique(fills["leg"])
    if len(legs) <= 1:
        return held
    any_leg = np.zeros(len(fills), np.bool_)
    for leg in legs:
        newest = np.maximum.accumulate(np.where(fills["leg"] == leg, np.arange(len(fills)), -1))
        any_leg |= (newest >= 0) & held[newest]
    return any_leg


def longest_row(of: NDArray[np.bool_]) -> int:
    """The most that are true one after the other."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], of, [False]])))
    return int((ends[1::2] - ends[0::2]).max(initial=0))


def _mean(values: NDArray[np.float64]) -> float | None:
    return finite(values.mean()) if len(values) else None
