"""What a sweep costs those who trade: the live path at 5,000 prints a second alone, and beside a study that would take all there is.

    python benchmarks/lab_study.py [--seconds 20] [--rate 5000] [--processes N] [--rounds 2]

As `lab.py`, with a study in place of the runs: `optimize` asked of the engine as the Lab screen asks it, a compiled strategy at thousands
of parameter sets over a million prints, trials in so many processes (one a core but one, as an engine has it where nothing else is said).
`study_cpu_pct` is what the study's processes got of one processor, and it must have got on. Latencies are p50 / p99 / maximum in µs from
the moment the engine read the socket. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.busy import children
from benchmarks.lab import PATIENCE_S, in_turn, p99
from benchmarks.live import Venue, loaded
from benchmarks.live_engine import EngineUnderTest, cpu_s
from core.client import call
from core.commands import CancelRun, Optimize
from core.study_view import StudyRow
from core.view import Pull, Submit

RANGES = ["fast=2:200", "slow=201:600"]


def begin(under: EngineUnderTest, source: Path) -> str:
    """Start a study that is not done before it is cancelled; its id once it is getting on."""
    order = Optimize(sources=[str(source)], strategies=["sma_crossover"], params={"interval": "tick"}, ranges=RANGES, rank_by="net_pnl")
    id_ = str(call(under.home, Submit(order, actor="cli"), PATIENCE_S)["id"])
    until = time.perf_counter() + PATIENCE_S
    while (row := study(under, id_)).done - row.kept < 10:
        if time.perf_counter() > until:
            raise SystemExit(f"the study did not get on: {row}")
        time.sleep(0.1)
    return id_


def study(under: EngineUnderTest, id_: str) -> StudyRow:
    """How far it is.

    Raises:
        SystemExit: it is over.
    """
    found = next(one for one in call(under.home, Pull({"lab": -1})).lab.studies if one.id == id_)
    if found.state not in ("queued", "running"):
        raise SystemExit(f"the study ended too soon: {found.state}: {found.line}")
    return found


def processes_of_study(under: EngineUnderTest) -> list[int]:
    """Pids of the study and of what runs its trials."""
    mine = [pid for pid in children(under.process.pid) if b"search.job" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return [*mine, *(below for pid in mine for below in children(pid))]


def beside_study(under: EngineUnderTest, venue: Venue, source: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One round with the study at work."""
    id_ = begin(under, source)
    pids = processes_of_study(under)
    before, used, began = study(under, id_).done, sum(map(cpu_s, pids)), time.perf_counter()
    found = loaded(under, venue, "pace", options.rate, options.seconds, False)
    took = time.perf_counter() - began
    found["study_processes"] = len(pids)
    found["study_cpu_pct"] = round(100 * (sum(map(cpu_s, pids)) - used) / took, 1)
    found["study_trials_per_s"] = round((study(under, id_).done - before) / took, 1)
    call(under.home, Submit(CancelRun(id=id_), actor="cli"))
    until = time.perf_counter() + PATIENCE_S
    while processes_of_study(under) and time.perf_counter() < until:
        time.sleep(0.1)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each turn")
    parser.add_argument("--rate", type=float, default=5000.0, help="prints a second")
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 1) - 1), help="that run trials at once")
    parser.add_argument("--rounds", type=int, default=2, help="of both in turn")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    alone, beside = in_turn(options, options.processes, beside_study)
    ratio = {"alone": p99(alone), "beside_study": p99(beside), "p99_ratio": round(p99(beside) / p99(alone), 2)}
    document = {
        "bench": "lab_study", "rate": options.rate, "processes": options.processes, "load": round(load, 2), "target_p99_us": ratio,
        "alone": alone, "beside_study": beside,
    }  # fmt: skip
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
