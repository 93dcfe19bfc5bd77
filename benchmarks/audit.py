"""How fast a session is proved: prints of a tape run through its strategies again, every fill and book compared.

    python benchmarks/audit.py [--seconds 10] [--rounds 3]

A real engine takes prints as fast as they are read, with eight strategies; then the audit runs over its home, in this process: once while
all ticks are still rows, as those of the last hour are, and once over a copy whose ticks are sealed, as all older ones are. The rate is
ticks of the tape a second, whatever the number of strategies. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.live import Venue, loaded
from benchmarks.live_engine import engine
from core.client import call
from core.research.audit import Findings, run_audit
from core.store.backup import backup
from core.store.migrations import LEDGER, TAPE
from core.store.sealing import seal
from core.store.tape import Tape
from core.types import Symbols
from core.view import Ask


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of prints as fast as they are read")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    venue = Venue()
    try:
        with engine(venue.urls, chosen.workers) as under, tempfile.TemporaryDirectory(prefix="cockpit-audit-") as folder:
            under.register()
            loaded(under, venue, "flood", chosen.seconds, False)
            seq = int(call(under.home, Ask("settled"))["seq"])
            ids = [row["id"] for row in under.status()["strategies"]]
            rows = best_of(chosen.rounds, under.home, seq, ids)
            copy = Path(folder)
            for name, schema in (("tape.db", TAPE), ("ledger.db", LEDGER)):
                backup(under.home / name, copy / name, schema)
            asyncio.run(seal_all(copy / "tape.db"))
            sealed = best_of(chosen.rounds, copy, seq, ids)
    finally:
        venue.close()
    found = {"bench": "audit", "strategies": rows.strategies, "fills": rows.fills, "ticks": rows.tape["ticks"]}
    sys.stdout.write(json.dumps(found | {"rows": figures(rows), "sealed": figures(sealed)}, indent=2) + "\n")


def best_of(rounds: int, home: Path, seq: int, ids: Sequence[str]) -> Findings:
    """The quickest of some audits, each of which must find all the same."""
    found = []
    for _ in range(rounds):
        audit = run_audit(home, horizon=seq, running=ids)
        if audit.details or audit.identical != audit.fills:
            raise SystemExit(f"the audit found differences: {audit.details[:3]}")
        found.append(audit)
    return min(found, key=lambda one: one.elapsed_s)


async def seal_all(path: Path) -> None:
    """Every tick into chunks."""
    async with await Tape.open(path, Symbols()) as tape:
        await seal(tape, 1 << 62, whole=True)


def figures(audit: Findings) -> dict[str, Any]:
    """How long it took, and its rate."""
    return {"elapsed_s": round(audit.elapsed_s, 2), "ticks_per_s": round(audit.tape["ticks"] / audit.elapsed_s)}


if __name__ == "__main__":
    main()
