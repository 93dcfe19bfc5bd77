"""One run, a sweep and a walk forward over one-minute bars: the lab beside every peer, in turn, to the same profits.

    python benchmarks/study.py [--bars 1000000] [--sweep-bars 100000] [--folds 4] [--rounds 2] [--peers vectorbt,…] [--only sweep]

Each question is a contest of its own. What is asked, in the same loop of all: `peers/questions.py`. No peer here has a walk forward that
chooses and trades by itself, so around them it is that loop. The lab is `core.research.search` as `cockpit optimize` runs it, its trials
in processes, metrics and journal included; in the walk it stands twice: trading each fold anew as everybody else does, and as it does it
(`--validate rolling`: one pass over all pairs, the folds cut out of their curves), which is another rule and has another result. Peers
that would take hours get every 5th to 250th pair: rates are per pair. One JSON document on stdout.
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

#: Peers, and which share of the pairs each gets: every so-manyth.
EVERY = {"vectorbt": 1, "hftbacktest": 5, "backtesting": 25, "nautilus_trader": 125, "backtrader": 250}

KINDS = ("bars", "sweep", "walk")
UNITS = {"bars": "bars/s", "sweep": "pairs/s", "walk": "pairs/s"}


def same(result: dict[str, Any], ours: dict[str, Any]) -> str:
    """Whether every pair they both tried made the same profit, to a millionth of the largest."""
    if "rule" in result:
        return str(result["rule"])
    expected = ours["by_every"][str(result["every"])]
    most = max(map(abs, expected))
    off = sum(abs(a - b) > 1e-6 * most for a, b in zip(result["each"], expected, strict=True))
    return f"DIFFERS: {off} of {len(expected)}" if off else "same"


def contest(kind: str, count: int, folds: int, rounds: int, peers: list[str]) -> dict[str, Any]:
    """One question to all of them."""
    cores = str(os.cpu_count() or 1)
    words = [kind, str(count), "1", str(folds)]
    ours = [Contestant(f"cockpit, {cores} processes", [sys.executable, "-m", "benchmarks.our_study", *words, cores], ours=True)]
    if kind == "walk":
        command = [sys.executable, "-m", "benchmarks.our_study", "rolling", *words[1:], cores]
        ours.append(Contestant(f"cockpit, its own way, {cores} processes", command, ours=True))
    others = []
    for name in peers:
        every = 1 if kind == "bars" else EVERY[name]
        part = 1.0 if kind == "bars" else len(GRID[::every]) / len(GRID)
        one = peer(name, [kind, str(count), str(every), str(folds)])
        one.part = part
        one.name = name if every == 1 else f"{name}, {len(GRID[::every])} of the pairs"
        others.append(one)
    order = [ours[0], *others, *ours[1:]]
    hold(order, rounds)
    amount = count if kind == "bars" else len(GRID)
    rows = standings(order, amount, same)
    ratios = [ratio(rows, one.name, [other.name]) for one in ours for other in others]
    return {"unit": UNITS[kind], "amount": amount, "rows": rows, "ratios": [one for one in ratios if one]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000, help="of the one run")
    parser.add_argument("--sweep-bars", type=int, default=100_000, help="of the sweep and the walk")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--peers", default=",".join(EVERY))
    parser.add_argument("--only", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    chosen = parser.parse_args()
    peers, load = [name for name in chosen.peers.split(",") if name], os.getloadavg()[0]
    found = {}
    for kind in (kind for kind in KINDS if kind in chosen.only.split(",")):
        count = chosen.bars if kind == "bars" else chosen.sweep_bars
        found[kind] = {"bars": count, **contest(kind, count, chosen.folds, chosen.rounds, peers)}
    document = {"bench": "study", "pairs": len(GRID), "folds": chosen.folds, "rounds": chosen.rounds, "load": round(load, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
