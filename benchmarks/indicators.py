"""What following the market with indicators costs: 100 variants of the built-in ones on each of 50 symbols, in batches as they come live.

    python benchmarks/indicators.py [--symbols 50] [--rate 5000] [--batch-ms 25] [--seconds 20]

Every variant follows every symbol. Processor time of taking the batches, as part of one core at that many prints a second of all
symbols together, and a variant's step; the first quarter of the time is not measured: windows fill. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from typing import Any

import numpy as np

from core.indicators.bank import Bank
from core.indicators.catalogue import discover
from core.types import SECOND, TICK, Records, Symbols

START_NS = 1_700_000_000 * SECOND

#: Parameters of the variants of each indicator: 100 in all.
MIX: dict[str, list[dict[str, Any]]] = {
    "sma": [{"period": n, "interval": i} for n in (10, 20, 50, 200) for i in ("5s", "1m")],
    "ema": [{"period": n, "interval": i} for n in (9, 12, 26, 50) for i in ("5s", "1m")],
    "rsi": [{"period": n, "interval": i} for n in (7, 14, 21) for i in ("5s", "1m")],
    "bollinger": [{"period": n, "interval": i} for n in (20, 50) for i in ("5s", "1m")],
    "macd": [{"interval": i} for i in ("1s", "5s", "1m")],
    "atr": [{"period": n, "interval": i} for n in (14, 50) for i in ("5s", "1m")],
    "stochastic": [{"interval": i} for i in ("5s", "1m")],
    "obv": [{"interval": i} for i in ("5s", "1m")],
    "volume": [{"interval": i} for i in ("1s", "1m")],
    "price": [{}],
    "quotes": [{}],
    "spread": [{}],
    "vwap": [{}],
    "rolling_vwap": [{"window_s": w} for w in (60, 300, 900)],
    "price_window": [{"from_s": a, "to_s": b} for a, b in ((10, 0), (30, 0), (60, 0), (60, 30), (120, 60), (300, 0), (300, 60), (900, 0))],
    "twpa": [{"window_s": w} for w in (30, 60, 120, 300, 600, 900)],
    "twpa_ratio": [{"short_s": a, "long_s": b} for a, b in ((30, 300), (60, 600), (60, 900), (120, 900))],
    "volume_surge": [{"recent_s": a, "base_s": b} for a, b in ((5, 60), (5, 300), (10, 300), (10, 600), (30, 900))],
    "price_momentum": [{"window_s": w} for w in (5, 10, 30, 60, 120, 300, 900)],
    "pump": [{"window_s": w} for w in (10, 30, 60, 120, 300)],
    "velocity": [{"window_s": w} for w in (2, 5, 10, 30, 60)],
    "velocity_cascade": [{"short_s": a, "middle_s": 3 * a, "long_s": 12 * a} for a in (2, 5, 10)],
    "flow_imbalance": [{"window_s": w} for w in (5, 10, 30, 60, 300)],
    "realised_volatility": [{"window_s": w} for w in (60, 300, 900)],
    "liquidity": [{"window_s": w} for w in (60, 300, 900)],
}


def bank_of(symbols: list[str]) -> Bank:
    """All variants on all symbols."""
    bank, found = Bank(Symbols(list(symbols))), discover()
    for name, settings in MIX.items():
        for number, values in enumerate(settings):
            bank.add(f"{name} {number}", found[name], values, symbols)
    return bank


def prints(seconds: float, rate: int, symbols: int) -> Records:
    """Prints of random walks, one after the other at random moments."""
    rng = np.random.default_rng(1)
    count = int(seconds * rate)
    ticks = np.zeros(count, TICK)
    ticks["ts"] = START_NS + np.sort(rng.integers(0, int(seconds * SECOND), count))
    ticks["seq"] = ticks["id"] = np.arange(1, count + 1)
    ticks["symbol"] = rng.integers(0, symbols, count)
    for symbol in range(symbols):
        ours = np.flatnonzero(ticks["symbol"] == symbol)
        ticks["price"][ours] = np.round(100 * np.exp(np.cumsum(rng.normal(0, 1e-4, len(ours)))), 2)
    ticks["qty"] = rng.exponential(1.0, count)
    ticks["side"] = rng.choice([-1, 1], count)
    ticks["bid"], ticks["ask"] = ticks["price"] - 0.01, ticks["price"] + 0.01
    return ticks


def measure(symbols: int, rate: int, batch_ms: float, seconds: float) -> dict[str, Any]:
    """Take them in batches."""
    names = [f"binance:S{number}" for number in range(symbols)]
    began = time.perf_counter()
    bank = bank_of(names)
    loaded = time.perf_counter() - began
    ticks = prints(seconds, rate, symbols)
    moments = START_NS + np.arange(0, seconds * 1e3, batch_ms) * 1e6
    edges = [*np.searchsorted(ticks["ts"], moments).tolist(), len(ticks)]
    took = []
    for begin, end in itertools.pairwise(edges):
        before = time.process_time_ns()
        bank.take(ticks[begin:end])
        took.append((end - begin, time.process_time_ns() - before))
    measured = took[len(took) // 4 :]
    count, spent = sum(n for n, _ in measured), sum(ns for _, ns in measured)
    variants = sum(map(len, MIX.values()))
    return {
        "variants": variants,
        "prints": count,
        "core_pct": round(spent / (count / rate * 1e9) * 100, 1),
        "ns_a_variant_step": round(spent / (count * variants), 1),
        "batch_ms_median": round(float(np.median([ns for _, ns in measured])) / 1e6, 2),
        "batch_ms_p99": round(float(np.percentile([ns for _, ns in measured], 99)) / 1e6, 2),
        "state_mb": round(len(bank.snapshot()) / 1e6, 1),
        "loading_s": round(loaded, 1),
        "failed": bank.failed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--batch-ms", type=float, default=25.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    found = measure(chosen.symbols, chosen.rate, chosen.batch_ms, chosen.seconds)
    document = {"bench": "indicators", "symbols": chosen.symbols, "rate": chosen.rate, "batch_ms": chosen.batch_ms, "load": load, **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
