"""A day of market at high speed through a real engine with strategies, a viewer and two workers: nothing grows, nothing is missing.

`SOAK_S` is how many seconds it takes; the default, at 120 times the pace of the market, is a day. 120 is a short try.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from core.client import Client
from core.commands import Register, Terms
from core.engine.demo import DEMO, PARAMS
from core.errors import CockpitError
from core.exchange.generated import GeneratedMarket
from core.exchange.scenario import load
from core.exchange.server import LocalExchange
from core.store.chunk import CHUNK_TICKS

SECONDS = float(os.environ.get("SOAK_S", "720"))
SPEED = 120
HOURS = SECONDS * SPEED / 3600

#: Memory settles while rings fill and caches warm.
WARM_S = max(60.0, SECONDS / 4)

#: Megabytes engine and workers may seem to grow by, for noise, and per hour of market.
NOISE_MB, AN_HOUR_MB = 8.0, 0.25

#: Megabytes of each database that its connection keeps in memory: these fill once.
CACHE_MB = 32

PANES = ("header", "prices", "strategies", "trades", "alerts")
LOOK_S = 1.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 900)]


@pytest.fixture
async def exchange() -> AsyncIterator[LocalExchange]:
    """A generated market whose time goes fast once somebody streams it."""
    async with LocalExchange(GeneratedMarket(load("default"))) as exchange:
        yield exchange


@pytest.fixture
def home(exchange: LocalExchange) -> Iterator[Path]:
    """A home whose path a socket's fits into, on that market."""
    path = Path(tempfile.mkdtemp(prefix="cockpit-soak-", dir="/tmp"))
    venue = f'[venues.binance]\nws_url = "{exchange.ws_url}"\nrest_url = "{exchange.rest_url}"\n'
    (path / "cockpit.toml").write_text(
        f"[engine]\nworkers = 2\nsnapshot_every_s = 20\n[store]\nseal_after_s = 0\nupkeep_every_s = 5\n{venue}"
    )
    yield path
    shutil.rmtree(path)


@pytest.fixture
def process(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An engine on it."""
    words = ["--home", str(home), "--mode", "paper"]
    with (home / "engine.out").open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.engine", *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        yield started
        started.kill()
        started.wait()


async def connect(home: Path, process: subprocess.Popen[bytes]) -> Client:
    """A viewer, as soon as the engine takes one."""
    until = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < until:
        try:
            return await Client.connect(home)
        except CockpitError:
            await asyncio.sleep(0.1)
    raise AssertionError(f"the engine did not come up: {(home / 'engine.out').read_text()}")


async def look(home: Path, client: Client, seconds: float) -> list[dict[str, float]]:
    """Pull every pane as a screen does, and weigh the engine and its workers now and then."""
    samples: list[dict[str, float]] = []
    began = last = time.monotonic()
    while time.monotonic() - began < seconds:
        await client.pull(PANES)
        if time.monotonic() - last >= LOOK_S:
            last = time.monotonic()
            status = await client.ask("status")
            pids = [status["pid"], *(worker["pid"] for worker in status["workers"])]
            samples.append(
                {
                    "at": last - began,
                    "engine_mb": own_mb(pids[0]),
                    "workers_mb": sum(map(own_mb, pids[1:])),
                    "files": len(os.listdir(f"/proc/{pids[0]}/fd")),
                    "ticks": status["ticks_total"],
                    "caches_mb": sum(min(CACHE_MB, size_mb(home, name)) for name in ("tape.db", "ledger.db")),
                }
            )
        await asyncio.sleep(0.25)
    return samples


def own_mb(pid: int) -> float:
    """What a process holds of its own. Pages of files are left out: how many of a library's are counted to it depends on who else on the
    machine has it loaded."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no memory of process {pid} is told")


def size_mb(home: Path, name: str) -> float:
    """Of a database, or of the log before it where that holds more: so much of it was touched."""
    return max(path.stat().st_size for path in home.glob(f"{name}*")) / 1e6


def growth(samples: list[dict[str, float]], key: str) -> float:
    """How much more the last third holds than the first one, of what came after warming up."""
    values = [sample[key] for sample in samples if sample["at"] > WARM_S]
    third = max(1, len(values) // 3)
    return median(values[-third:]) - median(values[:third])


def cockpit(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command."""
    command = [sys.executable, "-P", "-m", "cockpit", *words, "--home", str(home), "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


async def test_a_day_leaves_memory_flat_the_tape_whole_and_every_fill_provable(
    exchange: LocalExchange, home: Path, process: subprocess.Popen[bytes]
) -> None:
    async with await connect(home, process) as client:
        for name, symbol, qty in DEMO:
            await client.submit(Register(name=name, symbols=[symbol], params=PARAMS, terms=Terms(qty=qty, side="long_short", fee_bps=0.5)))
        exchange.set_speed(SPEED)
        samples = await look(home, client, SECONDS)
        status: dict[str, Any] = await client.ask("status")
    told = {key: (round(samples[0][key], 1), round(samples[-1][key], 1)) for key in samples[0]}
    grown = {key: round(growth(samples, key), 2) for key in ("engine_mb", "workers_mb", "files", "caches_mb")}
    sys.stderr.write(f"\n{HOURS:.1f} h of market: {json.dumps(told)}, once warm it grew by {json.dumps(grown)}\n")

    assert process.poll() is None
    assert [strategy for strategy in status["strategies"] if strategy["state"] not in ("running", "warming")] == []
    assert [worker["restarts"] for worker in status["workers"]] == [0, 0]
    assert samples[-1]["ticks"] > 10 * 3600 * HOURS  # a fraction of what the market prints: it kept up
    allowed = NOISE_MB + AN_HOUR_MB * HOURS
    assert grown["workers_mb"] < allowed, samples
    assert grown["engine_mb"] < allowed + grown["caches_mb"], samples
    assert grown["files"] <= 2
    assert (home / "tape.db-wal").stat().st_size < 128 << 20

    exchange.set_speed(1)
    stopped = await asyncio.to_thread(cockpit, home, "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert await asyncio.to_thread(process.wait, 30) == 0
    proof = await asyncio.to_thread(cockpit, home, "db", "verify", "--deep")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    symbols = json.loads(proof.stdout)["symbols"]
    assert [symbol["missing"] for symbol in symbols] == [0] * 5
    assert all(symbol["rows"] - symbol["sealed"] < 2 * CHUNK_TICKS for symbol in symbols), "at most a chunk of each waits"
    audit = await asyncio.to_thread(cockpit, home, "audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr
