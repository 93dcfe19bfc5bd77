"""What alert rules cost a batch of prints: thousands of price rules that nothing crosses, some moves, and one symbol that crosses.

    python benchmarks/alerts.py [--rules 5000] [--batches 2000]

A batch is split by symbol as the engine does it; `crossed` is a batch whose every print crosses ten levels that are held back by their
cooldown. Microseconds a batch, median and 95th percentile. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

import numpy as np

from core.alert_rules import MoveRule, PriceRule
from core.alerts.book import Book
from core.types import SECOND, TICK, Records

SYMBOLS = 5
MOVES = 2  # a symbol
START_NS = 1_700_000_000 * SECOND


def name(symbol: int) -> str:
    """A symbol's name."""
    return f"binance:S{symbol}"


def book_of(rules: int) -> Book:
    """Price rules around 100 that nothing near 100 crosses, and moves of 5 % within 5 minutes."""
    book = Book()
    for number in range(rules - SYMBOLS * MOVES):
        side, level = ("above", 110 + number / 100) if number % 2 else ("below", 90 - number / 1000)
        book.put(PriceRule(id=f"p{number}", symbol=name(number % SYMBOLS), side=side, level=level), times=1)  # type: ignore[arg-type]
    for number in range(SYMBOLS * MOVES):
        rule = MoveRule(id=f"m{number}", symbol=name(number % SYMBOLS), percent=5, window_s=300.0 * (1 + number // SYMBOLS))
        book.put(rule, times=1)
    return book


def look(book: Book, ticks: Records, now_ns: int) -> None:
    """As the engine does with a batch."""
    indices = ticks["symbol"]
    for symbol in set(indices.tolist()):
        book.prints(name(symbol), ticks.compress(indices == symbol) if len(ticks) > 1 else ticks, now_ns)


def microseconds(book: Book, batch: int, batches: int, *, crossed: bool = False) -> dict[str, float]:
    """Of so many batches of so many prints."""
    rng = np.random.default_rng(batch)
    ticks = np.zeros(batch, TICK)
    took = []
    for number in range(batches):
        ticks["ts"] = START_NS + number * SECOND // 20
        ticks["seq"] = number + 1
        ticks["symbol"] = rng.integers(0, SYMBOLS, batch)
        ticks["price"] = np.where(np.arange(batch) % 2, 99.0, 101.0) if crossed else 100 + rng.normal(0, 0.2, batch)
        began = time.perf_counter()
        look(book, ticks, START_NS + number)
        took.append((time.perf_counter() - began) * 1e6)
    median, slow = np.percentile(took[batches // 10 :], [50, 95])
    return {"median_us": round(float(median), 1), "p95_us": round(float(slow), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rules", type=int, default=5000)
    parser.add_argument("--batches", type=int, default=2000)
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    quiet = {str(batch): microseconds(book_of(chosen.rules), batch, chosen.batches) for batch in (1, 20, 400)}
    near = book_of(chosen.rules)
    for number in range(10):
        near.put(PriceRule(id=f"n{number}", symbol=name(number % SYMBOLS), level=99.5 + number / 10, cooldown_s=600_000), times=1)
    found = {"prints": quiet, "crossed": {"20": microseconds(near, 20, chosen.batches, crossed=True)}}
    sys.stdout.write(json.dumps({"bench": "alerts", "rules": chosen.rules, "symbols": SYMBOLS, "load": load, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
