"""All figures of one pair together, each that does not exist with the reason: what a command or a screen shows of two legs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, pending
from core.analytics.pairs.adf import LEAST as ADF_BARS
from core.analytics.pairs.adf import UnitRoot, adf
from core.analytics.pairs.engle_granger import engle_granger
from core.analytics.pairs.half_life import LEAST as HALF_LIFE_BARS
from core.analytics.pairs.half_life import half_life
from core.analytics.pairs.huber import fit_huber
from core.analytics.pairs.hurst import LEAST as HURST_BARS
from core.analytics.pairs.hurst import hurst
from core.analytics.pairs.johansen import Johansen, johansen
from core.analytics.pairs.kalman import START, Path, fit_kalman
from core.analytics.pairs.line import Line, fit_ols
from core.analytics.pairs.theil_sen import fit_theil_sen
from core.analytics.pairs.windows import beta, correlation, zscore

T = TypeVar("T")

#: How a hedge ratio is found.
Method: TypeAlias = Literal["ols", "huber", "theil_sen", "kalman"]
METHODS: tuple[Method, ...] = get_args(Method)

#: The share of the bars, from the first on, in which the legs were cointegrated before.
EARLIER = 2 / 3


@dataclass(frozen=True, slots=True)
class How:
    """How a pair is measured.

    Attributes:
        window: bars of z-score, rolling correlation and rolling beta, 3 or more.
        method: whose hedge ratio makes the spread.
        log: of the logarithms of prices, so that a hedge ratio is money in B for each 1 in A, and does not depend on the units of either;
            else of prices, so that it is units of B for each unit of A.
    """

    window: int = 60
    method: Method = "ols"
    log: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where it does not exist, and then `absent` has the reason under the same name.

    Attributes:
        n: bars.
        hedge_ratio: by method; of kalman the newest one.
        spread: (m,) m <= n, leg A less its line on leg B; of kalman less what was forecast of it. Empty where there is no line.
        zscore: in deviations of the window.
        half_life: bars.
        correlation: of the changes from bar to bar over all bars; `rolling_correlation`, `rolling_beta` over the window.
        adf: of the spread. coint: Engle and Granger's, of the legs. earlier: the same of the first two thirds of the bars.
    """

    n: int
    hedge_ratio: dict[Method, float | None]
    spread: Floats
    zscore: float | None
    half_life: float | None
    correlation: float | None
    rolling_correlation: float | None
    rolling_beta: float | None
    adf: UnitRoot | None
    coint: UnitRoot | None
    earlier: UnitRoot | None
    johansen: Johansen | None
    hurst: float | None
    absent: dict[str, str]


def measure(a: Floats, b: Floats, how: How) -> Figures:
    """Measure two legs.

    Args:
        a, b: prices above zero of leg A and of leg B at the same bars, shape (n,).
    """
    found = _Found()
    with np.errstate(all="ignore"):  # what overflows is not finite, and so absent
        y, x = (np.log(a), np.log(b)) if how.log else (a, b)
        lines, path = _lines(y, x, found)
        spread = _spread(y, x, lines, path, how.method)

        def why(least: int) -> str:
            """Why there is no spread; of too few bars, how many a figure of it needs that itself needs so many."""
            if len(spread):
                return ""
            missing = least + (START if how.method == "kalman" else 0) - len(y)
            return pending(missing) if found.absent[how.method].startswith("PENDING") and missing > 0 else found.absent[how.method]

        return Figures(
            n=len(y),
            hedge_ratio={name: None if line is None else line.slope for name, line in lines.items()},
            spread=spread,
            zscore=found.take("zscore", lambda: zscore(spread, how.window), why(how.window)),
            half_life=found.take("half_life", lambda: half_life(spread), why(HALF_LIFE_BARS)),
            correlation=found.take("correlation", lambda: correlation(y, x)),
            rolling_correlation=found.take("rolling_correlation", lambda: correlation(y, x, how.window)),
            rolling_beta=found.take("rolling_beta", lambda: beta(y, x, how.window)),
            adf=found.take("adf", lambda: adf(spread), why(ADF_BARS)),
            coint=found.take("coint", lambda: engle_granger(y, x)),
            earlier=found.take("earlier", lambda: _earlier(y, x)),
            johansen=found.take("johansen", lambda: johansen(y, x)),
            hurst=found.take("hurst", lambda: hurst(spread), why(HURST_BARS)),
            absent=found.absent,
        )


def spread_by(a: Floats, b: Floats, how: How) -> Floats:
    """The spread of two legs alone, as `measure` has it, by one method: shape (m,), m <= n.

    Raises:
        Absent: there is no line.
    """
    fits: dict[Method, Callable[[Floats, Floats], Line]] = {"ols": fit_ols, "huber": fit_huber, "theil_sen": fit_theil_sen}
    with np.errstate(all="ignore"):
        y, x = (np.log(a), np.log(b)) if how.log else (a, b)
        if how.method == "kalman":
            return _spread(y, x, {}, fit_kalman(y, x), how.method)
        return _spread(y, x, {how.method: fits[how.method](y, x)}, None, how.method)


class _Found:
    """Takes figures, and notes why there is none."""

    def __init__(self) -> None:
        self.absent: dict[str, str] = {}

    def take(self, name: str, work: Callable[[], T], known: str = "") -> T | None:
        if not known:
            try:
                return work()
            except Absent as why:
                known = str(why)
        self.absent[name] = known
        return None


def _lines(y: Floats, x: Floats, found: _Found) -> tuple[dict[Method, Line | None], Path | None]:
    path = found.take("kalman", lambda: fit_kalman(y, x))
    return {
        "ols": found.take("ols", lambda: fit_ols(y, x)),
        "huber": found.take("huber", lambda: fit_huber(y, x)),
        "theil_sen": found.take("theil_sen", lambda: fit_theil_sen(y, x)),
        "kalman": None if path is None else path.last,
    }, path


def _spread(y: Floats, x: Floats, lines: dict[Method, Line | None], path: Path | None, method: Method) -> Floats:
    if method == "kalman":
        return np.empty(0) if path is None else path.spread[np.flatnonzero(np.isfinite(path.spread))]
    line = lines[method]
    return np.empty(0) if line is None else _without_rounding(line.residuals(y, x), y)


def _without_rounding(spread: Floats, y: Floats) -> Floats:
    """Legs that move as one leave nothing but the last digits of their numbers."""
    return spread if float(np.abs(spread).max()) > 1e-12 * float(np.abs(y).max()) else np.zeros(len(spread))


def _earlier(y: Floats, x: Floats) -> UnitRoot:
    until = earlier_bars(len(y))
    return engle_granger(y[:until], x[:until])


def earlier_bars(n: int) -> int:
    """How many of n bars are the earlier ones."""
    return int(n * EARLIER)
