"""How often the trend that `cockpit trend` tells is the one that a generated market has, what its confidence is worth, and how fast it is.

    python benchmarks/trend.py [--markets 1500] [--seed 2]
    python benchmarks/trend.py --fit [--markets 4000]

Markets are those of `trend_markets.py`, equally many of each regime, 30 to 1,000 bars long, with the strengths of 3 to 12 that the rules
were fitted to; `weaker` has strengths of 1 to 3, which no rule can tell well. `--fit` prints coefficients for
`core/analytics/trend/model.py` from seed 1; the table is of another seed. `calibration` has for each confidence the share of labels that
were right. `false_trends` is the share of driftless random walks that are given a direction, and what the error of their slope or of their
drift alone would say at 1.96. `changes`: the share of returns without a change that are given one, and of those with one at half time
(spread times 2.5) that have it within 5 % of the bars. Speed is of one core: bars to verdict and evidence. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.trend_markets import REGIMES, Market, market, markets
from core.analytics.trend import evidence_of, judge, measure, read_trend, suggestions_for
from core.analytics.trend.changes import change_points
from core.analytics.trend.model import direction_figures, fitted, sign, swing_figures

FIT_SEED, LENGTHS, STRENGTHS, WEAKER = 1, (30, 1000), (3.0, 12.0), (1.0, 3.0)
BOUNDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def fit(count: int) -> dict[str, Any]:
    """Coefficients of both rules."""
    known = [(one, measure(one.bars, one.interval_ns)) for one in markets(FIT_SEED, count, LENGTHS, STRENGTHS)]
    goes = [one.regime in REGIMES[:2] and (one.regime == "uptrend") == (sign(found) > 0) for one, found in known]
    still = [(one, found) for one, found in known if one.regime in REGIMES[2:]]
    direction = _rule([direction_figures(found) for _, found in known], goes)
    swings = _rule([swing_figures(found) for _, found in still], [one.regime == "volatile" for one, _ in still])
    return {"bench": "trend", "fitted_to": len(known), "DIRECTION": direction, "SWINGS": swings}


def _rule(rows: list[dict[str, float]], held: Sequence[bool]) -> dict[str, float]:
    found = fitted(np.array([list(row.values()) for row in rows]), np.array(held))
    return dict(zip(["constant", *rows[0]], found.round(3).tolist(), strict=True))


def told(found: Sequence[Market]) -> list[tuple[Market, str, float]]:
    """Each with its label and the confidence in it."""
    verdicts = [judge(measure(one.bars, one.interval_ns)) for one in found]
    return [(one, verdict.trend, verdict.confidence) for one, verdict in zip(found, verdicts, strict=True)]


def right(rows: Sequence[tuple[Market, str, float]]) -> float:
    """Share of labels that are those of the markets."""
    return round(sum(one.regime == label for one, label, _ in rows) / len(rows), 4)


def table(rows: Sequence[tuple[Market, str, float]]) -> dict[str, Any]:
    """How many are right, in all and by regime, shape and length, and which are taken for which."""
    taken = Counter((one.regime, label) for one, label, _ in rows)
    shapes = sorted({(one.regime, one.shape) for one, _, _ in rows})
    lengths = {"30-100 bars": (30, 100), "100-300 bars": (100, 300), "300-1000 bars": (300, 1001)}
    by_length = {name: [row for row in rows if low <= len(row[0].bars) < high] for name, (low, high) in lengths.items()}
    return {
        "markets": len(rows),
        "right": right(rows),
        "right_of": {regime: right([row for row in rows if row[0].regime == regime]) for regime in REGIMES},
        "confusion": {regime: {label: taken[regime, label] for label in REGIMES} for regime in REGIMES},
        "right_of_shape": {f"{regime} {shape}": right([row for row in rows if (row[0].regime, row[0].shape) == (regime, shape)])
                           for regime, shape in shapes},
        "right_of_length": {name: right(part) for name, part in by_length.items() if part},
    }  # fmt: skip


def calibration(rows: Sequence[tuple[Market, str, float]]) -> dict[str, dict[str, float]]:
    """By confidence: how many labels, the confidence they had, and the share that was right."""
    found = {}
    for low, high in itertools.pairwise(BOUNDS):
        part = [row for row in rows if low <= row[2] < high]
        if part:
            said = round(float(np.mean([row[2] for row in part])), 3)
            found[f"{low:g}-{high:g}"] = {"labels": len(part), "confidence": said, "right": right(part)}
    return found


def false_trends(seed: int, count: int) -> dict[str, float]:
    """Driftless random walks that are given a direction."""
    walks = [market(seed * 100_000 + 50_000 + k, "sideways", 300, shape="quiet") for k in range(count)]
    found = [measure(one.bars, one.interval_ns) for one in walks]
    return {
        "told": round(float(np.mean([judge(one).trend in REGIMES[:2] for one in found])), 4),
        "slope_alone": round(float(np.mean([abs(one.slope.t) >= 1.96 for one in found])), 4),
        "drift_alone": round(float(np.mean([abs(one.drift.t) >= 1.96 for one in found])), 4),
    }


def changes(seed: int, count: int) -> dict[str, float]:
    """Changes of returns that were found, and that were not there."""
    rng = np.random.default_rng(seed)
    unbroken: dict[str, Callable[[int], NDArray[np.float64]]] = {
        "normal": rng.standard_normal, "fat_tailed": lambda bars: rng.standard_t(4, bars)
    }  # fmt: skip
    found = {
        f"false_{name}": round(float(np.mean([bool(change_points(make(500))) for _ in range(count)])), 4) for name, make in unbroken.items()
    }
    hits = []
    for _ in range(count):
        returns = rng.standard_normal(500)
        returns[250:] *= 2.5
        hits.append(any(abs(at - 250) <= 25 for at in change_points(returns)))
    return found | {"found": round(float(np.mean(hits)), 4)}


def speed(bars: int, rounds: int) -> dict[str, float]:
    """Symbols x intervals a second, the best of some rounds."""
    cells = [market(900_000 + k, REGIMES[k % 4], bars) for k in range(40)]
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        for one in cells:
            reading = read_trend(one.bars, one.interval_ns)
            assert reading.measures is not None
            assert reading.verdict is not None
            evidence_of(reading.measures)
            suggestions_for(reading.verdict.trend)
        took.append(time.perf_counter() - began)
    return {"bars": bars, "per_s": round(len(cells) / min(took), 1), "ms_each": round(1e3 * min(took) / len(cells), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markets", type=int, default=1500, help="of each regime")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--fit", action="store_true", help="coefficients instead of the table")
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    if chosen.fit:
        document = fit(chosen.markets)
    elif chosen.seed == FIT_SEED:
        parser.error(f"--seed {FIT_SEED} is what the rules were fitted to")
    else:
        rows = told(markets(chosen.seed, chosen.markets, LENGTHS, STRENGTHS))
        weaker = told(markets(chosen.seed + 1, max(chosen.markets // 3, 1), LENGTHS, WEAKER))
        document = {
            "bench": "trend", "load": load, **table(rows), "calibration": calibration(rows),
            "weaker": {"right_of": table(weaker)["right_of"], "calibration": calibration(weaker)},
            "false_trends": false_trends(chosen.seed, chosen.markets), "changes": changes(chosen.seed, min(chosen.markets, 500)),
            "speed": [speed(300, 3), speed(1000, 3)],
        }  # fmt: skip
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
