"""Figures over the newest bars, and over every stretch of so many bars: z-score, correlation, beta."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told

#: Fewer bars are no window.
LEAST = 3

#: Numbers laid out at once.
_CELLS = 1 << 20


def zscore(spread: Floats, window: int) -> float:
    """(newest spread - mean) / deviation of the newest `window` bars, this one among them; the deviation with n - 1.

    Args:
        spread: shape (n,).
        window: bars, >= 3.

    Raises:
        Absent: too few bars, or a spread that does not move in them.
    """
    values = _newest(window, spread)[0]
    if is_still(values):
        raise Absent("the spread does not move in the window")
    return told((values[-1] - values.mean()) / values.std(ddof=1))


def correlation(y: Floats, x: Floats, window: int | None = None) -> float:
    """Pearson's r of the changes from bar to bar of two legs, -1 to 1; of the newest `window` changes, or of all.

    Args:
        y, x: values of the legs, shape (n,).

    Raises:
        Absent: too few bars, or a leg that does not move.
    """
    a, b = _changes(y, x, window)
    a, b = a - a.mean(), b - b.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return min(1.0, max(-1.0, told(float(a @ b) / float(np.sqrt((a @ a) * (b @ b))))))


def beta(y: Floats, x: Floats, window: int | None = None) -> float:
    """Slope of the changes of y on those of x: by how much leg A moves when leg B moves by one; the rest as of `correlation`."""
    a, b = _changes(y, x, window)
    b = b - b.mean()
    return told(float(b @ a) / float(b @ b))


def rolling_zscore(spread: Floats, window: int) -> Floats:
    """(n,) the z-score at every bar, NaN where there is none."""
    return _rolled(window, lambda part: (part[0][:, -1] - part[0].mean(axis=1)) / _deviation(part[0]), spread)


def rolling_band(spread: Floats, window: int) -> tuple[Floats, Floats]:
    """(n,) mean and (n,) deviation (n - 1) of the `window` bars up to every bar, NaN where there is none or the spread does not move."""
    return _rolled(window, lambda part: part[0].mean(axis=1), spread), _rolled(window, lambda part: _deviation(part[0]), spread)


def rolling_correlation(y: Floats, x: Floats, window: int) -> Floats:
    """(n,) the correlation of the `window` changes up to every bar, NaN where there is none."""
    return np.concatenate([[np.nan], _rolled(window, _correlations, np.diff(y), np.diff(x))])


def rolling_beta(y: Floats, x: Floats, window: int) -> Floats:
    """(n,) the beta of the `window` changes up to every bar, NaN where there is none."""
    return np.concatenate([[np.nan], _rolled(window, _betas, np.diff(y), np.diff(x))])


def _newest(window: int, *series: Floats) -> list[Floats]:
    checked(*series)
    if window < LEAST:
        raise ValueError(f"window is {window}: {LEAST} bars or more are possible")
    enough(series[0], window)
    return [values[len(values) - window :] for values in series]


def _changes(y: Floats, x: Floats, window: int | None) -> tuple[Floats, Floats]:
    checked(y, x)
    enough(y, (LEAST if window is None else window) + 1)
    a, b = np.diff(y), np.diff(x)
    if window is not None:
        a, b = _newest(window, a, b)
    for which, values, leg in (("first", a, y), ("second", b, x)):
        if is_still(values) or float(np.abs(values).max()) <= 1e-14 * float(np.abs(leg).max()):
            raise Absent(f"the {which} leg did not move" + ("" if window is None else " in the window"))
    return a, b


def _rolled(window: int, figure: Callable[[list[Floats]], Floats], *series: Floats) -> Floats:
    if window < LEAST:
        raise ValueError(f"window is {window}: {LEAST} bars or more are possible")
    found = np.full(len(series[0]), np.nan)
    views = [sliding_window_view(values, window) for values in series] if len(series[0]) >= window else []
    rows = max(1, _CELLS // window)
    with np.errstate(all="ignore"):  # what does not exist is NaN here
        for start in range(0, len(views[0]) if views else 0, rows):
            part = figure([view[start : start + rows] for view in views])
            found[window - 1 + start : window - 1 + start + len(part)] = np.where(np.isfinite(part), part, np.nan)
    return found


def _deviation(part: Floats) -> Floats:
    still = part.max(axis=1) - part.min(axis=1) <= 1e-12 * np.abs(part).max(axis=1)
    return np.where(still, np.nan, part.std(axis=1, ddof=1))


def _correlations(part: list[Floats]) -> Floats:
    a, b = (values - values.mean(axis=1, keepdims=True) for values in part)
    return np.asarray((a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1)))


def _betas(part: list[Floats]) -> Floats:
    a, b = part[0], part[1] - part[1].mean(axis=1, keepdims=True)
    return np.asarray((a * b).sum(axis=1) / (b * b).sum(axis=1))
