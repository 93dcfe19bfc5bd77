"""What one live call costs, and what starting costs: `feed` with a single tick; the loop from a warm cache; a compile from nothing.

    python benchmarks/call.py [--calls 20000] [--rounds 5]

Calls are the loop as it trades live (symbols, stops, limits on), on a strategy of ticks, of one-minute bars, and in plain Python;
`machine_code_us` is the same call without `feed` around it. Starts are fresh processes: `load_s` is until the loop is ready after
the interpreter's own start, `process_s` the whole process. One JSON document on stdout.
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

import msgspec
import numpy as np

from benchmarks.ours import CROSSING, IN_PYTHON, ROOT, TERMS, as_ticks
from benchmarks.peers.market import FAST, SLOW, prints
from core.compile.blueprint import blueprint
from core.compile.instance import Instance
from core.compile.module import Variant
from core.compile.python import PythonInstance
from core.strategy_files import load
from core.types import Records

CASES: dict[str, tuple[Path, dict[str, Any]]] = {
    "ticks": (CROSSING, {"fast": FAST, "slow": SLOW, "interval": "tick"}),
    "minutes": (CROSSING, {"fast": 5, "slow": 20, "interval": "1m"}),
    "python": (IN_PYTHON, {"fast": FAST, "slow": SLOW}),
}
START = """
import json, sys, time
began = time.perf_counter()
import msgspec
from core.commands import Terms
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
imported = time.perf_counter()
Instance(msgspec.json.decode(sys.stdin.read(), type=Blueprint), Terms())
print(json.dumps({"import_s": imported - began, "load_s": time.perf_counter() - imported}))
"""


def microseconds(instance: Instance, ones: list[Records]) -> float:
    """Per `feed` of one tick."""
    feed = instance.feed
    began = time.perf_counter()
    for one in ones:
        feed(one)
    return (time.perf_counter() - began) / len(ones) * 1e6


def bare_microseconds(instance: Instance, ones: list[Records]) -> float:
    """Per call of the machine code on one tick, its arguments ready."""
    code = instance._call(ones[0], instance.mem)
    began = time.perf_counter()
    for _ in ones:
        code(0)
    return (time.perf_counter() - began) / len(ones) * 1e6


def calls(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Medians and bests of the rounds, the cases in turn."""
    ticks = as_ticks(prints(count))
    ones = [ticks[k : k + 1].copy() for k in range(count)]
    cases = {}
    for name, (path, values) in CASES.items():
        make = PythonInstance if name == "python" else Instance
        cases[name] = make(blueprint(load(path), values, Variant()), TERMS)
        cases[name].feed(ticks)  # warm: the averages are full
    took: dict[str, dict[str, list[float]]] = {name: {"feed_us": [], "machine_code_us": []} for name in cases}
    for _ in range(rounds):
        for name, instance in cases.items():
            took[name]["feed_us"].append(microseconds(instance, ones))
            if name != "python":
                took[name]["machine_code_us"].append(bare_microseconds(instance, ones))
    return {
        name: {
            f"{key}{end}": round(pick(found), 3)
            for key, found in some.items()
            if found
            for end, pick in (("", statistics.median), ("_best", min))
        }
        for name, some in took.items()
    }


def started(text: str, cache: str | None) -> dict[str, float]:
    """One fresh process that makes the loop ready."""
    began = time.perf_counter()
    environment = os.environ | ({"COCKPIT_CACHE": cache} if cache else {})
    done = subprocess.run([sys.executable, "-c", START], input=text, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    took: dict[str, float] = json.loads(done.stdout)
    return took | {"process_s": time.perf_counter() - began}


def starts(rounds: int) -> dict[str, dict[str, float]]:
    """Warm and cold, in turn."""
    path, values = CASES["ticks"]
    text = msgspec.json.encode(blueprint(load(path), values, Variant())).decode()
    took: dict[str, list[dict[str, float]]] = {"warm_cache": [], "cold_compile": []}
    for _ in range(rounds):
        took["warm_cache"].append(started(text, None))
        with tempfile.TemporaryDirectory() as empty:
            took["cold_compile"].append(started(text, empty))
    return {name: {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]} for name, runs in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    load_average = os.getloadavg()[0]
    found: dict[str, Any] = {"calls": calls(chosen.calls, chosen.rounds), "starts": starts(chosen.rounds)}
    document = {"bench": "call", "numpy": np.__version__, "load": round(load_average, 2), **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
