"""`cockpit backtest` over a million prints as a whole command: with nothing in the cache, and the second time.

    python benchmarks/cold.py [--ticks 1000000] [--rounds 5]

Cold, nothing is kept of anything: the strategy is compiled and the file parsed. Warm, the loop and the parsed rows come out of the cache.
Each is a fresh process, in turn; `wall_s` is from before its start until it has ended, `cpu_s` its processor time. `parsed_again` is a
warm loop with `--no-cache`. Medians of the rounds; one JSON document on stdout.
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

from benchmarks.contest import ROOT, say
from benchmarks.peers.market import FAST, SLOW, prints

WORDS = ["--strategy", "sma_crossover", "--param", "interval=tick", "--param", f"fast={FAST}", "--param", f"slow={SLOW}", "--json"]


def recording(folder: Path, count: int) -> Path:
    """The prints of the contests as Binance dumps them."""
    path, market = folder / "BTCUSDT-aggTrades-2023-11-14.csv", prints(count)
    rows = zip(market.ms.tolist(), market.price.tolist(), market.qty.tolist(), strict=True)
    with path.open("w", encoding="ascii") as file:
        for n, (ms, price, qty) in enumerate(rows, 1):
            file.write(f"{n},{price:.2f},{qty:.3f},{n},{n},{ms},true\n")
    return path


def command(source: Path, home: Path, cache: Path, *more: str) -> dict[str, float]:
    """One whole command: seconds by the clock and of the processor.

    Raises:
        SystemExit: it failed.
    """
    environment = os.environ | {"COCKPIT_HOME": str(home), "COCKPIT_CACHE": str(cache)}
    before, began = _used(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "backtest", str(source), *WORDS, *more],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    took, used = time.perf_counter() - began, _used() - before
    if done.returncode != 0:
        raise SystemExit(f"the command failed: {done.stderr.decode()[-300:]}")
    return {"wall_s": took, "cpu_s": used, "fills": float(json.loads(done.stdout)["fills"])}


def _used() -> float:
    found = os.times()
    return found.children_user + found.children_system


def measure(ticks: int, rounds: int) -> dict[str, Any]:
    """All three in turn."""
    took: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "parsed_again": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = recording(folder, ticks)
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}")
            cache = folder / f"cache-{number}"
            took["cold"].append(command(source, folder / "home", cache))
            took["warm"].append(command(source, folder / "home", cache))
            took["parsed_again"].append(command(source, folder / "home", cache, "--no-cache"))
    if len({run["fills"] for runs in took.values() for run in runs}) != 1:
        raise SystemExit(f"the runs differ: {took}")
    return {
        kind: {key: round(statistics.median(run[key] for run in runs), 3) for key in ("wall_s", "cpu_s")}
        | {"best_wall_s": round(min(run["wall_s"] for run in runs), 3)}
        for kind, runs in took.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    document = {"bench": "cold", "ticks": chosen.ticks, "load": round(load, 2), **measure(chosen.ticks, chosen.rounds)}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
