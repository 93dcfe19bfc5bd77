"""How much of the machine a sweep and a walk forward keep at work: whole commands, both cores, nobody helped.

    python benchmarks/busy.py [--ticks 4000000] [--pairs 500] [--rounds 2] [--jobs N]

`cockpit optimize` over a recording, the rows already parsed and the loop compiled: the grid of the contests as a sweep, then the same
with `--validate rolling`. The CPU time is that of the whole tree of processes. `busy_pct` is that by wall time and cores, from the first
import to the verdict; `busy_of_free_pct` by what others left of the machine meanwhile: trials take only what nobody else wants, so on a
busy machine that is the one to read. `trials_per_s_per_core` is a second of processor time's worth of trials, and `worker_pss_mb` the share
of memory of the largest process that runs trials, its share of the rows in it. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cold import recording
from benchmarks.contest import ROOT, say
from benchmarks.peers.market import GRID
from benchmarks.run import cpu_of_others
from core.engine.footprint import proportional

PERIOD_S = 0.2


def words(source: Path, pairs: int, jobs: int) -> list[str]:
    """The sweep of the contests, or the first rows of its grid."""
    fast, slow = (sorted({pair[k] for pair in GRID[:pairs]}) for k in (0, 1))
    ranges = [f"fast={','.join(map(str, fast))}", f"slow={','.join(map(str, slow))}"]
    return [
        "optimize",
        str(source),
        "--strategy",
        "sma_crossover",
        "--param",
        "interval=tick",
        "--range",
        *ranges,
        "--jobs",
        str(jobs),
        "--json",
    ]


def watched(arguments: list[str], home: Path) -> dict[str, Any]:
    """One whole command: its document, seconds, CPU of its tree, and what its processes held at most.

    Raises:
        SystemExit: it failed.
    """
    used, others, began = _tree_s(), cpu_of_others() or 0.0, time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", *arguments], cwd=ROOT, env=os.environ | {"COCKPIT_HOME": str(home)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    largest = 0
    while True:
        try:
            out, complaint = process.communicate(timeout=PERIOD_S)
            break
        except subprocess.TimeoutExpired:
            largest = max([largest, *proportional(children(process.pid)).values()])
    wall, cpu = time.perf_counter() - began, _tree_s() - used
    free = (os.cpu_count() or 1) * wall - max(0.0, (cpu_of_others() or 0.0) - others)
    if process.returncode != 0:
        raise SystemExit(f"the command failed: {complaint.decode()[-300:]}")
    document = json.loads(out)
    return {"trials": document["trials"], "wall_s": wall, "cpu_s": cpu, "free_s": free, "worker_pss_mb": largest / 1e6}


def children(pid: int) -> list[int]:
    """Processes it started that still run, but for multiprocessing's own tracker."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return [one for one in found if b"resource_tracker" not in _command(one)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _tree_s() -> float:
    """CPU seconds of all processes that we and ours have waited for."""
    found = os.times()
    return found.children_user + found.children_system


def figures(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Medians of the rounds."""
    cores = os.cpu_count() or 1

    def median(of: list[float]) -> float:
        return statistics.median(of)

    return {
        "trials": runs[0]["trials"],
        "wall_s": round(median([run["wall_s"] for run in runs]), 2),
        "cpu_s": round(median([run["cpu_s"] for run in runs]), 2),
        "busy_pct": round(median([100 * run["cpu_s"] / (run["wall_s"] * cores) for run in runs]), 1),
        "busy_of_free_pct": round(median([100 * run["cpu_s"] / run["free_s"] for run in runs]), 1),
        "trials_per_s": round(median([run["trials"] / run["wall_s"] for run in runs]), 1),
        "trials_per_s_per_core": round(median([run["trials"] / run["cpu_s"] for run in runs]), 1),
        "worker_pss_mb": round(max(run["worker_pss_mb"] for run in runs), 1),
    }


def measure(ticks: int, pairs: int, rounds: int, jobs: int) -> dict[str, Any]:
    """Both in turn."""
    took: dict[str, list[dict[str, Any]]] = {"sweep": [], "walk_forward": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = recording(folder, ticks)
        watched([*words(source, 1, 1), "--trials", "1"], folder / "home")  # parses and compiles
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}")
            asked = [*words(source, pairs, jobs), "--again"]
            took["sweep"].append(watched(asked, folder / "home"))
            took["walk_forward"].append(watched([*asked, "--validate", "rolling", "--folds", "5"], folder / "home"))
    return {kind: figures(runs) for kind, runs in took.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ticks", type=int, default=4_000_000)
    parser.add_argument("--pairs", type=int, default=len(GRID))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    found = measure(chosen.ticks, chosen.pairs, chosen.rounds, chosen.jobs)
    document = {"bench": "busy", "ticks": chosen.ticks, "jobs": chosen.jobs, "cores": cores, "load": round(load, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
