"""What a run came to: figures from the loop's account and its daily marks, each None where it does not exist.

| key | is |
| --- | --- |
| `ticks`, `trades`, `fills` | ticks (or bars) seen; closed round trips; executions |
| `win_rate` | trades with a result above zero after their fees / trades, 0..1 |
| `gross_profit`, `gross_loss` | sums of the results, after fees, of winning and of losing trades; the loss as a positive figure |
| `fees` | of all fills; with what funding cost |
| `funding` | how much of the fees that is, below 0 where it was received; only of a run that asked for it |
| `net_pnl` | equity less capital: after fees, with the open position marked at the last price |
| `profit_factor` | gross_profit / gross_loss |
| `max_drawdown` | deepest fall of marked equity from the peak before it |
| `max_drawdown_pct` | worst fall in percent of the peak before it |
| `sharpe` | see `sharpe_daily`; None of a span under two days |
| `elapsed_s` | seconds the run took |

Money is in quote currency. `max_drawdown_pct` may belong to another fall than `max_drawdown`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.types import DAY, MINUTE

#: Daily returns whose deviation is this small a part of them differ by rounding only.
ROUNDING = 1e-12
DAYS_A_YEAR = 365  # these markets never close

#: A shorter span has no Sharpe, whatever days it touches: two days, less what a recording of two may lack at its ends.
LEAST_SPAN_NS = 2 * DAY - 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the loop's account and marks say after a run; money in quote currency, times in ns UTC.

    Attributes:
        gross_profit: sum of the results, after fees, of the trades that won.
        gross_loss: the same of those that lost, as a positive figure.
        equity: at the end, the open position at the last price.
        max_drawdown_pct: in percent of the peak it fell from.
        boundaries_ns: UTC midnights at which equity was marked, ascending.
        equities: equity at each.
        first_ns, last_ns: times of the first and last tick, or the starts of the first and last bar.
        interval_ns: length of a bar; 0 for ticks.
    """

    ticks: int
    fills: int
    trades: int
    wins: int
    gross_profit: float
    gross_loss: float
    fees: float
    equity: float
    capital: float
    max_drawdown: float
    max_drawdown_pct: float
    boundaries_ns: ArrayLike
    equities: ArrayLike
    first_ns: int
    last_ns: int
    interval_ns: int = 0


def metrics(run: Run, elapsed_s: float) -> dict[str, Any]:
    """The figures of a run, JSON-ready, by the names in the table above."""
    sharpe = None
    if run.ticks and run.last_ns + run.interval_ns - run.first_ns >= LEAST_SPAN_NS:
        sharpe = sharpe_daily(run.boundaries_ns, run.equities, run.equity, run.first_ns, run.last_ns, run.capital)
    return {
        "ticks": run.ticks,
        "trades": run.trades,
        "fills": run.fills,
        "win_rate": run.wins / run.trades if run.trades else None,
        "gross_profit": finite(run.gross_profit),
        "gross_loss": finite(run.gross_loss),
        "fees": finite(run.fees),
        "net_pnl": finite(run.equity - run.capital),
        "profit_factor": finite(run.gross_profit / run.gross_loss) if run.gross_loss > 0 else None,
        "max_drawdown": finite(run.max_drawdown),
        "max_drawdown_pct": finite(run.max_drawdown_pct),
        "sharpe": sharpe,
        "elapsed_s": elapsed_s,
    }


def finite(value: float) -> float | None:
    """The value, or None where it is NaN or infinite: neither may reach JSON."""
    return float(value) if math.isfinite(value) else None


def daily_changes(boundaries_ns: ArrayLike, equities: ArrayLike, final_equity: float, first_ns: int, last_ns: int, capital: float) -> Any:
    """Change of equity over each UTC day from that of the first tick to that of the last, float64, quote currency.

    The first day starts from `capital`, the last ends at `final_equity`; a day with no mark at its end keeps the equity before it.
    """
    midnights = np.arange(first_ns // DAY + 1, last_ns // DAY + 1) * DAY
    marks = np.concatenate([[capital], np.asarray(equities, np.float64)])
    held = np.searchsorted(np.asarray(boundaries_ns, np.int64), midnights, side="right")
    return np.diff(np.concatenate([[capital], marks[held], [final_equity]]))


def sharpe_daily(
    boundaries_ns: ArrayLike, equities: ArrayLike, final_equity: float, first_ns: int, last_ns: int, capital: float
) -> float | None:
    """Mean over deviation of the daily changes of equity, as fractions of `capital`, a year's worth (times √365).

    After Sharpe, "The Sharpe Ratio" (1994), with a benchmark of zero and the sample deviation (over n - 1). Days are UTC and all
    count, also the first and last, which may be partial, and those without ticks, as zero.

    Args:
        boundaries_ns: UTC midnights at which equity was marked, ascending; midnights between them keep the mark before.
        equities: equity at each, in quote currency.
        final_equity: equity at the end.
        first_ns, last_ns: times of the first and last tick.
        capital: equity at the start.

    Returns:
        None where the ticks touch fewer than two UTC days, or the changes do not differ.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not finite, and so None
        returns = daily_changes(boundaries_ns, equities, final_equity, first_ns, last_ns, capital) / capital
        if len(returns) < 2 or not np.isfinite(returns).all():
            return None
        mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    if deviation <= ROUNDING * float(np.abs(returns).max()):
        return None
    return finite(mean / deviation * math.sqrt(DAYS_A_YEAR))
