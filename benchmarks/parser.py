"""How fast a Binance frame becomes a record, beside json.loads with dictionaries in the same run.

    python benchmarks/parser.py [FILE.gz…] [--rounds 9]

Reads frame logs (`<recv_ns> <json>` a line; by default the spot recordings of ../shared/data), parses every trade and quote with
`BinanceParser` (frames in, drained arrays out) and with json.loads, and prints one JSON document: frames per second, ns per frame
(the median and the best of the rounds, which alternate), and how many times faster ours was.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.types import TICK, Symbols
from core.venues.binance import BinanceParser

DATA = Path(os.environ.get("COCKPIT_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def frames_of(files: list[Path]) -> dict[str, list[bytes]]:
    """Frames by the kind of their stream; aggTrade frames are the trade frames with the fields of an aggregate."""
    trades, quotes = [], []
    for path in files:
        with gzip.open(path) as lines:
            for line in lines:
                frame = line.rstrip().partition(b" ")[2]
                if b"@trade" in frame[:40]:
                    trades.append(frame)
                elif b"@bookTicker" in frame[:40]:
                    quotes.append(frame)
    return {"trade": trades, "bookTicker": quotes, "aggTrade": [_as_aggregate(frame) for frame in trades]}


def _as_aggregate(frame: bytes) -> bytes:
    message = json.loads(frame)
    data = message["data"]
    number = data["t"]
    shaped = {"e": "aggTrade", "E": data["E"], "s": data["s"], "a": number, "p": data["p"], "q": data["q"], "f": number, "l": number}
    stream = message["stream"].replace("@trade", "@aggTrade")
    whole = {"stream": stream, "data": shaped | {"T": data["T"], "m": data["m"], "M": True}}
    return json.dumps(whole, separators=(",", ":")).encode()


def parse_ours(frames: list[bytes], names: list[str]) -> int:
    """Records made by the project's parser."""
    parser = BinanceParser(Symbols([f"binance:{name}" for name in names]))
    receive = parser.receive
    for frame in frames:
        receive(frame, 1)
    out = parser.drain()
    return len(out.ticks) + len(out.quotes)


def parse_plain(frames: list[bytes], names: list[str]) -> int:
    """The same records by json.loads and a walk through dictionaries, without any check of a value."""
    index = {name: number for number, name in enumerate(names)}
    last: dict[int, tuple[float, float]] = {}
    unknown = (float("nan"), float("nan"))
    rows, quotes = [], []
    for frame in frames:
        data = json.loads(frame)["data"]
        symbol = index[data["s"]]
        kind = data.get("e")
        if kind is None:
            last[symbol] = (float(data["b"]), float(data["a"]))
            quotes.append((1, data["u"], float(data["b"]), float(data["B"]), float(data["a"]), float(data["A"]), symbol))
            continue
        bid, ask = last.get(symbol, unknown)
        number = data["a"] if kind == "aggTrade" else data["t"]
        side = -1 if data["m"] else 1
        rows.append((data["T"] * 1_000_000, 1, 0, number, float(data["p"]), float(data["q"]), bid, ask, symbol, 0, side, 0))
    return len(np.array(rows, TICK)) + len(quotes)


def nanoseconds(parse: Callable[[list[bytes], list[str]], int], frames: list[bytes], names: list[str]) -> float:
    """Wall ns per frame of one pass, checked to have made every record."""
    gc.collect()
    start = time.perf_counter()
    made = parse(frames, names)
    elapsed = time.perf_counter() - start
    if made != len(frames):
        raise SystemExit(f"{parse.__name__} made {made} records of {len(frames)} frames")
    return elapsed / len(frames) * 1e9


def measure(frames: list[bytes], names: list[str], rounds: int) -> dict[str, Any]:
    """Ours and the plain way, in turn."""
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(nanoseconds(parse_ours, frames, names))
        plain.append(nanoseconds(parse_plain, frames, names))
    median = statistics.median(ours)
    return {
        "frames": len(frames),
        "frames_per_s": round(1e9 / median),
        "ns_per_frame": round(median),
        "ns_per_frame_best": round(min(ours)),
        "peers": {"json_and_dicts": {"ns_per_frame": round(statistics.median(plain)), "ns_per_frame_best": round(min(plain))}},
        "times_faster": round(statistics.median(plain) / median, 2),
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("files", nargs="*", type=Path)
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    files = chosen.files or sorted((DATA / "raw_ws" / "binance_spot").glob("*.gz"))
    if not files:
        raise SystemExit(f"no recordings in {DATA}")
    frames = frames_of(files)
    names = ["BTCUSDT", "ETHUSDT"]
    mixed = [frame for pair in zip(frames["aggTrade"], frames["bookTicker"], strict=False) for frame in pair]
    result = measure(mixed, names, chosen.rounds)
    result["by_stream"] = {kind: measure(some, names, chosen.rounds) for kind, some in frames.items()}
    sys.stdout.write(json.dumps({"bench": "parser", **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
