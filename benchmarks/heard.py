"""What weeks of answers of a source cost: a ledger full of them, a start that reads what is new, an audit that hears all of them again.

python benchmarks/heard.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from core.commands import Hear, Terms
from core.compile.blueprint import blueprint, live_variant
from core.compile.instance import Instance
from core.store.heard import HEARD_KEPT, read_told
from core.store.ledger import Ledger
from core.store.ledger_rows import HEARD
from core.strategy_files import load
from tests.research.audit_rig import market
from tests.research.listener import listener

TICKS_A_SECOND = 10


def rows(count: int, first: int = 0) -> list[tuple[object, ...]]:
    """Answers as they are: a sentence, a little metadata, one a second."""
    return [
        ("model", "binance:BTCUSDT", ("buy", "sell", "hold")[n % 3], 0.5, f"momentum of the last {n % 90} bars is positive",
         '{"model":"v3","score":0.123}', 61_712.25, 12_345_678, n * 1_000_000_000, n * 1_000_000_000 + 120, n * TICKS_A_SECOND,
         json.dumps({"listener-1": n * TICKS_A_SECOND}))
        for n in range(first, first + count)
    ]  # fmt: skip


async def measure(home: Path, count: int) -> dict[str, float]:
    """Fill a ledger, then read and write it as an engine and an audit do."""
    path, columns = home / "ledger.db", HEARD.columns
    async with await Ledger.open(path):
        pass
    with sqlite3.connect(path) as db:
        for first in range(0, count, 100_000):
            marks = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO heard({', '.join(columns)}) VALUES({marks})", rows(min(100_000, count - first), first))
    db.close()
    found = {"answers": count, "ledger_mb": path.stat().st_size / 1e6}
    async with await Ledger.open(path) as ledger:
        began = time.perf_counter()
        told = await ledger.heard.told_since(await ledger.last_seq() - 60 * TICKS_A_SECOND)
        found |= {"start_ms": (time.perf_counter() - began) * 1e3, "start_rows": len(told.rows["listener-1"])}
        began = time.perf_counter()
        for row in rows(200, count):
            await ledger.heard.put(dict(zip(columns, row, strict=True)))
        found["write_ms"] = (time.perf_counter() - began) / 200 * 1e3
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    read = read_told(path)
    found |= {"audit_rows": len(read.rows["listener-1"]), "audit_read_s": time.perf_counter() - began}
    return found | {"audit_read_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def replay(folder: Path, count: int = 20_000) -> float:
    """Microseconds an audit takes for one answer and the ticks until the next."""
    terms = Terms()
    instance = Instance(blueprint(load(listener(folder)), {}, live_variant(terms)), terms)
    ticks = market(TICKS_A_SECOND)
    instance.feed(ticks)
    began = time.perf_counter()
    for n in range(count):
        instance.pull("hear", Hear(source="model", leg=0, side=1.0, confidence=0.5, at=n, until=n))
        instance.feed(ticks)
    return (time.perf_counter() - began) / count * 1e6


def main() -> None:
    """Measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=HEARD_KEPT)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), count)) | {"audit_us_an_answer": replay(Path(folder))}
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in found.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
