"""Two hundred strategies on fifty symbols at 5,000 prints a second: how soon they decide, and what it costs.

    python benchmarks/crowded.py [--strategies 200] [--symbols 50] [--rate 5000] [--seconds 20] [--workers 2]

A second process is the venue (`live_venue`). The strategies are the built-in ones that trade one symbol, in turn, on bars of a second or
on every print. `target` is p50 / p99 / maximum from the engine's read of the socket to the moment all strategies of a worker had seen
the print. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from benchmarks.live import Venue, loaded, quiet
from benchmarks.live_engine import EngineUnderTest, engine
from benchmarks.live_venue import LeanVenue

KINDS = ("sma_crossover", "rsi", "macd", "bollinger", "mean_reversion", "momentum")

#: Every so many strategies one decides on each print.
EVERY = 5


def names_of(count: int) -> tuple[str, ...]:
    """Symbols of one length."""
    return tuple(f"S{number:03}USDT" for number in range(count))


class FiftyVenue(LeanVenue):
    """Prints of fifty symbols."""

    def __init__(self) -> None:
        super().__init__(names_of(50))


def enlist(under: EngineUnderTest, count: int, symbols: int) -> float:
    """Start them all; seconds."""
    began, names = time.perf_counter(), names_of(symbols)
    for number in range(count):
        interval = "tick" if number % EVERY == 0 else "1s"
        under.start(KINDS[number % len(KINDS)], names[number % symbols], {"interval": interval})
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--strategies", type=int, default=200)
    parser.add_argument("--symbols", type=int, default=50, help="at most 50")
    parser.add_argument("--rate", type=float, default=5000.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    found: dict[str, Any] = {"bench": "crowded", "strategies": chosen.strategies, "symbols": chosen.symbols, "rate": chosen.rate}
    venue = Venue(FiftyVenue)
    try:
        with engine(venue.urls, chosen.workers, names=names_of(chosen.symbols)) as under:
            found["registered_in_s"] = round(enlist(under, chosen.strategies, chosen.symbols), 1)
            found["quiet"] = quiet(under, 5.0)
            loaded(under, venue, "pace", chosen.rate, 3.0, False)  # warms up what is slow the first time
            found["steady"] = loaded(under, venue, "pace", chosen.rate, chosen.seconds, False)
            states = [row["state"] for row in under.status()["strategies"]]
            found["states"] = {state: states.count(state) for state in sorted(set(states))}
    finally:
        venue.close()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
