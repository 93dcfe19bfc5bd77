"""What a scripted engine answers charts: bars, prints and equity that stand still."""

from __future__ import annotations

import random
from typing import Any

from core.types import SECOND, bar_kind
from core.view import Done, PriceRow, Refused, Reply

#: As in the fake engine: scripted tests stand still here.
NOON = 1_795_183_331 * SECOND

#: Bars there are of each symbol.
BARS = 700


def answer(what: str, args: dict[str, Any], prices: dict[str, PriceRow]) -> Reply:
    """The answer to one of the charts' questions."""
    if what == "equity":
        return Done({"strategy": args.get("strategy"), "capital": 10_000.0, "samples": samples(args)})
    row = prices.get(args["symbol"])
    if row is None or row.last is None:
        return Refused(f"{args['symbol']!r} is not streamed", 2)
    if what == "prints":
        return Done({"symbol": row.symbol, "prints": prints(row.last, args["count"])})
    bars = [bar for bar in bars_of(args["interval"], row.last) if bar[0] >= args.get("since_ns", 0)]
    length = length_of(args["interval"])
    first = NOON // length * length - (BARS - 1) * length
    return Done({"symbol": row.symbol, "interval": args["interval"], "bars": bars[-args["count"] :], "complete_from_ns": first,
                 "loading": False, "note": ""})  # fmt: skip


def length_of(interval: str) -> int:
    """Nanoseconds from one bar to the next; ten seconds where they are not cut by time."""
    kind = bar_kind(interval)
    return int(kind.size) if kind.by == "time" else 10 * SECOND


def bars_of(interval: str, last: float) -> list[list[Any]]:
    """Bars that end at this price, a little to the cent, the newest at noon."""
    rng, length = random.Random(5), length_of(interval)
    price, made = last, []
    for number in range(BARS):
        opened = price * (1 + rng.uniform(-2e-4, 2e-4))
        high, low = max(price, opened) * 1.0001, min(price, opened) * 0.9999
        start = NOON // length * length - number * length
        made.append([start, *(round(value, 2) for value in (opened, high, low, price)), round(rng.expovariate(0.2), 3)])
        price = opened
    return made[::-1]


def prints(last: float, count: int) -> list[list[Any]]:
    """The newest prints, newest first."""
    rng = random.Random(6)
    return [
        [
            NOON - k * SECOND // 3,
            round(last + rng.uniform(-1, 1), 2),
            round(rng.expovariate(5), 5),
            rng.choice([1, -1]),
            9000 - k,
            2 * (k == 2),
        ]
        for k in range(min(count, 120))
    ]


def samples(args: dict[str, Any]) -> list[list[Any]]:
    """Equity of three hours, a minute apart: one strategy's went up, that of all fell."""
    up = 1 if args.get("strategy") else -1
    made = [
        [NOON - k * 60 * SECOND, 10_000.0 + up * (180 - k), up * (90.0 - k / 2), 0.0 if up > 0 else (180 - k) / 100] for k in range(181)
    ]
    return [row for row in made[::-1] if row[0] >= args.get("since_ns", 0)]
