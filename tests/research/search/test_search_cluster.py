"""Trials on a Dask cluster: a scheduler and two workers, real processes on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from study_rig import bars_file, facts, here, strategy_folder, study

from core.errors import CockpitError
from core.research.search.crew import dask_crew
from core.research.search.progress import Progress
from core.research.search.runner import Runner

pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(told), "--no-dashboard"]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
    workers: list[subprocess.Popen[bytes]] = []
    try:
        until = time.monotonic() + DEADLINE_S
        while not told.exists() or not told.read_text():
            assert scheduler.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "no scheduler in time"
            time.sleep(0.05)
        workers += [start("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--name", str(k)) for k in range(2)]
        address = json.loads(told.read_text())["address"]
        wait_for_workers(address, 2)
        yield address, workers
    finally:
        for process in [*workers, scheduler]:
            process.kill()
            process.wait()


def wait_for_workers(address: str, count: int) -> None:
    """Until so many are there."""
    from distributed import Client

    with Client(address, timeout=DEADLINE_S, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=DEADLINE_S)


def test_a_cluster_gives_the_same_bits_as_one_process_also_when_a_worker_is_lost(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.research.search.runner.JOB_TRIALS", 4)
    address, workers = cluster
    strategy_folder(tmp_path, plain="return float(self.n // (self.k + 3) % 2)")
    words = ("fast=2:12:2", "slow=8:40:8", "k=0:19")
    asked = study(tmp_path, *words, strategies=("sma_crossover", "plain"), files=(bars_file(tmp_path),))
    alone = Runner(asked, here).run(tmp_path / "alone")
    far = Runner(asked, lambda: dask_crew(address, asked.series)).run(tmp_path / "far")
    assert facts(far) == facts(alone)

    def lose(progress: Progress) -> None:
        if progress.done >= 8 and workers[0].poll() is None:
            workers[0].kill()
            workers[0].wait()

    less = Runner(asked, lambda: dask_crew(address, asked.series), lose).run(tmp_path / "less")
    assert workers[0].poll() is not None
    assert facts(less) == facts(alone)


def test_no_scheduler_is_one_line(tmp_path: Path) -> None:
    asked = study(tmp_path, "fast=5")
    with pytest.raises(CockpitError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9") as found:
        Runner(asked, lambda: dask_crew("tcp://127.0.0.1:9", asked.series)).run(tmp_path / "trials")
    assert "\n" not in str(found.value)
