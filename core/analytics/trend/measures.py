"""All that is measured of a run of bars before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analytics.trend.changes import change_points
from core.analytics.trend.indicators import PERIOD, directional, efficiency_ratio, rsi
from core.analytics.trend.regression import Estimate, level_lags, mean, return_lags, slope
from core.analytics.trend.swings import Against, against_past, range_ratio, volatility
from core.types import Records

#: Bars without which nothing is said: ADX is known from its 28th on, and errors of fewer points are no more than guesses.
LEAST_BARS = 30

#: The newest bars that are judged, where nobody asks for another number; those before them are their past.
MOST_BARS = 1000

#: Of the bars judged the newest share whose volatility is compared with all before, and the fewest returns for that.
NEWEST, LEAST_NEWEST = 0.2, 10


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured, of `bars` bars; NaN what is not defined for them.

    Attributes:
        first_ns, last_ns: start of the first bar, end of the last, ns UTC.
        missing: intervals between them without a bar.
        low, high, change: least and greatest price, and the last close over the first open, less 1.
        slope: of the line through the log closes, a fraction a bar; its error is made for closes that hang together.
        drift: the mean log return of a bar.
        efficiency: Kaufman's ratio of all bars.
        adx, plus, minus, rsi: Wilder's, of the last bar.
        volatility: a fraction a bar.
        against: the newest of it against its own past, that before the judged bars too.
        range_ratio: of `swings.range_ratio`.
        tails: mean fourth power of returns over the squared mean second, 3 for normal ones.
        changes: starts (ns) of bars in which the returns changed their mean or spread for good.
    """

    bars: int
    interval_ns: int
    first_ns: int
    last_ns: int
    missing: int
    low: float
    high: float
    change: float
    slope: Estimate
    drift: Estimate
    efficiency: float
    adx: float
    plus: float
    minus: float
    rsi: float
    volatility: float
    against: Against
    range_ratio: float
    tails: float
    changes: list[int]


def measure(bars: Records, interval_ns: int, most: int = MOST_BARS) -> Measures:
    """Measure the newest bars.

    Args:
        bars: OHLCV records of one symbol, oldest first, shape (n,) with n >= `LEAST_BARS`, every price finite and above 0 and not all of
            the last `most` closes alike.
        interval_ns: how far bars are apart that follow each other.
        most: how many of them are judged.
    """
    closes = np.log(bars["close"])
    returns, judged = np.diff(closes), bars[-most:]
    logs = closes[-most:]
    own = np.diff(logs)
    time = (judged["start"] - judged["start"][0]) / interval_ns
    moves = directional(judged["high"], judged["low"], judged["close"])
    a_bar = volatility(own)
    newest = max(int(NEWEST * len(own)), LEAST_NEWEST)
    return Measures(
        bars=len(judged), interval_ns=interval_ns, first_ns=int(judged["start"][0]), last_ns=int(judged["start"][-1]) + interval_ns,
        missing=max(round(float(time[-1])) + 1 - len(judged), 0),
        low=float(judged["low"].min()), high=float(judged["high"].max()), change=float(judged["close"][-1] / judged["open"][0]) - 1.0,
        slope=slope(time, logs, level_lags(len(logs))), drift=mean(own, return_lags(len(own))),
        efficiency=float(efficiency_ratio(judged["close"], len(judged) - 1)[-1]),
        adx=float(moves.adx[-1]), plus=float(moves.plus[-1]), minus=float(moves.minus[-1]), rsi=float(rsi(judged["close"], PERIOD)[-1]),
        volatility=a_bar, against=against_past(returns, newest), range_ratio=range_ratio(logs, a_bar), tails=_tails(own),
        changes=judged["start"][[at + 1 for at in change_points(own)]].tolist(),
    )  # fmt: skip


def _tails(returns: NDArray[np.float64]) -> float:
    squares = returns * returns
    return float((squares * squares).mean() / squares.mean() ** 2)
