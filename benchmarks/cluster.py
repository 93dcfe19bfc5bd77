"""What a Dask scheduler can hand out: jobs a second, and a study on it beside processes of our own.

    python benchmarks/cluster.py [--jobs 2000] [--workers 2] [--rounds 2]

A scheduler and workers of one thread each, real processes on loopback. `jobs_per_s` are jobs of no trials at all through the crew of
`cockpit optimize --scheduler`, 200 under way at once: the whole way there and back, so the most that one scheduler and one client do.
`cores_fed` is how many cores that keeps at work with jobs of the shortest length, `job_s`; a larger crew gets longer ones.
`spread_mb_per_s` is the rows' way to every worker, once. `study` is the grid of the contests over 100,000 bars. One JSON document on
stdout; needs the extra `cluster`.
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
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.contest import ROOT
from benchmarks.our_study import Lab
from core.research.search.crew import Crew, dask_crew
from core.research.search.runner import AHEAD, JOB_S, Runner
from core.research.search.trial import Job, encode_job

PATIENCE_S = 60.0
BARS = 100_000


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers.

    Raises:
        SystemExit: they did not come up.
    """
    told = folder / "scheduler.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(told), "--no-dashboard"]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    running = [start("scheduler", "--host", "127.0.0.1", "--port", "0")]
    try:
        until = time.monotonic() + PATIENCE_S
        while not (told.exists() and told.read_text()):
            if time.monotonic() > until or running[0].poll() is not None:
                raise SystemExit((folder / "log").read_text()[-300:])
            time.sleep(0.05)
        running += [start("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--name", str(k)) for k in range(workers)]
        address = str(json.loads(told.read_text())["address"])
        from distributed import Client

        with Client(address, timeout=PATIENCE_S, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=PATIENCE_S)
        yield address
    finally:
        for process in running:
            process.kill()
            process.wait()


def jobs_per_s(crew: Crew, lab: Lab, count: int) -> float:
    """Empty jobs there and back."""
    job = encode_job(Job({}, {}, lab.study.ask.terms, []))
    given: set[Future[bytes]] = set()
    began = time.perf_counter()
    left = count
    while left or given:
        while left and len(given) < 100 * AHEAD:
            given.add(crew.submit(job))
            left -= 1
        _, given = wait(given, return_when=FIRST_COMPLETED)
    return count / (time.perf_counter() - began)


def measure(jobs: int, workers: int, rounds: int) -> dict[str, Any]:
    """All of it."""
    rates, studies, ours = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = Lab(BARS, workers, folder)
        lab.sweep()
        with cluster(folder, workers) as address:
            began = time.perf_counter()
            with dask_crew(address, [lab.series]) as crew:
                spread = workers * lab.series.rows * 104 / 1e6 / (time.perf_counter() - began)
                for _ in range(rounds):
                    rates.append(jobs_per_s(crew, lab, jobs))
            for _ in range(rounds):
                began = time.perf_counter()
                tried = Runner(lab.study, lambda: dask_crew(address, [lab.series])).run(lab.journal())
                studies.append(len(tried) / (time.perf_counter() - began))
                began = time.perf_counter()
                lab.sweep()
                ours.append(len(tried) / (time.perf_counter() - began))
        lab.close()
    rate = statistics.median(rates)
    return {
        "jobs_per_s": round(rate), "job_s": JOB_S, "cores_fed": round(rate * JOB_S), "spread_mb_per_s": round(spread, 1),
        "study": {"trials_per_s": round(statistics.median(studies), 1), "own_processes_trials_per_s": round(statistics.median(ours), 1)},
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    found = measure(chosen.jobs, chosen.workers, chosen.rounds)
    document = {"bench": "cluster", "jobs": chosen.jobs, "workers": chosen.workers, "load": round(load, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
