"""Alert rules in a real engine: what thousands of them cost it, and how long a print takes from the socket to the alert it sets off.

    python benchmarks/alerts_live.py [--rules 5000] [--rate 5000] [--seconds 20]

A venue that costs next to nothing prints at a rate (`live_venue`); the engine streams and records. First without rules, then with price
rules from 10 % below to 10 % above, of which the walk of the prices crosses some: the engine's process's share of a core, in how many
batches a rule fired, and the time from reading such a batch to having raised its alerts (p50, p99, maximum, from the oldest print).
One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.live import Venue
from benchmarks.live_engine import EngineUnderTest, cpu_s, engine
from benchmarks.live_venue import NAMES
from core.alert_rules import PriceRule
from core.client import Client
from core.commands import SetAlert

#: Where the venue's prices begin.
BEGIN = 50_000.0


async def set_rules(home: Path, count: int) -> float:
    """Set so many; seconds it took."""
    began = time.perf_counter()
    async with await Client.connect(home, name="bench", patience=60.0) as client:
        for number in range(count):
            level = BEGIN * (0.9 + 0.2 * number / count)
            rule = PriceRule(
                id=f"p{number}", symbol=f"binance:{NAMES[number % len(NAMES)]}", side="above" if number // len(NAMES) % 2 else "below",
                level=round(level, 2), cooldown_s=5,
            )  # fmt: skip
            await client.submit(SetAlert(rule=rule))
    return time.perf_counter() - began


def run(under: EngineUnderTest, venue: Venue, rate: float, seconds: float) -> dict[str, Any]:
    """One stretch of prints."""
    before, used, began = under.latencies()["alert"], cpu_s(under.process.pid), time.perf_counter()
    ticks = under.status()["ticks_total"]
    done = venue.order("pace", rate, seconds, False)
    took, spent = time.perf_counter() - began, cpu_s(under.process.pid) - used
    under.settle(ticks + int(done["printed"]))
    alerts = under.latencies()["alert"].diff(before)
    figures = alerts.figures()
    return {
        "engine_share_of_core": round(spent / took, 4), "prints": int(done["printed"]), "batches_that_fired": figures["count"],
        "socket_to_alert_ms": [round(figures[name] / 1000, 2) for name in ("p50_us", "p99_us", "max_us")] if figures["count"] else None,
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rules", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=5000.0, help="prints a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stretch")
    chosen = parser.parse_args()
    load, venue = round(os.getloadavg()[0], 2), Venue()
    try:
        with engine(venue.urls, 1, trade=False) as under:
            run(under, venue, chosen.rate, 3.0)
            without = run(under, venue, chosen.rate, chosen.seconds)
            took = asyncio.run(set_rules(under.home, chosen.rules))
            with_rules = run(under, venue, chosen.rate, chosen.seconds)
    finally:
        venue.close()
    cost = round(with_rules["engine_share_of_core"] - without["engine_share_of_core"], 4)
    found = {"without": without, "with": with_rules, "rules_cost_share_of_core": cost, "set_in_s": round(took, 1)}
    sys.stdout.write(
        json.dumps({"bench": "alerts_live", "rules": chosen.rules, "rate": chosen.rate, "load": load, **found}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
