"""What pairs cost: a scan of all pairs of many symbols, in pairs a second, and one pair's update for a screen, in milliseconds.

    python benchmarks/pairs.py [--symbols 50] [--bars 1000] [--rounds 3] [--library]

The scan is least squares, Engle-Granger (ADF with lags by AIC), z-score, half-life and correlation of every pair, in one process a
core, their start included. An update is hedge ratio, z-score, half-life, rolling correlation and ADF of one pair of so many bars.
`--library` also times the same tests of statsmodels on one core. `reached` holds these up to the limits. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `cockpit pairs` does; NumPy reads it as it is loaded

import numpy as np

from core.analytics.pairs.adf import adf
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.figures import METHODS, How, measure
from core.analytics.pairs.half_life import half_life
from core.analytics.pairs.huber import fit_huber
from core.analytics.pairs.kalman import fit_kalman
from core.analytics.pairs.line import fit_ols
from core.analytics.pairs.scan import look
from core.analytics.pairs.scan_pool import scan
from core.analytics.pairs.theil_sen import fit_theil_sen
from core.analytics.pairs.windows import correlation, zscore
from core.types import MINUTE

#: Seconds that 1,225 pairs of 1,000 bars may take, and milliseconds of an update.
SCAN_S, UPDATE_MS = 20.0, 50.0

WINDOW = 60

FITS = {"ols": fit_ols, "huber": fit_huber, "theil_sen": fit_theil_sen, "kalman": lambda y, x: fit_kalman(y, x).last}


def market(symbols: int, bars: int, seed: int = 7) -> list[Closes]:
    """Legs on one minute grid: walks that share a factor, every fifth one tied to the one before it."""
    rng = np.random.default_rng(seed)
    factor = np.cumsum(rng.normal(0, 1e-3, bars))
    times = 1_723_075_200_000_000_000 + MINUTE * np.arange(bars, dtype=np.int64)
    logs: list[Any] = []
    for k in range(symbols):
        noise = rng.normal(0, 1e-3, bars)
        if k % 5 == 4:
            logs.append(0.8 * logs[-1] + coming_back(noise))
        else:
            logs.append(5.0 + factor * rng.uniform(0.5, 1.5) + np.cumsum(noise))
    return [Closes(f"bench:S{k:03d}", MINUTE, times, np.exp(values)) for k, values in enumerate(logs)]


def coming_back(noise: Any) -> Any:
    """A spread with a half-life of 7 bars."""
    values = np.zeros(len(noise))
    for i in range(1, len(noise)):
        values[i] = 0.9 * values[i - 1] + noise[i]
    return values


def timed(work: Callable[[], object], times: int) -> dict[str, float]:
    """Milliseconds of a call: of the wall clock (median and least) and of CPU (least)."""
    work()
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((time.process_time() - cpu) * 1e3)
    return {"ms": round(float(np.median(walls)), 3), "best_ms": round(min(walls), 3), "cpu_ms": round(min(cpus), 3)}


def updates(a: Any, b: Any, times: int) -> dict[str, dict[str, float]]:
    """One pair's update by the method of its hedge ratio, and all there is about a pair."""

    def update(method: str) -> None:
        y, x = np.log(a), np.log(b)
        spread = FITS[method](y, x).residuals(y, x)
        zscore(spread, WINDOW)
        half_life(spread)
        correlation(y, x, WINDOW)
        adf(spread)

    found = {method: timed(lambda method=method: update(method), times) for method in METHODS}
    return found | {"every figure": timed(lambda: measure(a, b, How(WINDOW)), times)}


def library(legs: list[Closes], pairs: int) -> dict[str, float]:
    """The scan's tests by statsmodels, of so many pairs on one core, in milliseconds a pair; and its import, in seconds."""
    began = time.perf_counter()
    from statsmodels.tsa.stattools import coint

    imported = time.perf_counter() - began
    some = [(k % len(legs), (k + 1) % len(legs)) for k in range(pairs)]
    theirs, ours = time.process_time(), 0.0
    for a, b in some:
        coint(np.log(legs[a].prices), np.log(legs[b].prices))
    theirs = time.process_time() - theirs
    ours = time.process_time()
    for a, b in some:
        look(legs, a, b, window=WINDOW, log=True, carry=0)
    ours = time.process_time() - ours
    return {
        "import_s": round(imported, 2), "coint_cpu_ms": round(theirs / pairs * 1e3, 3), "ours_cpu_ms": round(ours / pairs * 1e3, 3),
        "ratio": round(theirs / ours, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--bars", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--library", action="store_true")
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    legs = market(chosen.symbols, chosen.bars)
    seconds, rows = [], []
    for _ in range(chosen.rounds):
        began = time.perf_counter()
        rows = scan(legs, How(WINDOW))
        seconds.append(time.perf_counter() - began)
    took = float(np.median(seconds))
    one = updates(legs[3].prices, legs[4].prices, 7 * chosen.rounds)
    document = {
        "bench": "pairs", "load": load, "python": platform.python_version(), "numpy": np.__version__, "cpus": os.cpu_count(),
        "symbols": chosen.symbols, "bars": chosen.bars,
        "scan": {
            "pairs": len(rows), "seconds": round(took, 3), "best_seconds": round(min(seconds), 3),
            "pairs_per_s": round(len(rows) / took, 1),
            "tested": sum(row.pvalue is not None for row in rows), "q_below_0.05": sum(row.q is not None and row.q < 0.05 for row in rows),
        },
        "update": one,
        "reached": {
            f"scan under {SCAN_S:g} s": took < SCAN_S,
            f"update under {UPDATE_MS:g} ms": max(figures["ms"] for figures in one.values()) < UPDATE_MS,
        },
        **({"statsmodels": library(legs, 40)} if chosen.library else {}),
    }  # fmt: skip
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
