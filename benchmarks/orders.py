"""The order path without a disk or a venue: from a wish to the call that hands it over, with some orders at work already.

    python benchmarks/orders.py [--orders 20000] [--working 50]

The journal is in memory and the broker answers at once, so that what is measured is the desk's own: the filters, the intent as JSON,
the clerk's turn of the loop, the state machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal

from core.clock import SystemClock
from core.trading.broker import Executed, Heard, Outcome, Report, Said
from core.trading.clerk import Clerk
from core.trading.events import Accepted, Fill
from core.trading.filters import Filters
from core.trading.journal import MemoryJournal
from core.trading.order import Intent
from core.trading.rules import Wish

SYMBOLS = [f"instant:S{number}USDT" for number in range(10)]


class Instant:
    """A broker that fills what is for the market at once and leaves the rest; notes when each order reached it."""

    name = "instant"
    window_s = 10.0

    def __init__(self) -> None:
        self.reached: dict[str, int] = {}
        self.done = asyncio.Event()
        self._held: dict[str, Decimal] = {"USDT": Decimal(0)}
        self._said: asyncio.Queue[Said] = asyncio.Queue()

    async def submit(self, intent: Intent) -> Outcome:
        self.reached[intent.client_id] = now = time.perf_counter_ns()
        self._said.put_nowait(Heard(intent.client_id, Accepted(now, "v")))
        if intent.price is None:
            fill = Fill(now, f"t{len(self.reached)}", intent.qty, Decimal(100), Decimal(0), "USDT")
            self._said.put_nowait(Heard(intent.client_id, fill))
        self.done.set()
        return Outcome("sent")

    async def cancel(self, intent: Intent) -> Outcome:
        return Outcome("sent")

    async def query(self, intent: Intent) -> Report | None:
        return Report(client_id=intent.client_id, state="working", venue_id="v", executed=Decimal(0))

    async def open_orders(self) -> Sequence[Report]:
        return []

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        return []

    async def balances(self) -> Mapping[str, Decimal]:
        return self._held

    async def heard(self) -> AsyncIterator[Said]:
        while True:
            yield await self._said.get()


def listed(symbol: str) -> Filters:
    base = symbol.partition(":")[2].removesuffix("USDT")
    return Filters(symbol=symbol, base=base, quote="USDT", lot=Decimal("0.001"), tick=Decimal("0.01"), min_notional=Decimal(5))


async def measure(orders: int, working: int) -> dict[str, float]:
    """Microseconds from the wish to the call of `submit`."""
    broker, clock = Instant(), SystemClock()
    clerk = await Clerk.open(MemoryJournal(), broker, clock, {symbol: listed(symbol) for symbol in SYMBOLS})
    work = asyncio.create_task(clerk.run())
    for number in range(working):
        await place(clerk, broker, number, Decimal("90.5"))
    took = sorted([await place(clerk, broker, number, None) for number in range(orders)])
    work.cancel()
    await asyncio.wait([work])
    at = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}
    figures = {name: round(took[min(len(took) - 1, int(share * len(took)))] / 1000, 1) for name, share in at.items()}
    return figures | {"max_us": round(took[-1] / 1000, 1)}


async def place(clerk: Clerk, broker: Instant, number: int, price: Decimal | None) -> int:
    """One order, until it was handed over; ns."""
    broker.done.clear()
    began = time.perf_counter_ns()
    wish = Wish(strategy_id="sma", symbol=SYMBOLS[number % len(SYMBOLS)], side="buy", qty=Decimal("0.25"), last=Decimal(100), price=price)
    order = await clerk.place(wish)
    await broker.done.wait()
    return broker.reached[order.id] - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--working", type=int, default=50, help="limit orders that work meanwhile")
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    found = asyncio.run(measure(chosen.orders, chosen.working))
    figures = {"bench": "orders", "orders": chosen.orders, "working": chosen.working, "load": load, "wish_to_submit": found}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
