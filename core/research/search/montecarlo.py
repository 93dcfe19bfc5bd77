"""What else might have come of the best trial: its periods drawn again, and the market and its costs a little different."""

from __future__ import annotations

import msgspec
import numpy as np

from core.research.search.progress import Tried
from core.research.search.runner import Runner
from core.research.search.study import Study
from core.research.search.trial import Jitter, Result, Trial
from core.research.statistics.resample import LEVELS, Bands, Percentiles, redraw_returns

#: Runs on jittered prices and costs; deviation of the prices in basis points; costs are multiplied by 1 / COST to COST.
RUNS = 100
PRICE_BPS = 1.0
COST = 2.0


class Jittered(msgspec.Struct):
    """Runs on markets a little different.

    Attributes:
        net_pnl, max_drawdown: percentiles 5, 25, 50, 75 and 95 over the runs, quote currency.
        losing: share of the runs that lost, 0..1.
    """

    runs: int
    price_bps: float
    cost: tuple[float, float]
    net_pnl: Percentiles
    max_drawdown: Percentiles
    losing: float


class MonteCarlo(msgspec.Struct):
    """Of one trial; parts are None where they do not exist.

    Attributes:
        redrawn: its changes of equity a period, in blocks drawn from all of them, compounded.
    """

    redrawn: Bands | None
    jittered: Jittered | None


def monte_carlo(
    study: Study, runner: Runner, best: Tried, *, paths: int = 10_000, runs: int = RUNS, price_bps: float = PRICE_BPS, seed: int = 0
) -> MonteCarlo:
    """Draw again, run again.

    Args:
        runner: runs the trials.
        best: whose parameters, on which symbol.
        paths: how often the periods are drawn.
    """
    rng = np.random.default_rng(seed)
    capital = study.ask.terms.capital
    equity = capital + np.concatenate([[0.0], np.cumsum(best.result.periods)])
    alive = bool((equity[:-1] > 0).all())
    redrawn = redraw_returns(np.diff(equity) / equity[:-1], capital, rng, paths=paths) if alive else None
    results = [one for one in runner.once(_trials(study, best, runs, price_bps, rng)) if not one.error]
    return MonteCarlo(redrawn, _jittered(results, price_bps) if results else None)


def _trials(study: Study, best: Tried, runs: int, price_bps: float, rng: np.random.Generator) -> list[Trial]:
    space = next(k for k, space in enumerate(study.spaces) if space.definition.name == best.strategy)
    series = next(k for k, one in enumerate(study.series) if one.symbol == best.symbol)
    costs = np.exp(rng.uniform(-np.log(COST), np.log(COST), runs)).tolist()
    seeds = rng.integers(1 << 62, size=runs).tolist()
    plain = study.trial(0, space, series, best.params)
    return [msgspec.structs.replace(plain, number=k, jitter=Jitter(seeds[k], price_bps, costs[k])) for k in range(runs)]


def _jittered(results: list[Result], price_bps: float) -> Jittered:
    pnl = np.array([one.figures["net_pnl"] for one in results], float)
    falls = np.array([one.figures["max_drawdown"] for one in results], float)
    bands = [Percentiles(*np.percentile(values, LEVELS).tolist()) for values in (pnl, falls)]
    return Jittered(len(results), price_bps, (1 / COST, COST), bands[0], bands[1], float((pnl < 0).mean()))
