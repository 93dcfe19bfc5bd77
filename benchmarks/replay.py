"""A long recording played as fast as it goes: how fast that is, and whether the engine's memory stays what it was early on.

    python benchmarks/replay.py [--ticks 6000000] [--hours 24] [--symbols 5]

Makes a sealed tape, then a replay engine plays all of it in a home of its own, onto that home's own tape, strategies none. PSS
(`smaps_rollup`) of the engine is sampled four times a second: the median of each tenth of the ticks, so that a slope would show; `grew_mb`
is the last tenth's less the third's, when everything has been met once. Prints one JSON document.
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

from benchmarks.live_engine import EngineUnderTest, cpu_s, pss_mb
from benchmarks.sealed import make_tape
from core.errors import CockpitError
from core.replay.plan import keep_plan, plan_of
from core.types import SECOND

SAMPLE_S = 0.25
PATIENCE_S = 1800.0


def play(under: EngineUnderTest, ticks: int) -> dict[str, Any]:
    """Until the end of the recording."""
    samples: list[tuple[int, float]] = []
    began, cpu = None, 0.0
    until = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until:
        if under.process.poll() is not None:
            raise SystemExit((under.home / "engine.out").read_text(errors="replace") or "the engine is gone")
        try:
            status = under.status()
        except CockpitError:  # it is not up yet
            time.sleep(0.05)
            continue
        if began is None:
            began, cpu = time.perf_counter(), cpu_s(under.process.pid)
        samples.append((status["ticks_total"], pss_mb(under.process.pid)))
        if status["replay"]["state"] == "ended":
            break
        time.sleep(SAMPLE_S)
    assert began is not None
    took, used = time.perf_counter() - began, cpu_s(under.process.pid) - cpu
    if samples[-1][0] != ticks:
        raise SystemExit(f"{samples[-1][0]:,} of {ticks:,} ticks were played")
    played = ticks - samples[0][0]
    tenths = [[mb for at, mb in samples if tenth <= 10 * at / ticks < tenth + 1 + (tenth == 9)] for tenth in range(10)]
    medians = [round(statistics.median(part), 1) if part else None for part in tenths]
    known = [mb for mb in medians[2:] if mb is not None]
    return {
        "ticks_per_s": round(played / took),
        "cpu_us_per_tick": round(used / played * 1e6, 2),
        "pss_mb_by_tenth": " ".join("-" if mb is None else f"{mb:.0f}" for mb in medians),
        "pss_most_mb": max(mb for _, mb in samples),
        "grew_mb": round(known[-1] - known[0], 1) if known else None,
    }


def measure(folder: Path, ticks: int, hours: float, symbols: int) -> dict[str, Any]:
    """One recording, one engine."""
    home, into = folder / "home", folder / "into"
    make_tape(home, [f"binance:S{number:03}USDT" for number in range(symbols)], ticks, round(hours * 3600 * SECOND))
    into.mkdir(mode=0o700)
    keep_plan(into, plan_of(home, ["tape:*"]))
    words = ["--home", str(into), "--mode", "replay", "--speed", "max"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COCKPIT_")}
    with (into / "engine.out").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.engine", *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            return play(EngineUnderTest(into, process), ticks)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ticks", type=int, default=6_000_000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--symbols", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cockpit-replay-", dir="/tmp" if os.path.isdir("/tmp") else None) as folder:
        result = measure(Path(folder), options.ticks, options.hours, options.symbols)
    sys.stdout.write(json.dumps({"bench": "replay", **vars(options), **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
