"""Our side of the contests: the loop on the same market as the peers, with everything compiled in, with the least, in plain Python.

    python -m benchmarks.ours ticks full|lean|python COUNT
    python -m benchmarks.ours bars full|lean COUNT [THREADS]

`full` is what trades live: symbols, stops, limits, pause, levers. `lean` is what a backtest compiles: the same source without the
features its terms leave off.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.market import CAPITAL, FAST, FEE, GRID, SIZE, SLOW, Bars, Prints, bars, prints, summary
from benchmarks.peers.turns import serve
from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.compile.module import Variant
from core.compile.python import PythonInstance
from core.strategy import Definition, params_record
from core.strategy_files import load
from core.types import BAR, TICK, Records

ROOT = Path(__file__).resolve().parents[1]
CROSSING = ROOT / "strategies" / "sma_crossover.py"
IN_PYTHON = ROOT / "benchmarks" / "python_crossing.py"
TERMS = Terms(qty=SIZE, capital=CAPITAL, fee_bps=FEE * 1e4)
MINUTE_MS = 60_000


def as_ticks(market: Prints) -> Records:
    """TICK records, without quotes."""
    rows = np.zeros(len(market.ms), TICK)
    rows["ts"], rows["price"], rows["qty"] = market.ms * 1_000_000, market.price, market.qty
    rows["seq"] = rows["id"] = np.arange(1, len(rows) + 1)
    rows["bid"] = rows["ask"] = np.nan
    return rows


def as_bars(minutes: Bars) -> Records:
    """BAR records."""
    rows = np.zeros(len(minutes.ms), BAR)
    rows["start"], rows["ts"] = minutes.ms * 1_000_000, (minutes.ms + MINUTE_MS) * 1_000_000
    for field in ("open", "high", "low"):
        rows[field] = getattr(minutes, field)
    rows["price"], rows["qty"] = minutes.close, minutes.volume
    rows["seq"] = rows["id"] = np.arange(1, len(rows) + 1)
    rows["bid"] = rows["ask"] = np.nan
    return rows


def variant(kind: str, *, of_bars: bool = False) -> Variant:
    """What is compiled in."""
    return Variant(bars=of_bars) if kind == "full" else backtest_variant(TERMS, bars=of_bars)


def trade_ticks(kind: str, count: int) -> None:
    """One backtest over all prints."""
    ticks = as_ticks(prints(count))
    path, values = (IN_PYTHON, {}) if kind == "python" else (CROSSING, {"interval": "tick"})
    plan = blueprint(load(path), {"fast": FAST, "slow": SLOW} | values, variant(kind))
    instance = (PythonInstance if kind == "python" else Instance)(plan, TERMS)
    start = instance.snapshot()

    def work(_: Any) -> dict[str, Any]:
        instance.feed(ticks)
        account = instance.account[0]
        return summary(account.equity - CAPITAL, account.fills)

    serve(version("cockpit"), work, lambda: instance.restore(start, instance.layout))


class Sweep:
    """One compiled loop and its memory, set back to the start for every pair of windows."""

    def __init__(self, definition: Definition, plan: Blueprint, rows: Records) -> None:
        self.definition = definition
        self.rows = rows
        self.instance = Instance(plan, TERMS)
        self.start = self.instance.snapshot()

    def run(self, fast: int, slow: int) -> tuple[float, int]:
        """(profit, fills) of one pair."""
        instance = self.instance
        instance.restore(self.start, instance.layout)
        params = self.definition.params({"fast": fast, "slow": slow, "interval": "1m"})
        instance._params.view(np.uint8)[:] = params_record(params).view(np.uint8)
        instance.feed(self.rows)
        account = instance.account[0]
        return float(account.equity) - CAPITAL, int(account.fills)


def sweep_bars(kind: str, count: int, threads: int) -> None:
    """The whole grid, shared out over threads: machine code runs without Python's lock."""
    definition = load(CROSSING)
    fast, slow = max(GRID, key=sum)  # needs the most work memory
    plan = blueprint(definition, {"fast": fast, "slow": slow, "interval": "1m"}, variant(kind, of_bars=True))
    rows = as_bars(bars(count))
    sweeps = [Sweep(definition, plan, rows.copy()) for _ in range(threads)]

    def work(_: Any) -> dict[str, Any]:
        found: list[tuple[float, int]] = [(0.0, 0)] * len(GRID)
        _together([partial(_share, sweeps[k], found, k, threads) for k in range(threads)])
        pnl, fills = zip(*found, strict=True)
        return summary(sum(pnl), sum(fills)) | {"each": list(pnl)}

    serve(version("cockpit"), work, least_s=1.0)


def _share(sweep: Sweep, found: list[tuple[float, int]], first: int, every: int) -> None:
    for k in range(first, len(GRID), every):
        found[k] = sweep.run(*GRID[k])


def _together(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    source, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if source == "ticks":
        trade_ticks(kind, count)
    else:
        sweep_bars(kind, count, int(sys.argv[4]) if len(sys.argv) > 4 else os.cpu_count() or 1)


if __name__ == "__main__":
    main()
