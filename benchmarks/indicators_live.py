"""What the analyst's process takes of a core while it follows 100 variants on each of 50 symbols as they come live.

    python benchmarks/indicators_live.py [--symbols 50] [--rate 5000] [--batch-ms 5] [--seconds 20] [--wishes 100]

The real process, spoken to as the engine speaks to it: a home with the variants of `benchmarks/indicators.py`, prints in real time, an
alert rule's wish for each of so many values. The processor time of all its threads, as part of one core, after it is warm, and how
long after a batch was sent the value of its last print was back. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from indicators import MIX, START_NS, prints

from core.analyst import words
from core.analyst.following import TELL
from core.analyst.words import Answer, Opening, Question, Watched
from core.engine.analyst_process import AnalystProcess
from core.indicators.variant_text import put_variant
from core.types import TICK
from core.variant import Variant
from core.workers import frames

#: Seconds of prints before anything is measured.
WARM_S = 3.0


class Spoken:
    """The process, and what it says."""

    def __init__(self) -> None:
        self.process = AnalystProcess(self._hear)
        self.wanted = asyncio.Event()
        self.answers: dict[int, asyncio.Future[Answer]] = {}
        self.arrived: list[tuple[int, float]] = []
        self.seen = 0
        self.moved = asyncio.Event()

    def _hear(self, kind: int, seq: int, payload: bytearray) -> None:
        if kind == words.WANT:
            self.process.send(frames.frame(words.WANTED))
            self.wanted.set()
        elif kind == words.ANSWER:
            self.answers.pop(seq).set_result(msgspec.msgpack.decode(payload, type=Answer))
        elif kind == words.SEEN:
            self.seen = seq
            self.moved.set()
        elif kind == words.VALUES:
            now = time.perf_counter()
            self.arrived += [(ts_ns, now) for name, _, ts_ns in msgspec.msgpack.decode(payload) if name.startswith("price_0 ")]

    async def has_seen(self, seq: int) -> None:
        """Wait until it has done the ticks through a seq."""
        while self.seen < seq:
            self.moved.clear()
            await self.moved.wait()

    async def ask(self, number: int, what: str, args: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question."""
        self.answers[number] = asyncio.get_running_loop().create_future()
        self.process.send(frames.message(words.QUESTION, Question(what, args), number))
        found = await self.answers[number]
        assert found.found is not None, found.problem
        return dict(found.found)


def write_home(home: Path) -> list[str]:
    """The variants; their names."""
    names = []
    for indicator, settings in MIX.items():
        for number, params in enumerate(settings):
            names.append(f"{indicator}_{number}")
            put_variant(home, Variant(name=names[-1], indicator=indicator, params=params))
    return names


async def warm(spoken: Spoken, symbols: list[str], count: int) -> float:
    """Wait until every variant follows every symbol; seconds."""
    began = time.perf_counter()
    number = 0
    for symbol in symbols:
        while True:
            number += 1
            values = (await spoken.ask(number, "indicator_values", {"symbol": symbol}))["values"]
            if len(values) == count and all(row["note"] != "warming up" for row in values):
                break
            await asyncio.sleep(0.2)
    return time.perf_counter() - began


def cpu_s(pid: int) -> float:
    """Processor time of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    """Memory it holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def stream(spoken: Spoken, ticks: Any, batch_ms: float, seconds: float) -> tuple[float, list[float]]:
    """Send prints as they come; (part of a core, seconds until values of a batch's last print of a symbol were back)."""
    edges = [*np.searchsorted(ticks["ts"], START_NS + np.arange(0, seconds * 1e3, batch_ms) * 1e6).tolist(), len(ticks)]
    began, sent = time.perf_counter(), {}
    used = 0.0
    for place, (first, last) in enumerate(pairwise(edges)):
        await asyncio.sleep(max(began + place * batch_ms / 1e3 - time.perf_counter(), 0))
        if not used and place * batch_ms / 1e3 >= WARM_S:
            used = cpu_s(spoken.process.pid)
        if last > first:
            spoken.process.send(frames.frame(words.TICKS, ticks[first:last].tobytes(), int(ticks["seq"][last - 1])))
            sent[int(ticks["ts"][last - 1])] = time.perf_counter()
    await spoken.has_seen(len(ticks) - TELL)
    part = (cpu_s(spoken.process.pid) - used) / (seconds - WARM_S)
    return part, [at - sent[ts_ns] for ts_ns, at in spoken.arrived if ts_ns in sent]


async def measure(chosen: argparse.Namespace, home: Path) -> dict[str, Any]:
    """One process from start to end."""
    names, symbols = write_home(home), [f"binance:S{number}" for number in range(chosen.symbols)]
    spoken = Spoken()
    await spoken.process.start()
    try:
        spoken.process.send(frames.message(words.OPENING, Opening(home=str(home), names=symbols, indicators=str(home / "indicators"))))
        await spoken.process.ready.wait()
        wishes = [f"price_0 {symbol}" for symbol in symbols]
        wishes = [*wishes, *(f"{name} {symbol}" for name in names for symbol in symbols)][: chosen.wishes]
        spoken.process.send(frames.message(words.WATCHED, Watched(symbols, wishes)))
        await spoken.wanted.wait()
        warmed = await warm(spoken, symbols, len(names))
        ticks = prints(chosen.seconds, chosen.rate, chosen.symbols)
        assert ticks.dtype == TICK
        part, took = await stream(spoken, ticks, chosen.batch_ms, chosen.seconds)
        rss = rss_bytes(spoken.process.pid)
    finally:
        await spoken.process.end()
    return {
        "variants": len(names),
        "warm_s": round(warmed, 1),
        "core_pct": round(100 * part, 1),
        "value_ms_median": round(float(np.median(took)) * 1e3, 2),
        "value_ms_p99": round(float(np.percentile(took, 99)) * 1e3, 2),
        "values": len(took),
        "rss_mb": round(rss / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--batch-ms", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--wishes", type=int, default=100)
    chosen = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(measure(chosen, Path(home)))
    document = {"bench": "indicators_live", **vars(chosen), "load": load, **found}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
