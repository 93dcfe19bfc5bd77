"""A sweep of 500 pairs of windows over 100,000 bars: ours on all cores beside vectorbt, in turn, to the same profit for every pair.

    python benchmarks/sweep.py [--bars 100000] [--rounds 3] [--threads N]

Fast windows 5..100, slow 110..350; size 1, long or flat, fee 0.04 %; an order decided at a close fills at the next bar's open. The
parameters are data: one compiled loop runs every pair. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from benchmarks.contest import Contestant, hold, ratio, standings
from benchmarks.environments import peer
from benchmarks.peers.market import GRID

VECTORBT = "vectorbt"


def same(result: dict[str, Any], ours: dict[str, Any]) -> str:
    """Whether every pair made the same profit, to a millionth of the largest."""
    most = max(map(abs, ours["each"]))
    off = sum(abs(a - b) > 1e-6 * most for a, b in zip(result["each"], ours["each"], strict=True))
    if off or result["fills"] != ours["fills"]:
        return f"DIFFERS: {off} of {len(ours['each'])} pairs, {result['fills']} fills"
    return "same"


def measure(bars: int, rounds: int, threads: int) -> dict[str, Any]:
    """All of them in turn."""
    ours = {}
    for kind, what in (("full", "everything on"), ("lean", "unused features compiled out")):
        command = [sys.executable, "-m", "benchmarks.ours", "bars", kind, str(bars)]
        ours[kind] = Contestant(f"cockpit, {what}, {threads} threads", [*command, str(threads)], ours=True)
    order = [ours["full"], peer(VECTORBT, ["sweep", str(bars), "1", "1"]), ours["lean"]]
    hold(order, rounds)
    rows = standings(order, len(GRID), same)
    ratios = [ratio(rows, one.name, [VECTORBT]) for one in ours.values()]
    return {"unit": "combinations/s", "rows": rows, "ratios": [one for one in ratios if one]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    found = measure(chosen.bars, chosen.rounds, chosen.threads)
    document = {"bench": "sweep", "combinations": len(GRID), "bars": chosen.bars, "rounds": chosen.rounds, "load": round(load, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
