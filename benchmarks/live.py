"""The whole live path: a real engine process with its store and workers, eight strategies on, everything recorded.

    python benchmarks/live.py [--seconds 20] [--rate 5000] [--idle 30] [--workers 1,2] [--target 50000] [--crowd 32]

A second process is a venue that costs next to nothing (`live_venue`), so that the engine is what is measured; it stands back from the
processors wherever the engine wants them, as a real venue takes none of them at all. For each number of workers: a quiet market (CPU,
memory), a steady rate (time from the socket's read to the strategies), and prints as fast as they are read: alone, with a quote each,
and with strategies in ordinary Python that keep the workers busy. A rate is sustained when all of it is on the tape and seen by the
workers: the time that takes counts. Latencies are p50 / p99 / maximum from the moment the engine read the socket (`venue_to_read`:
from the venue's own stamp to there). Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from contextlib import closing
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import live_venue
from benchmarks.live_engine import EngineUnderTest, cpu_s, engine, pss_mb, threads_s, waited_s

#: Niceness of the generating process: it shares the processors with what is measured.
NICE = 10


class Venue:
    """The generating process, and orders to it."""

    def __init__(self, kind: type[live_venue.LeanVenue] = live_venue.LeanVenue) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe: Pipe
        self._pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=live_venue.run, args=(theirs, kind))
        self.process.start()
        self.urls: tuple[str, str] = self._pipe.recv()
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            os.setpriority(os.PRIO_PROCESS, int(task.name), NICE)

    def order(self, *words: Any) -> dict[str, float]:
        """Have it print; returns when it has."""
        self._pipe.send(words)
        done: dict[str, float] = self._pipe.recv()
        return done

    def close(self) -> None:
        self._pipe.send(None)
        self.process.join(10)
        self.process.kill()


def quiet(under: EngineUnderTest, seconds: float) -> dict[str, float]:
    """CPU of the engine and of a worker, memory of all, while five prints a second come."""
    processes = under.processes()
    before, began = {name: cpu_s(pid) for name, pid in processes.items()}, time.perf_counter()
    time.sleep(seconds)
    took = time.perf_counter() - began
    used = {name: 100 * (cpu_s(pid) - before[name]) / took for name, pid in processes.items()}
    memory = {name: pss_mb(pid) for name, pid in processes.items()}
    return {
        "engine_cpu_pct": round(used.pop("engine"), 2),
        "worker_cpu_pct": round(max(used.values(), default=0.0), 2),
        "pss_mb": round(sum(memory.values()), 1),
        "engine_pss_mb": round(memory["engine"], 1),
    }


def loaded(under: EngineUnderTest, venue: Venue, *words: Any) -> dict[str, Any]:
    """One run of prints: the rate all of which was taken, stored and seen, and what it cost."""
    before, latencies = under.status(), under.latencies()
    processes = under.processes()
    used, threads, began = {name: cpu_s(pid) for name, pid in processes.items()}, threads_s(under.process.pid), time.perf_counter()
    queued = {name: waited_s(pid) for name, pid in processes.items()}
    done = venue.order(*words)
    after = under.settle(before["ticks_total"] + int(done["printed"]))
    took = time.perf_counter() - began
    time.sleep(0.5)  # workers tell their times now and then
    passed = {name: now.diff(latencies[name]).figures() for name, now in under.latencies().items()}
    busy = {name: cpu_s(pid) - used[name] for name, pid in processes.items()}
    busiest = max(cpu - threads.get(name, 0.0) for name, cpu in threads_s(under.process.pid).items())
    ticks = after["ticks_total"] - before["ticks_total"]
    if after["feed"]["gaps"] > before["feed"]["gaps"]:
        raise SystemExit("there were gaps: what was measured is not what was printed")
    return {
        "ticks_per_s": round(ticks / took),
        "sent": int(done["printed"]),
        "ticks": ticks,
        "settled_after_s": round(took - done["seconds"], 2),
        "held_back_ticks": int(done.get("held_back", 0)),
        "cpu_us_per_tick": {
            "engine": round(1e6 * busy.pop("engine") / ticks, 2),
            "its_busiest_thread": round(1e6 * busiest / ticks, 2),
            "workers": round(1e6 * sum(busy.values()) / ticks, 2),
        },
        "waited_for_a_processor_pct": {name: round(100 * (waited_s(pid) - queued[name]) / took, 1) for name, pid in processes.items()},
        "latency_us": {
            name: " / ".join(f"{figures[key]:,.0f}" for key in ("p50_us", "p99_us", "max_us"))
            for name, figures in passed.items()
            if figures["count"]
        },
    }


def on_the_wire(home: Path, count: int) -> str:
    """From the venue's stamp, taken right before it writes, to our read: the loop's own delays. Of the newest ticks on the tape."""
    import sqlite3

    with closing(sqlite3.connect(f"file:{home / 'tape.db'}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT recv_ns - ts_ns FROM ticks WHERE seq > 0 ORDER BY seq DESC LIMIT ?", (count,)).fetchall()
    late = np.array(rows, np.int64)[:, 0] / 1000
    return " / ".join(f"{figure:,.0f}" for figure in (*np.percentile(late, [50, 99]), late.max()))


def measure(venue: Venue, workers: int, options: argparse.Namespace) -> dict[str, Any]:
    """All of it, with so many workers."""
    with engine(venue.urls, workers) as under:
        under.register()
        result: dict[str, Any] = {"quiet": quiet(under, options.idle)}
        result["steady"] = {"rate": options.rate, **loaded(under, venue, "pace", options.rate, options.seconds, False)}
        result["steady"]["latency_us"]["venue_to_read"] = on_the_wire(under.home, int(options.rate * options.seconds))
        if options.target:
            result["target"] = {"rate": options.target, **loaded(under, venue, "pace", options.target, options.seconds, False)}
        result["flood"] = loaded(under, venue, "flood", options.seconds, False)
        result["flood_with_quotes"] = loaded(under, venue, "flood", options.seconds, True)
        if options.crowd:
            under.crowd(options.crowd)
            result["flood_crowd"] = {"python_strategies": options.crowd, **loaded(under, venue, "flood", options.seconds, False)}
        result["alerts"] = len(under.ask("alerts"))
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run")
    parser.add_argument("--rate", type=float, default=5000.0, help="prints a second at which latency is taken")
    parser.add_argument("--target", type=float, default=50_000.0, help="prints a second that must be sustained; 0 skips it")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds of quiet market")
    parser.add_argument(
        "--crowd", type=int, default=32, help="strategies in ordinary Python in the last run, to load the workers; 0 skips it"
    )
    parser.add_argument("--workers", default=",".join(str(n) for n in sorted({1, os.cpu_count() or 1})))
    options = parser.parse_args()
    venue = Venue()
    try:
        runs = {f"workers_{n}": measure(venue, int(n), options) for n in options.workers.split(",")}
    finally:
        venue.close()
    sys.stdout.write(json.dumps({"bench": "live", "strategies": 8, **runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
