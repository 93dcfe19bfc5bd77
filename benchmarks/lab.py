"""What runs over history cost those who trade: the live path alone, and beside two long runs that take all they are given.

    python benchmarks/lab.py [--seconds 20] [--rate 1000] [--runs 2] [--rounds 2]

The engine of `live.py`, eight strategies on, everything recorded, takes prints at a steady rate: alone, then while the lab works on so
many runs that would each keep a processor busy, in turns. Latencies are p50 / p99 / maximum in µs from the moment the engine read the
socket; `p99_ratio` compares the medians of the rounds' p99 at `target`. `runs_cpu_pct` is what the runs got of
one processor, and each must have got on. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.live import Venue, loaded
from benchmarks.live_engine import EngineUnderTest, cpu_s, engine
from core.client import call
from core.commands import Backtest, CancelRun
from core.view import Pull, Submit

#: A strategy that works about 0.3 ms on every print, and a recording that lasts longer than anybody waits.
BURN = '''"""Bets on nothing, and takes its time."""

from msgspec import Struct


class Params(Struct, frozen=True, kw_only=True):
    pass


class Strategy:
    def __init__(self, params):
        pass

    def on_tick(self, tick):
        sum(range(20_000))
        return None
'''
PRINTS = 1_000_000
PATIENCE_S = 120.0

#: One round with the lab at work: its figures.
Round = Callable[[EngineUnderTest, Venue, Path, argparse.Namespace], dict[str, Any]]


def recording(folder: Path) -> Path:
    """Prints of a day, a dozen a second, as Binance dumps them."""
    path = folder / "BTCUSDT-aggTrades-2024-08-09.csv"
    start = 1_723_161_600_000
    with path.open("w", encoding="ascii") as file:
        for n in range(PRINTS):
            file.write(f"{n},{60_000 + n % 97}.5,0.01,{n},{n},{start + 86 * n},true\n")
    return path


def begin(under: EngineUnderTest, source: Path, count: int) -> list[str]:
    """Start so many runs; returns their ids once all are getting on."""
    (under.home / "strategies" / "burn.py").write_text(BURN, encoding="utf-8")
    order = Backtest(source=str(source), strategy="burn")
    ids = [str(call(under.home, Submit(order, actor="cli"), PATIENCE_S)["id"]) for _ in range(count)]
    until = time.perf_counter() + PATIENCE_S
    while not all(rows(under, ids).values()):
        if time.perf_counter() > until:
            raise SystemExit(f"the runs did not get on: {rows(under, ids)}")
        time.sleep(0.1)
    return ids


def rows(under: EngineUnderTest, ids: list[str]) -> dict[str, int]:
    """How far each of these runs is.

    Raises:
        SystemExit: one of them is over.
    """
    view = call(under.home, Pull({"lab": -1})).lab
    found = {run.id: run for run in view.runs if run.id in ids}
    over = [f"{run.id} {run.state}: {run.line}" for run in found.values() if run.state not in ("queued", "running")]
    if over:
        raise SystemExit(f"a run ended too soon: {', '.join(over)}")
    return {id_: run.rows for id_, run in found.items()}


def processes_of_runs(under: EngineUnderTest) -> list[int]:
    """Pids of the processes of runs."""
    found = []
    for task in Path(f"/proc/{under.process.pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if b"core.research.job" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found


def beside_runs(under: EngineUnderTest, venue: Venue, source: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One round with the lab at work."""
    ids = begin(under, source, options.runs)
    pids = processes_of_runs(under)
    before, used, began = rows(under, ids), sum(cpu_s(pid) for pid in pids), time.perf_counter()
    found = loaded(under, venue, "pace", options.rate, options.seconds, False)
    took, after = time.perf_counter() - began, rows(under, ids)
    found["runs_cpu_pct"] = round(100 * (sum(cpu_s(pid) for pid in pids) - used) / took, 1)
    found["runs_prints_per_s"] = round(sum(after[id_] - before[id_] for id_ in ids) / took)
    for id_ in ids:
        call(under.home, Submit(CancelRun(id=id_), actor="cli"))
    until = time.perf_counter() + PATIENCE_S
    while processes_of_runs(under) and time.perf_counter() < until:
        time.sleep(0.1)
    return found


def p99(rounds: list[dict[str, Any]]) -> float:
    """The median over rounds of the targets' p99, µs."""
    return statistics.median(float(one["latency_us"]["target"].split(" / ")[1].replace(",", "")) for one in rounds)


def in_turn(options: argparse.Namespace, processes: int, busy: Round) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(rounds alone, rounds with the lab at work) on one engine, whose lab has so many processes, in turns."""
    venue = Venue()
    alone: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    try:
        with engine(venue.urls, 1, more=f"[research]\nprocesses = {processes}\n") as under:
            under.register()
            source = recording(under.home)
            for _ in range(options.rounds):
                alone.append(loaded(under, venue, "pace", options.rate, options.seconds, False))
                beside.append(busy(under, venue, source, options))
    finally:
        venue.close()
    return alone, beside


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each turn")
    parser.add_argument("--rate", type=float, default=1000.0, help="prints a second")
    parser.add_argument("--runs", type=int, default=2, help="at once")
    parser.add_argument("--rounds", type=int, default=2, help="of both in turn")
    options = parser.parse_args()
    alone, beside = in_turn(options, options.runs, beside_runs)
    ratio = {"alone": p99(alone), "beside_runs": p99(beside), "p99_ratio": round(p99(beside) / p99(alone), 2)}
    document = {"bench": "lab", "rate": options.rate, "runs": options.runs, "target_p99_us": ratio, "alone": alone, "beside_runs": beside}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
