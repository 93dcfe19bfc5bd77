"""How fast a session is proved: prints of a tape run through its strategies again, every fill and book compared.

    python benchmarks/audit.py [--seconds 10] [--rounds 3] [--crowd 0]

A real engine takes prints as fast as they are read, with eight strategies; then the audit runs over its home, in this process, while
the engine idles. The rate is ticks of the tape a second (each is run by the strategies on its symbol), and beside it ticks times
strategies. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.live import Venue, loaded
from benchmarks.live_engine import engine
from core.client import call
from core.research.audit import run_audit
from core.view import Ask


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of prints as fast as they are read")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    found: dict[str, Any] = {"bench": "audit"}
    venue = Venue()
    try:
        with engine(venue.urls, chosen.workers) as under:
            under.register()
            loaded(under, venue, "flood", chosen.seconds, False)
            rounds = []
            for _ in range(chosen.rounds):
                seq = int(call(under.home, Ask("settled"))["seq"])
                ids = [row["id"] for row in under.status()["strategies"]]
                audit = run_audit(under.home, horizon=seq, running=ids)
                if audit.details or audit.identical != audit.fills:
                    raise SystemExit(f"the audit found differences: {audit.details[:3]}")
                rounds.append(audit)
            best = min(rounds, key=lambda one: one.elapsed_s)
            found |= {
                "strategies": best.strategies,
                "fills": best.fills,
                "ticks": best.tape["ticks"],
                "elapsed_s": [round(one.elapsed_s, 2) for one in rounds],
                "ticks_per_s": round(best.tape["ticks"] / best.elapsed_s),
                "ticks_times_strategies_per_s": round(best.tape["ticks"] / best.elapsed_s * best.strategies / 5),
            }
    finally:
        venue.close()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
