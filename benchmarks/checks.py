"""What the online checks of prints cost, in nanoseconds of CPU a print: `python benchmarks/checks.py`."""

from __future__ import annotations

import sys
import time

import numpy as np

from core.feed.checks import Checks
from core.types import QUOTE, TICK, Records


def market(count: int, symbols: int, batch: int) -> list[Records]:
    """Batches of prints of so many symbols at 5,000 a second."""
    rng = np.random.default_rng(1)
    ticks = np.zeros(count, TICK)
    ticks["ts"] = 1_700_000_000 * 10**9 + np.arange(count) * 200_000
    ticks["recv"] = ticks["ts"] + 5_000_000
    ticks["symbol"] = rng.integers(0, symbols, count)
    ticks["price"] = np.round(60_000 * np.exp(np.cumsum(rng.normal(0, 1e-6, count))), 2)
    ticks["id"] = np.arange(count)
    return [ticks[at : at + batch] for at in range(0, count, batch)]


def cost(symbols: int, batch: int, count: int = 500_000) -> float:
    """Nanoseconds a print, the best of three."""
    batches, none = market(count, symbols, batch), np.empty(0, QUOTE)
    best = float("inf")
    for _ in range(3):
        checks = Checks()
        began = time.process_time()
        for part in batches:
            checks.take(part, none)
        best = min(best, time.process_time() - began)
    return best / count * 1e9


def main() -> None:
    """Print the table."""
    for symbols in (1, 5, 300):
        words = ", ".join(f"{cost(symbols, batch):.0f} ns in batches of {batch}" for batch in (1, 50, 1000))
        sys.stdout.write(f"{symbols:>4} symbols: {words}\n")


if __name__ == "__main__":
    main()
