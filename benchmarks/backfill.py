"""How fast missed prints are fetched: as fast as the venue's limit allows, or only as we do?

    python benchmarks/backfill.py [--ids 1000000] [--minutes 1] [--answer-ms 100]

A second process answers `aggTrades` at next to no cost and keeps the local exchange's account of weight (`core.exchange.limits`: 6,000
a calendar minute, 429 beyond), so that what is measured is ours: requests, parsing, continuity of ids, the tape.

`unlimited`: a hole of so many ids with the limit lifted on both sides: our own speed, in ids a second that are on the tape.
`documented`: Binance's limit, answers that take as long as over the internet, and a hole that no minute is enough for; figures are of
whole calendar minutes, as the server counts, after the one in which the first burst comes free again. Nothing is accelerated: a shorter
window would let the time of a single answer decide what is used of it. `million_s`: when the first thousand pages were there, under that
limit. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from aiohttp import web
from numpy.typing import NDArray

from core.clock import SystemClock
from core.exchange.limits import Policy, Weights
from core.feed.backfill import PAGE, Backfill
from core.feed.batch import GapEvent
from core.feed.intake import Intake
from core.feed.quality import Quality
from core.feed.quota import Quota
from core.feed.rest import Rest
from core.feed.sequencer import Sequencer
from core.feed.timing import Timing
from core.store.tape import Tape
from core.types import Symbols
from core.venues.binance import Binance

NAME = "binance:BTCUSDT"
FIRST = 3_000_000_000
START_US = 1_723_161_600_000_000
WEIGHT = 4
LIMIT = Policy().weight_per_min
LIFTED = 1 << 40
MILLION = 1_000_000
ROW = '{"a":IIIIIIIIII,"p":"%.2f000000","q":"0.0%04d000","f":IIIIIIIIII,"l":IIIIIIIIII,"T":TTTTTTTTTTTTTTTT,"m":true,"M":true},'


class Pages:
    """The REST side of a venue with one symbol, and as many prints as anybody asks for.

    Attributes:
        used: weight of answered requests, by calendar minute.
        refused: requests answered with 429.
    """

    def __init__(self, weight_per_min: int, answer_s: float) -> None:
        self.used: Counter[int] = Counter()
        self.refused = 0
        self._weights = Weights(weight_per_min)
        self._answer_s = answer_s
        rng = random.Random(1)
        rows = [(ROW % (60_000 + rng.randrange(-500, 501) / 100, rng.randrange(1, 9999))).encode() for _ in range(PAGE)]
        self._rows: NDArray[np.uint8] = np.frombuffer(b"".join(rows), np.uint8).reshape(PAGE, -1)
        self._ids = [at for at in range(len(rows[0])) if rows[0][at : at + 10] == b"I" * 10]
        self._time = rows[0].index(b"T" * 16)

    async def trades(self, request: web.Request) -> web.Response:
        """As Binance does: the account first, then the answer."""
        wait = self._weights.spend(WEIGHT)
        headers = {"X-MBX-USED-WEIGHT-1M": str(min(self._weights.used, 99_999_999))}
        if wait is not None:
            self.refused += 1
            return web.Response(status=429, headers=headers | {"Retry-After": str(int(wait) + 1)}, body=b'{"code":-1003,"msg":"Too much."}')
        self.used[int(time.time() // 60)] += WEIGHT
        await asyncio.sleep(self._answer_s)
        return web.Response(body=self._body(int(request.query["fromId"]), int(request.query["limit"])), headers=headers)

    def _body(self, first: int, count: int) -> bytes:
        rows = self._rows[:count].copy()
        ids = first + np.arange(count)
        for digits, values, places in ((10, ids, self._ids), (16, START_US + (ids - FIRST) * 40_000, [self._time])):
            for place in range(digits):
                digit = values // 10**place % 10 + 48
                for at in places:
                    rows[:, at + digits - 1 - place] = digit
        return b"[" + rows.tobytes()[:-1] + b"]"


async def _serve(pipe: Pipe, weight_per_min: int, answer_s: float) -> None:
    pages = Pages(weight_per_min, answer_s)
    app = web.Application()
    app.router.add_get("/api/v3/aggTrades", pages.trades)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    pipe.send((dict(pages.used), pages.refused))
    await runner.cleanup()


def serve(pipe: Pipe, weight_per_min: int, answer_s: float) -> None:
    """The other process: tells its address, and when told to end, what it counted."""
    uvloop.run(_serve(pipe, weight_per_min, answer_s))


class Fetching:
    """A back-fill of one hole, onto a tape."""

    def __init__(self, url: str, weight_per_min: int, ids: int, tape: Tape, symbols: Symbols) -> None:
        venue, clock, ready = Binance(symbols, rest_url=url), SystemClock(), asyncio.Event()
        ready.set()
        limits = replace(venue.limits, rest_weight_per_min=weight_per_min)
        self.stored = 0
        self.marks: list[tuple[float, int]] = []
        self._tape = tape
        self._intake = Intake(venue, Sequencer())
        hole = GapEvent(0, venue.stream, FIRST, FIRST + ids - 1, 0, 0, "open", "not recording")
        self._intake.follow(symbols.add(NAME), last=FIRST + ids - 1, open_rows=[hole])
        self.rest = Rest(venue, Quota(limits, clock), clock)
        self._backfill = Backfill(
            venue, self.rest, clock, self._intake, Quality(), ready, Timing(check_quiet_s=1e9), random.Random(1),
            name_of=lambda _index: "BTCUSDT", on_news=self._take,
        )  # fmt: skip

    async def run(self, until: int, seconds: float) -> None:
        """Fetch until so many prints are there, or for so long."""
        began = time.perf_counter()
        task = asyncio.create_task(self._backfill.run())
        while self.stored < until and time.perf_counter() - began < seconds and not task.done():
            await asyncio.sleep(0.02)
            self.marks.append((time.perf_counter() - began, self.stored))
        task.cancel()
        await asyncio.wait([task])
        await self._tape.flush()
        self.marks.append((time.perf_counter() - began, self.stored))
        await self.rest.aclose()

    def _take(self) -> None:
        batch = self._intake.take()
        if batch is not None and len(batch.late):
            self._tape.append(batch.late, "aggTrade")
            self.stored += len(batch.late)


async def fetch(url: str, weight_per_min: int, ids: int, until: int, seconds: float, folder: Path) -> tuple[Fetching, float]:
    """The back-fill, and the CPU seconds it took."""
    symbols, cpu = Symbols([NAME]), time.process_time()
    async with await Tape.open(folder / "tape.db", symbols) as tape:
        fetching = Fetching(url, weight_per_min, ids, tape, symbols)
        await fetching.run(until, seconds)
    return fetching, time.process_time() - cpu


def against(weight_per_min: int, answer_s: float, ids: int, until: int, seconds: float) -> tuple[Fetching, float, dict[int, int], int]:
    """One run against a server of its own: the back-fill, CPU seconds, weight by minute, refused requests."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, weight_per_min, answer_s))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            fetching, cpu = uvloop.run(fetch(ours.recv(), weight_per_min, ids, until, seconds, Path(folder)))
        ours.send(None)
        used, refused = ours.recv()
    finally:
        process.join(10)
        process.kill()
    return fetching, cpu, used, refused


def unlimited(ids: int) -> dict[str, float]:
    """Our own speed."""
    fetching, cpu, _used, _refused = against(LIFTED, 0.0, ids, ids, 3600.0)
    took = fetching.marks[-1][0]
    if fetching.stored != ids:
        raise SystemExit(f"{fetching.stored:,} of {ids:,} prints came")
    return {
        "ids": ids,
        "ids_per_s": round(ids / took),
        "pages_per_s": round(ids / PAGE / took, 1),
        "cpu_us_per_id": round(cpu / ids * 1e6, 2),
        "times_what_the_limit_allows": round(ids / took / (LIMIT / WEIGHT * PAGE / 60), 1),
    }


def documented(minutes: int, answer_ms: float) -> dict[str, Any]:
    """How much of the venue's allowance is used."""
    ids = (minutes + 3) * LIMIT // WEIGHT * PAGE
    seconds = 60.0 * (minutes + 1) + 60 - time.time() % 60
    fetching, cpu, used, refused = against(LIMIT, answer_ms / 1e3, ids, ids, seconds)
    whole = [used[minute] for minute in sorted(used)[2 : minutes + 2]]
    return {
        "answer_ms": answer_ms,
        "million_s": round(next((at for at, stored in fetching.marks if stored >= MILLION), float("nan")), 1),
        "weight_used_pct": [round(100 * weight / LIMIT, 1) for weight in whole],
        "refused": refused,
        "cpu_pct": round(100 * cpu / fetching.marks[-1][0], 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ids", type=int, default=MILLION, help="of the hole with the limit lifted")
    parser.add_argument("--minutes", type=int, default=1, help="whole minutes under the documented limit; 0 leaves it out")
    parser.add_argument("--answer-ms", type=float, default=100.0)
    options = parser.parse_args()
    result: dict[str, Any] = {"unlimited": unlimited(options.ids)}
    if options.minutes:
        result["documented"] = documented(options.minutes, options.answer_ms)
    sys.stdout.write(json.dumps({"bench": "backfill", **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
