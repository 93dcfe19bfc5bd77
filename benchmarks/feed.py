"""How many frames a second go from a socket through the feed to its consumer, beside a bare `async for` over websockets.

    python benchmarks/feed.py [--frames 400000] [--rounds 3] [--rate 5000] [--seconds 10]

A second process floods a loopback socket with Binance frames of five symbols, prints and quotes in turn. Ours: connect, parse, check
ids, number, hand over (nothing is stored). The peers only count messages. Then ours again at a fixed rate of prints, for the time
from the venue's stamp to the consumer. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

import numpy as np
import structlog
import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from core.clock import SystemClock
from core.feed.batch import Batch
from core.feed.feed import Feed
from core.types import Symbols
from core.venues.binance import Binance

NAMES = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")
PRINT = (
    '{"stream":"%s@aggTrade","data":{"e":"aggTrade","E":%d,"s":"%s","a":%d,"p":"61837.63000000","q":"0.02000000",'
    '"f":1,"l":1,"T":%d,"m":true,"M":true}}'
)
QUOTE = '{"stream":"%s@bookTicker","data":{"u":%d,"s":"%s","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}'


def frame(n: int, now_us: int) -> bytes:
    """Frame number n: prints and quotes in turn, symbols in turn, ids of each symbol in order."""
    name = NAMES[n // 2 % len(NAMES)]
    number = 1_000_000 + n // 2 // len(NAMES)
    text = QUOTE % (name.lower(), number, name) if n % 2 else PRINT % (name.lower(), now_us, name, number, now_us)
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


async def flood(socket: ServerConnection, frames: int) -> None:
    """Everything at once, as fast as the reader takes it."""
    now = time.time_ns() // 1000
    blocks = [b"".join(frame(n, now) for n in range(at, min(at + 500, frames))) for at in range(0, frames, 500)]
    await socket.send('{"result":null,"id":1}')
    for block in blocks:
        socket.transport.write(block)
        await socket.drain()


async def pace(socket: ServerConnection, rate: int, seconds: float) -> None:
    """Prints (each with a quote) at a steady rate, in ticks of about a millisecond."""
    await socket.send('{"result":null,"id":1}')
    start, sent = time.perf_counter(), 0
    while sent < rate * seconds * 2:
        due = int((time.perf_counter() - start) * rate) * 2
        now = time.time_ns() // 1000
        if due > sent:
            socket.transport.write(b"".join(frame(n, now) for n in range(sent, due)))
            sent = due
        await asyncio.sleep(0.001)


def venue(pipe: Pipe, frames: int, rate: int, seconds: float) -> None:
    """The other process: floods on `/stream`, keeps the pace on `/paced/stream`."""

    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        assert socket.request is not None
        await (pace(socket, rate, seconds) if socket.request.path.startswith("/paced") else flood(socket, frames))
        await socket.wait_closed()

    async def main() -> None:
        async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            pipe.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    asyncio.run(main())


async def through_feed(base: str, count: int) -> dict[str, float]:
    """Until `count` frames have been handed over as ticks and quotes, each of them checked."""
    done = asyncio.Event()
    seen, batches, lags = 0, 0, []

    def take(batch: Batch) -> None:
        nonlocal seen, batches
        if not batches:
            marks.extend((time.perf_counter(), time.process_time()))
        seen += len(batch.ticks) + len(batch.quotes)
        batches += 1
        if len(batch.ticks):
            lags.append(time.time_ns() - batch.ticks["ts"])
        if seen >= count:
            done.set()

    marks: list[float] = []
    symbols = Symbols()
    feed = Feed(
        Binance(symbols, ws_url=base, rest_url="http://127.0.0.1:9"), SystemClock(), symbols, on_batch=take, on_state=lambda _state: None
    )
    await feed.watch(NAMES)
    feed.start()
    await done.wait()
    wall, cpu = time.perf_counter() - marks[0], time.process_time() - marks[1]
    counters = feed.counters
    await feed.aclose()
    if counters.ticks + counters.quotes != counters.frames - 1 or counters.duplicates or counters.malformed:  # one is a reply
        raise SystemExit(f"not every frame became a record: {counters}")
    late = np.concatenate(lags) / 1e6
    return {
        "frames_per_s": count / wall,
        "cpu_us_per_frame": cpu / count * 1e6,
        "frames_per_batch": count / batches,
        "cpu_pct": cpu / wall * 100,
        "p50_ms": float(np.percentile(late, 50)),
        "p99_ms": float(np.percentile(late, 99)),
    }


async def bare(base: str, count: int) -> dict[str, float]:
    """What `websockets` gives by itself: messages as strings, counted and forgotten."""
    seen = 0
    async with connect(f"{base}/stream", compression=None, ping_interval=None, proxy=None) as socket:
        await socket.send("go")
        await socket.recv()
        start, cpu = time.perf_counter(), time.process_time()
        async for _message in socket:
            seen += 1
            if seen == count:
                break
        return {"frames_per_s": count / (time.perf_counter() - start), "cpu_us_per_frame": (time.process_time() - cpu) / count * 1e6}


def median(runs: list[dict[str, float]], *keys: str) -> dict[str, float]:
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in keys}


def on(loop: Callable[[], asyncio.AbstractEventLoop], work: Awaitable[dict[str, float]]) -> dict[str, float]:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(work)  # type: ignore[arg-type]


def measure(base: str, options: argparse.Namespace) -> dict[str, Any]:
    """Ours and the peer in turn, on both event loops."""
    result: dict[str, Any] = {}
    for name, loop in (("uvloop", uvloop.new_event_loop), ("asyncio", asyncio.new_event_loop)):
        ours, peer = [], []
        for _ in range(options.rounds):
            ours.append(on(loop, through_feed(base, options.frames)))
            peer.append(on(loop, bare(base, options.frames)))
        mine, theirs = (
            median(ours, "frames_per_s", "cpu_us_per_frame", "frames_per_batch"),
            median(peer, "frames_per_s", "cpu_us_per_frame"),
        )
        result[name] = {
            "feed": mine,
            "bare_websockets": theirs,
            "times_cheaper_in_cpu": round(theirs["cpu_us_per_frame"] / mine["cpu_us_per_frame"], 2),
        }
    paced = int(options.rate * options.seconds) * 2
    run = on(uvloop.new_event_loop, through_feed(base + "/paced", paced))
    result["paced"] = {
        "prints_per_s": options.rate,
        **{key: round(run[key], 3) for key in ("cpu_pct", "frames_per_batch", "p50_ms", "p99_ms")},
    }
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=venue, args=(theirs, options.frames, options.rate, options.seconds))
    process.start()
    try:
        result = measure(f"ws://127.0.0.1:{ours.recv()}", options)
    finally:
        process.terminate()
        process.join()
    sys.stdout.write(json.dumps({"bench": "feed", "frames": options.frames, **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
