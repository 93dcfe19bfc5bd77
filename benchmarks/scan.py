"""How fast a sealed tape of one symbol goes through a backtest: the source alone, and with the loop of a strategy behind it.

    python benchmarks/scan.py [--ticks 10000000] [--rounds 5]

Ticks a second of wall time, the best of the rounds, and of CPU time of all threads in that round: the tape is decoded on one thread while
the loop runs on another. `source`: every tick read, decoded and in the order a backtest sees it. `sma`: `cockpit backtest tape:SYMBOL
--strategy sma_crossover` on ticks, what is not used compiled out, from the first tick to the last; loading the strategy and its machine
code is not in it, but in its CPU time. `as_delivered`: the same in the order of seq. `kernel`: the same loop over ticks in memory, batch
by batch. `since`: the order of seq across two symbols, as recovery and audit read it. `peak_mb`: most memory the process had by then (RSS),
`start_mb` with the tapes made; a million ticks are 72 MB. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.sealed import make_tape
from core.commands import Terms
from core.compile.blueprint import backtest_variant, blueprint
from core.compile.instance import Instance
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.sources import open_source
from core.store.reader import ticks_since
from core.strategy_files import builtin_folder, load
from core.types import SECOND, Records, Symbols

NAME, OTHER = "binance:BTCUSDT", "binance:ETHUSDT"
PARAMS = {"fast": 50, "slow": 200, "interval": "tick"}
HOUR = 3600 * SECOND


def best(work: Callable[[], tuple[int, float, float]], rounds: int) -> dict[str, Any]:
    """The fastest of the rounds of work that says how many ticks it took, and in how many seconds and CPU seconds."""
    found = []
    for _ in range(rounds):
        ticks, seconds, cpu = work()
        found.append((ticks / seconds / 1e6, ticks / cpu / 1e6))
    rate, of_cpu = max(found)
    return {"m_ticks_per_s": round(rate, 2), "m_ticks_per_cpu_s": round(of_cpu, 2), "peak_mb": round(_peak_mb())}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def through(batches: Iterable[Records], take: Callable[[Records], object] = len) -> tuple[int, float, float]:
    """Ticks, seconds and CPU seconds of going through batches."""
    began, cpu, ticks = time.perf_counter(), time.process_time(), 0
    for batch in batches:
        take(batch)
        ticks += len(batch)
    return ticks, time.perf_counter() - began, time.process_time() - cpu


def backtest(home: Path, as_delivered: bool) -> tuple[int, float, float]:
    """The run's own time; CPU of the whole command."""
    cpu = time.process_time()
    order = Order(["tape:BTCUSDT"], "sma_crossover", [builtin_folder()], PARAMS, home=home, as_delivered=as_delivered)
    figures = run_backtest(order).figures
    return figures["ticks"], figures["elapsed_s"], time.process_time() - cpu


def loop() -> Instance:
    """The loop that `backtest` runs, new."""
    terms = Terms()
    return Instance(blueprint(load(builtin_folder() / "sma_crossover.py"), PARAMS, backtest_variant(terms, bars=False)), terms)


def measure(folder: Path, ticks: int, rounds: int) -> dict[str, Any]:
    """Everything, on tapes made for it."""
    one, two = folder / "one", folder / "two"
    make_tape(one, [NAME], ticks, 12 * HOUR)
    make_tape(two, [NAME, OTHER], ticks // 5, 2 * HOUR)
    result: dict[str, Any] = {"bytes_per_tick": round((one / "tape.db").stat().st_size / ticks, 2), "start_mb": round(_peak_mb())}
    result["source"] = best(lambda: through(open_source("tape:BTCUSDT", home=one).batches()), rounds)
    backtest(one, False)  # compiles what compiles
    result["sma"] = best(lambda: backtest(one, False), rounds)
    result["as_delivered"] = best(lambda: backtest(one, True), rounds)
    result["since"] = best(lambda: through(ticks_since(two / "tape.db", 0, symbols=Symbols())), rounds)
    batches = list(open_source("tape:BTCUSDT", home=two).batches())
    result["kernel"] = best(lambda: through(batches, loop().feed), rounds)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ticks", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.ticks, options.rounds)
    conditions = {"ticks": options.ticks, "rounds": options.rounds, "cores": os.cpu_count()}
    sys.stdout.write(json.dumps({"bench": "scan", **conditions, **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
