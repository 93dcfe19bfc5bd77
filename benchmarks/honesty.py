"""What the statistics of honest ranking cost, and how often they take worthless trials for good ones: the figures of docs/honesty.md.

    python benchmarks/honesty.py [--searches 300] [--paths 10000]

Seconds of CPU, those of all threads added up. `words` are shares of searches, each for the best of trials with normal returns over
1,000 periods, S = 16; in those with an `edge` one trial has that Sharpe of a period. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from core.research.statistics.deflated import deflated_sharpe, moments, sharpe_variance
from core.research.statistics.overfitting import overfitting
from core.research.statistics.ratios import ratios
from core.research.statistics.reality import reality_check, superior_ability
from core.research.statistics.resample import redraw_returns, redraw_trades, shuffle_trades
from core.research.statistics.verdict import verdict

PERIODS = 1000
SEARCHES = [(10, 0.0), (100, 0.0), (1000, 0.0), (100, 0.05), (100, 0.1), (100, 0.15), (100, 0.2)]


def cpu(work: Callable[[], Any]) -> float:
    """Seconds of CPU, the least of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return round(min(took), 5)


def words(trials: int, edge: float, searches: int) -> dict[str, Any]:
    """Of so many searches: how the probability of overfitting spreads, and the share of each word."""
    rng = np.random.default_rng(20)
    spread, said = [], Counter[str | None]()
    for _ in range(searches):
        returns = rng.standard_normal((PERIODS, trials))
        returns[:, 0] += edge
        sharpes = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
        best, found = moments(returns[:, sharpes.argmax()]), overfitting(returns)
        assert best is not None
        assert found is not None
        said[verdict(found.pbo, deflated_sharpe(*best, trials, sharpe_variance(sharpes) or 0.0))] += 1
        spread.append(found.pbo)
    shares = {word: round(said[word] / searches, 3) for word in ("overfit", "doubtful", "holds")}
    return {"pbo_p5_p50_p95": np.percentile(spread, [5, 50, 95]).round(2).tolist(), **shares}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--paths", type=int, default=10_000)
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    rng = np.random.default_rng(1)
    returns, pnls = rng.standard_normal((PERIODS, 1000)) / 100, rng.standard_normal(1000)
    seconds = {
        "overfitting, 1,000 trials, S = 16 (12,870 combinations)": cpu(lambda: overfitting(returns)),
        "reality check, 1,000 trials, 1,000 draws": cpu(lambda: reality_check(returns, rng)),
        "superior ability, 1,000 trials, 1,000 draws": cpu(lambda: superior_ability(returns, rng)),
        f"{chosen.paths:,} paths of 1,000 trades shuffled": cpu(lambda: shuffle_trades(pnls, 100.0, rng, paths=chosen.paths)),
        f"{chosen.paths:,} paths of 1,000 trades drawn again": cpu(lambda: redraw_trades(pnls, 100.0, rng, paths=chosen.paths)),
        f"{chosen.paths:,} paths of 1,000 returns in blocks": cpu(lambda: redraw_returns(pnls / 100, 100.0, rng, paths=chosen.paths)),
        "ratios of 1,000 returns": cpu(lambda: ratios(pnls / 100, 365)),
    }
    found = {f"{trials} trials, edge {edge:g}": words(trials, edge, chosen.searches) for trials, edge in SEARCHES}
    sys.stdout.write(json.dumps({"bench": "honesty", "load": load, "cpu_s": seconds, "words": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
