"""The numbers behind a verdict, each with its unit and a plain sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.analytics.trend.indicators import PERIOD
from core.analytics.trend.measures import Measures
from core.analytics.trend.model import DIRECTION, SWINGS
from core.analytics.trend.regression import level_lags, return_lags
from core.analytics.trend.swings import a_year
from core.clock import iso
from core.types import SECOND

#: Standard errors that chance alone seldom (1 in 20) makes.
SIGNIFICANT = 1.96

#: Wilder's own: below 20 no direction, from 25 on one.
_ADX_NONE, _ADX_SOME = 20.0, 25.0
_RSI_LOW, _RSI_HIGH = 30.0, 70.0

#: Of random walks about 1 in 20 have a range below, and 1 in 10 one above.
_LEVEL, _WIDE = 1.0, 2.25


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number.

    Attributes:
        value: finite; None where there is none.
        weighed: whether it is one of those the verdict is a sum of; the others are only told.
    """

    name: str
    value: float | None
    unit: str
    sentence: str
    weighed: bool


def evidence_of(found: Measures) -> list[Evidence]:
    """All of them, direction first."""
    return [*_direction(found), *_swings(found), *_changes(found)]


def _direction(found: Measures) -> list[Evidence]:
    """Where it goes, and how surely."""
    slope, drift, bars = found.slope, found.drift, found.bars
    stronger = "upward" if found.plus >= found.minus else "downward"
    return [
        _one("slope", 100 * slope.value, "% a bar", f"the line through the log prices {'rises' if slope.value >= 0.0 else 'falls'}"),
        _one("slope_t", slope.t, "standard errors from 0", _surely(slope.t, level_lags(bars), "far, but so is many a walk at random")),
        _one("drift", 100 * drift.value, "% a bar", f"a bar's mean return is {'a gain' if drift.value >= 0.0 else 'a loss'}"),
        _one("drift_t", drift.t, "standard errors from 0", _surely(drift.t, return_lags(bars - 1), "seldom by chance")),
        _one("efficiency_ratio", found.efficiency, "0 to 1", "how much of the way led somewhere; 1 is a straight line (Kaufman's)"),
        _one("adx", found.adx, "0 to 100", _adx(found.adx)),
        _one("plus_di", found.plus, "0 to 100", "how much of the movement lately pointed up (Wilder's +DI)"),
        _one("minus_di", found.minus, "0 to 100", f"how much pointed down (-DI): the {stronger} part is the greater one"),
        _one("rsi", found.rsi, "0 to 100", _rsi(found.rsi)),
    ]  # fmt: skip


def _swings(found: Measures) -> list[Evidence]:
    """How wide it swings."""
    yearly, against = 100 * a_year(found.volatility, found.interval_ns), found.against
    past = f"of {against.values} earlier stretches as long as the newest {against.returns} bars so many were calmer"
    if not against.values:
        past = f"too little came before the newest {against.returns} bars to compare them with"
    wide = "wider" if against.ratio >= 1.0 else "less wide"
    return [
        _one("volatility", 100 * found.volatility, "% a bar", "the typical return of a bar, up or down"),
        _one("volatility_year", yearly, "% a year", "the same by the square root of time"),
        _one("volatility_percentile", against.percentile, "% of its past", past),
        _one("volatility_ratio", against.ratio, "times its past", f"the newest {against.returns} bars swing {wide} than was usual before"
             if math.isfinite(against.ratio) else past),
        _one("range_ratio", found.range_ratio, "times volatility · √bars", _range(found.range_ratio)),
        _one("tails", found.tails, "kurtosis", "3 without jumps; the more, the more of the way was made by a few bars"),
    ]  # fmt: skip


def _changes(found: Measures) -> list[Evidence]:
    count = len(found.changes)
    if not count:
        return [
            _one("change_points", 0, "changes", "returns kept their mean and their spread through all bars"),
            _one("bars_since_change", None, "bars", "there was no change"),
        ]
    newest = found.changes[-1]
    since = round((found.last_ns - newest) / found.interval_ns)
    when = f"{iso(newest - newest % SECOND)[:19]}Z"
    times = "once" if count == 1 else f"{count} times"
    return [
        _one("change_points", count, "changes", f"returns changed their mean or spread for good {times}, last at {when}"),
        _one("bars_since_change", since, "bars", "since the newest of them: what was before it may not go on"),
    ]


def _one(name: str, value: float | None, unit: str, sentence: str) -> Evidence:
    if value is not None and not math.isfinite(value):
        value, sentence = None, sentence if sentence.startswith("too little") else "there is none for these bars"
    return Evidence(name, value, unit, sentence, name in DIRECTION or name in SWINGS)


def _surely(t: float, lags: int, far: str) -> str:
    sure = far if abs(t) >= SIGNIFICANT else "chance often makes as much"
    return f"{sure}; the error knows what {lags} {'bar has' if lags == 1 else 'bars have'} in common (Newey-West)"


def _adx(value: float) -> str:
    word = "a direction" if value >= _ADX_SOME else "no direction" if value < _ADX_NONE else "hardly a direction"
    return f"{word} lately, by Wilder's bounds of 20 and 25 (over {PERIOD} bars)"


def _rsi(value: float) -> str:
    word = "mostly gains lately" if value >= _RSI_HIGH else "mostly losses lately" if value <= _RSI_LOW else "gains and losses lately"
    return f"{word} (Wilder's, over {PERIOD} bars)"


def _range(value: float) -> str:
    if value < _LEVEL:
        return "the range is narrow: the price returns to its level; a random walk has 1.6"
    return "the range is wide: the price went somewhere; a random walk has 1.6" if value > _WIDE else "the range of a random walk is 1.6"
