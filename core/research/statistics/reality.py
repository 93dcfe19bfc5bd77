"""Does the best of many trials beat a benchmark, or is it the best of many by chance? White's reality check and Hansen's test.

Both look at the best of all trials under the hypothesis that none beats the benchmark, and so are made for many tests at once: one
p-value for the whole search, not to be corrected again for the number of trials. It is only right if every trial that was made is
among the columns. They say nothing of the second best.

Sources:

* White, "A Reality Check for Data Snooping", Econometrica 68(5), 2000, section 2.
* Hansen, "A Test for Superior Predictive Ability", Journal of Business & Economic Statistics 23(4), 2005, section 2 and 3.
* Politis, Romano, "The Stationary Bootstrap", Journal of the American Statistical Association 89(428), 1994, lemma 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.research.statistics.deflated import ROUNDING
from core.research.statistics.stationary import CELLS, block_length, draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Superiority:
    """Hansen's test: p-values, 0..1, of "no trial beats the benchmark"; small ones speak against it.

    Attributes:
        lower, consistent, upper: p-values, ascending. They differ in how much trials worse than the benchmark count: not at all, not
            if they are clearly worse, as much as if they were its equal. The one to read is `consistent`.
        statistic: of the best trial: its mean over the error of that, at least 0; without `studentised` its mean times √T.
        best: column of the best trial.
        left_out: trials whose difference to the benchmark never changes, which have no error to divide by.
    """

    lower: float
    consistent: float
    upper: float
    statistic: float
    best: int
    left_out: int


def reality_check(excess: ArrayLike, rng: np.random.Generator, *, block: float | None = None, draws: int = 1000) -> float | None:
    """White's p-value, 0..1, that no trial beats the benchmark; many poor trials raise it.

    It is the share of bootstrap samples whose best mean is at least as far above what it was drawn from as the best of the data.

    Args:
        excess: shape (T, N), return of each period by trial, less that of the benchmark; less 0 where there is none.
        rng: the same seed draws the same samples.
        block: mean length of the blocks drawn, in periods, 1..T; √T where none is given.
        draws: bootstrap samples; the figure moves by about half of 1/√draws from seed to seed, at most.

    Returns:
        None of fewer than two periods or no trial, and where a value is not finite.

    Raises:
        ValueError: a shape, a block or draws that are not possible.
    """
    values = _checked(excess, draws)
    length = block_length(max(1, len(values)), block)
    if len(values) < 2 or not values.size or not np.isfinite(values).all():
        return None
    values = values / (np.abs(values).max() or 1.0)
    mean = values.mean(axis=0)
    maxima = _maxima(values, mean[None], length, draws, rng)[:, 0]
    return float((maxima >= mean.max()).mean())


def superior_ability(
    excess: ArrayLike, rng: np.random.Generator, *, block: float | None = None, draws: int = 1000, studentised: bool = True
) -> Superiority | None:
    """Hansen's test: as `reality_check`, but poor trials hardly count, and each trial is measured by its own error.

    Args:
        excess, rng, block, draws: as for `reality_check`.
        studentised: divide each mean by its error (Hansen's statistic); else compare the means as they are.

    Returns:
        None of fewer than three periods, where no trial is left that differs, and where a value or the statistic is not finite.

    Raises:
        ValueError: a shape, a block or draws that are not possible.
    """
    values = _checked(excess, draws)
    periods = len(values)
    length = block_length(max(1, periods), block)
    if periods < 3 or not values.size or not np.isfinite(values).all():
        return None
    scales = np.abs(values).max(axis=0)
    standard = values / np.maximum(scales, np.finfo(np.float64).tiny)
    columns = np.flatnonzero(standard.std(axis=0) > ROUNDING)
    if not len(columns):
        return None
    scale = 1.0 if studentised else float(scales.max())
    chosen = standard[:, columns] if studentised else values[:, columns] / scale
    deviations = np.sqrt(long_run_variances(chosen, length))
    if studentised:
        chosen, deviations = chosen / deviations, np.ones(len(columns))
    mean = chosen.mean(axis=0)
    bound = -deviations * math.sqrt(2 * math.log(math.log(periods)) / periods)
    centres = np.stack([np.maximum(mean, 0.0), np.where(mean >= bound, mean, 0.0), mean])
    maxima = np.maximum(_maxima(chosen, centres, length, draws, rng), 0.0)
    statistic = max(0.0, float(mean.max()))
    root = math.sqrt(periods) * scale
    if not math.isfinite(statistic * root):
        return None
    lower, consistent, upper = (maxima >= statistic).mean(axis=0).tolist()
    return Superiority(
        lower=lower,
        consistent=consistent,
        upper=upper,
        statistic=statistic * root,
        best=int(columns[mean.argmax()]),
        left_out=values.shape[1] - len(columns),
    )


def long_run_variances(values: NDArray[np.float64], block: float) -> NDArray[np.float64]:
    """Of the means of values of shape (T, N), times T: what the stationary bootstrap with that mean length of blocks would find.

    Politis and Romano's lemma 1, Hansen's equation for the error of a trial; the autocovariances are taken round the end of the
    series, which joins both terms of the kernel.
    """
    periods, trials = values.shape
    lags = np.arange(periods)
    weights = 2 * (1 - lags / periods) * (1 - 1 / block) ** lags
    weights[0] = 1.0
    found = np.empty(trials)
    size = max(1, CELLS // periods)
    for start in range(0, trials, size):
        some = values[:, start : start + size]
        spectrum = np.fft.rfft(some - some.mean(axis=0), axis=0)
        covariances = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), n=periods, axis=0) / periods
        found[start : start + size] = weights @ covariances
    return found


def _checked(excess: ArrayLike, draws: int) -> NDArray[np.float64]:
    values = np.asarray(excess, np.float64)
    if values.ndim != 2:
        raise ValueError(f"excess has {values.ndim} dimensions: (periods, trials) is possible")
    if draws < 1:
        raise ValueError(f"draws is {draws}: at least 1 is possible")
    return values


def _maxima(
    values: NDArray[np.float64], centres: NDArray[np.float64], block: float, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The best mean of each bootstrap sample above each of the centres, shape (draws, centres); centres: (centres, N)."""
    periods, trials = values.shape
    found = []
    for periods_drawn in draw(periods, draws, block, rng, width=trials):
        paths = len(periods_drawn)
        places = periods_drawn + np.arange(paths)[:, None] * periods
        counts = np.bincount(places.ravel(), minlength=paths * periods).reshape(paths, periods)
        means = counts.astype(np.float64) @ values / periods
        found.append(np.stack([(means - centre).max(axis=1) for centre in centres], axis=1))
    return np.concatenate(found)
