"""Three hundred symbols over several sockets, all of it recorded and nobody trading: memory, CPU, and how late what was read is.

    python benchmarks/wide.py [--streams 200] [--rate 5000] [--seconds 60]

A second process is the venue (`live_venue`), which sends each symbol's prints, each after a quote, to the connection that subscribed to it.
Binance lets one connection have 512 symbols; the engine is told of a smaller limit, so that it spreads them. Memory is PSS
(`smaps_rollup`) of the engine and everything it started, the highest of a sample a second; `pss_start_mb` is before the first of the rate.
A run counts when all that was sent is on the tape. Latencies are p50 / p99 / maximum in µs from the moment the engine read the socket.
Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection

from benchmarks.live import Venue, loaded
from benchmarks.live_engine import EngineUnderTest, cpu_s, engine, pss_mb
from benchmarks.live_venue import LeanVenue

NAMES = tuple(f"S{number:03}USDT" for number in range(300))

#: An engine that knows another limit of the venue: streams a connection, of which a symbol has two.
PROGRAM = """
import runpy
from dataclasses import replace
from core.venues.binance import Binance
Binance.limits = replace(Binance.limits, streams_per_connection={})
runpy.run_module("core.engine", run_name="__main__", alter_sys=True)
"""


class WideVenue(LeanVenue):
    """Prints go to the connection that listens to their symbol."""

    def __init__(self) -> None:
        super().__init__(NAMES)
        self._readers: list[ServerConnection] = []
        self._reader_of = np.full(len(NAMES), -1)
        self._place = {f"{name.lower()}@aggTrade": place for place, name in enumerate(NAMES)}

    def subscribed(self, socket: ServerConnection, streams: list[str]) -> None:
        if socket not in self._readers:
            self._readers.append(socket)
        self._reader_of[[self._place[stream] for stream in streams if stream in self._place]] = self._readers.index(socket)

    async def idle(self) -> None:
        """One print of each symbol when all are listened to; then nothing but what is ordered, so that it can be counted."""
        while (self._reader_of < 0).any():  # noqa: ASYNC110 - whoever subscribes does so through the same loop, and once
            await asyncio.sleep(0.1)
        await self.write(len(self.names))

    async def write(self, count: int, quotes: bool = False) -> None:
        if (self._reader_of < 0).any():
            return  # not everybody is here
        symbol, frames = self.printer.rows(count, quotes)
        whose = self._reader_of[symbol]
        for number, socket in enumerate(self._readers):
            if len(mine := frames[whose == number]):
                socket.transport.write(mine.tobytes())
                await socket.drain()


class Memory:
    """Samples the PSS of a process and all its descendants while in use."""

    def __init__(self, pid: int) -> None:
        self.samples: list[float] = []
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(1.0):
            self.samples.append(sum(map(pss_mb, family(self._pid))))


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def on_tape(under: EngineUnderTest) -> int:
    """Ticks that are on the tape, none of them sealed yet."""
    with closing(sqlite3.connect(f"file:{under.home / 'tape.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM tick_rows").fetchone()[0])


def measure(venue: Venue, streams: int, rate: float, seconds: float) -> dict[str, Any]:
    """One run."""
    with engine(venue.urls, 0, trade=False, names=NAMES, program=PROGRAM.format(streams)) as under:
        under.settle(len(NAMES))
        pid = under.process.pid
        before, on_before, began, cpu = sum(map(pss_mb, family(pid))), on_tape(under), time.perf_counter(), cpu_s(pid)
        with Memory(pid) as memory:
            figures = loaded(under, venue, "pace", rate, seconds, True)
        used = 100 * (cpu_s(pid) - cpu) / (time.perf_counter() - began)
        return {
            "symbols": len(NAMES),
            "sockets": len(under.status()["feeds"][0]["connections"]),
            "processes": len(family(pid)),
            "sent": figures["sent"],
            "taken": figures["ticks"],
            "on_tape": on_tape(under) - on_before,
            "ticks_per_s": figures["ticks_per_s"],
            "pss_start_mb": round(before, 1),
            "pss_most_mb": round(max(memory.samples), 1),
            "pss_last_mb": round(memory.samples[-1], 1),
            "cpu_pct": round(used, 1),
            "waited_for_a_processor_pct": figures["waited_for_a_processor_pct"]["engine"],
            "latency_us": {name: figures["latency_us"][name] for name in ("parsed", "sequenced", "on_disk")},
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--streams", type=int, default=200, help="that a connection may have; a symbol has two")
    parser.add_argument("--rate", type=float, default=5000.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    venue = Venue(WideVenue)
    try:
        run = measure(venue, options.streams, options.rate, options.seconds)
    finally:
        venue.close()
    sys.stdout.write(json.dumps({"bench": "wide", "rate": options.rate, **run}, indent=2) + "\n")


if __name__ == "__main__":
    main()
