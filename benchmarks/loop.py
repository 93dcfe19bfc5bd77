"""The tick backtest: our loop beside other engines, in turn, on the same million prints, to the same fills.

    python benchmarks/loop.py [--ticks 1000000] [--rounds 7] [--peers hftbacktest,vectorbt,backtesting] [--all]

SMA 50/200, size 1, long or flat, fee 0.04 %; an order decided on a print fills on the next. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from benchmarks.contest import Contestant, hold, ratio, standings
from benchmarks.environments import NAMES, peer

OURS = {"full": "cockpit, everything on", "lean": "cockpit, unused features compiled out", "python": "cockpit, strategy in plain Python"}
CALLBACK = "plain Python callback, no book"
USUAL = ("hftbacktest", "vectorbt", "backtesting")


def same(result: dict[str, Any], ours: dict[str, Any]) -> str:
    """Whether fills are as many and the profit is equal to a millionth, allowing for a spread the peer had to pay."""
    off = result["pnl"] + result.get("spread", 0.0) - ours["pnl"]
    if result["fills"] != ours["fills"] or abs(off) > 1e-6 * abs(ours["pnl"]):
        return f"DIFFERS: {result['fills']} fills, profit {result['pnl']:.4f}"
    return f"same, but for a spread of {result['spread']:.2f}" if "spread" in result else "same"


def measure(ticks: int, rounds: int, peers: list[str]) -> dict[str, Any]:
    """All of them in turn."""
    count = str(ticks)
    ours = {
        kind: Contestant(name, [sys.executable, "-m", "benchmarks.ours", "ticks", kind, count], ours=True) for kind, name in OURS.items()
    }
    others = [peer(name, ["ticks", count]) for name in peers]
    callback = Contestant(CALLBACK, [sys.executable, "-m", "benchmarks.peers.on_python", count])
    order = [ours["full"], *others[:1], ours["lean"], *others[1:], ours["python"], callback]
    hold(order, rounds)
    rows = standings(order, ticks, same)
    ratios = [ratio(rows, OURS["full"], peers), ratio(rows, OURS["lean"], peers), ratio(rows, OURS["python"], [CALLBACK])]
    return {"unit": "ticks/s", "rows": rows, "ratios": [one for one in ratios if one]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", default=",".join(USUAL))
    parser.add_argument("--all", action="store_true", help=f"all of {', '.join(NAMES)}")
    chosen = parser.parse_args()
    peers = list(NAMES) if chosen.all else [name for name in chosen.peers.split(",") if name]
    load = os.getloadavg()[0]
    found = measure(chosen.ticks, chosen.rounds, peers)
    document = {"bench": "loop", "ticks": chosen.ticks, "rounds": chosen.rounds, "load": round(load, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
