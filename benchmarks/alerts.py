"""What alert rules cost a batch of prints: thousands of price rules that nothing crosses, some moves, and one symbol that crosses.

    python benchmarks/alerts.py [--rules 5000] [--batches 2000] [--seconds 60]

A batch is split by symbol as the engine does it; `crossed` is a batch whose every print crosses ten levels that are held back by their
cooldown. Microseconds a batch, median and 95th percentile. `mixed` is rules of every kind of the market (prices, with hysteresis, for a
while, bands, groups, moves, indicators) on 50 symbols at 5,000 prints a second, in batches as long as the engine gathers them, and ten
values a second of each indicator: the share of a core, and the time from a print to its alert: what it waits for its batch, which is
reckoned, and what the book takes, which is measured. What the engine does besides (reading the socket, writing the ledger) is not in it.
One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

import numpy as np

from core.alert_rules import AnyRule, BetweenRule, GroupRule, IndicatorRule, MoveRule, PriceRule
from core.alerts.book import Book
from core.types import SECOND, TICK, Records

SYMBOLS = 5
MOVES = 2  # a symbol
LINGER_S = 0.005  # as `core.engine.incoming` gathers them
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


def mixed_rule(number: int, symbols: int) -> AnyRule:
    """One of many rules: most are far from a price near 100, one in 25 is not."""
    symbol, other = name(number % symbols), name((number + 7) % symbols)
    level = 100.0 + (number % 9 - 4) * 0.05 if number % 25 == 0 else 105.0 + number / 1000
    match number % 20:
        case 0 | 1:
            return PriceRule(id=f"r{number}", symbol=symbol, level=level, hysteresis=0.1, cooldown_s=1)
        case 2 | 3:
            return PriceRule(id=f"r{number}", symbol=symbol, level=level, for_s=2, cooldown_s=1)
        case 4 | 5:
            return BetweenRule(id=f"r{number}", symbol=symbol, low=level, high=level + 1, cooldown_s=1)
        case 6:
            leaves = [
                PriceRule(symbol=symbol, level=level),
                PriceRule(symbol=other, side="below", level=99.0),
                MoveRule(symbol=symbol, percent=3),
            ]
            return GroupRule(id=f"r{number}", of=("all", "any")[number // 20 % 2], conditions=leaves, cooldown_s=1)  # type: ignore[arg-type]
        case 7:
            return MoveRule(id=f"r{number}", symbol=symbol, percent=5, window_s=300.0 * (1 + number // 20 % 3))
        case 8 | 9:
            return IndicatorRule(id=f"r{number}", variant=f"v{number // 20 % 10}", symbol=symbol, level=70 + number % 30, cooldown_s=1)
        case _:
            return PriceRule(id=f"r{number}", symbol=symbol, level=level, cooldown_s=1)


def mixed(rules: int, seconds: float, symbols: int = 50, rate: int = 5000) -> dict[str, float]:
    """The share of a core, and milliseconds from a print to its alert, over so many seconds of market."""
    book, rng = Book(), np.random.default_rng(1)
    for number in range(rules):
        book.put(mixed_rule(number, symbols), times=1)
    size, prices = int(rate * LINGER_S), np.full(symbols, 100.0)
    series = [f"indicator {each}" for each in book.series("indicator")]
    ticks = np.zeros(size, TICK)
    busy, fired, slow, waits = 0.0, 0, 0.0, []
    for number in range(int(seconds / LINGER_S)):
        now = START_NS + int(number * LINGER_S * SECOND)
        picked = rng.integers(0, symbols, size)
        steps = rng.normal(0, 0.02, size)
        for at, symbol in enumerate(picked.tolist()):
            prices[symbol] += steps[at] - 0.002 * (prices[symbol] - 100.0)
            ticks["price"][at] = prices[symbol]
        ticks["symbol"], ticks["ts"] = picked, now
        ticks["seq"] = number * size + np.arange(1, size + 1)
        due = series[number % 20 :: 20]  # each comes round ten times a second
        figures = rng.uniform(40, 80, len(due)).tolist()
        began, spent = time.perf_counter(), time.process_time()
        parts = [(name(symbol), ticks.compress(picked == symbol)) for symbol in set(picked.tolist())]
        said = len(book.look([part for part in parts if part[0] in book.marks], now))
        for each, figure in zip(due, figures, strict=True):
            book.value(each, figure, now)
        took = time.perf_counter() - began
        busy, fired, slow = busy + time.process_time() - spent, fired + said, max(slow, took)
        waits += [rng.uniform(0, LINGER_S) + took for _ in range(said)]
    p50, p99 = np.percentile(waits, [50, 99]) * 1000 if waits else (0.0, 0.0)
    return {
        "rules": rules, "symbols": symbols, "ticks_per_s": rate, "seconds": seconds, "share_of_core": round(busy / seconds, 4),
        "fired": fired,
        "tick_to_alert_p50_ms": round(float(p50), 2), "tick_to_alert_p99_ms": round(float(p99), 2),
        "slowest_batch_ms": round(slow * 1000, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rules", type=int, default=5000)
    parser.add_argument("--batches", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of market, for the mixed rules")
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    quiet = {str(batch): microseconds(book_of(chosen.rules), batch, chosen.batches) for batch in (1, 20, 400)}
    near = book_of(chosen.rules)
    for number in range(10):
        near.put(PriceRule(id=f"n{number}", symbol=name(number % SYMBOLS), level=99.5 + number / 10, cooldown_s=600_000), times=1)
    found = {"prints": quiet, "crossed": {"20": microseconds(near, 20, chosen.batches, crossed=True)}}
    found["mixed"] = mixed(chosen.rules, chosen.seconds)
    sys.stdout.write(json.dumps({"bench": "alerts", "rules": chosen.rules, "symbols": SYMBOLS, "load": load, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
