"""How fast ticks go onto the tape and come back, and what a row of the ledger costs, beside plain sqlite3 in the same run.

    python benchmarks/store.py [--ticks 1000000] [--rounds 3] [--folder DIR]

Generates ticks of five symbols over two hours. `plain` is what one would write first: a table of the contract's columns with text
symbols and a primary key, filled by `executemany` in transactions of 20,000. Rounds alternate; the best one of each counts, since
other work on the machine only ever slows one down. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.store.chunk import CHUNK_TICKS, pack, unpack
from core.store.ledger import Ledger
from core.store.reader import read_ticks, ticks_since
from core.store.sealing import seal
from core.store.tape import Tape
from core.types import SECOND, TICK, Records, Symbols

NAMES = [f"binance:{name}USDT" for name in ("BTC", "ETH", "BNB", "SOL", "ADA")]
HOUR = 3600 * SECOND
START = 1_723_161_600 * SECOND
BATCH = 20_000


def market(count: int, seed: int = 7) -> Records:
    """Ticks as a spot venue sends them: ms times, prices of two decimals, a quote one step wide around each print."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["symbol"] = rng.choice(5, count, p=[0.4, 0.25, 0.15, 0.1, 0.1])
    ticks["ts"] = START + np.sort(rng.integers(0, 2 * HOUR // 1_000_000, count)) * 1_000_000
    ticks["recv"] = ticks["ts"] + (5_000 + rng.exponential(3_000, count)).astype("i8") * 1000
    ticks["seq"] = np.arange(1, count + 1)
    for symbol in range(5):
        mine = ticks["symbol"] == symbol
        ticks["id"][mine] = 3_000_000_000 // (symbol + 1) + np.arange(mine.sum())
        ticks["price"][mine] = np.round(60_000 / 3**symbol + np.cumsum(rng.integers(-2, 3, mine.sum())) * 0.01, 2)
    ticks["qty"] = np.round(rng.exponential(0.05, count) + 1e-5, 5)
    ticks["side"] = rng.choice([-1, 1], count)
    ticks["bid"] = np.where(ticks["side"] < 0, ticks["price"], np.round(ticks["price"] - 0.01, 2))
    ticks["ask"] = np.where(ticks["side"] > 0, ticks["price"], np.round(ticks["price"] + 0.01, 2))
    return ticks


async def record(path: Path, ticks: Records) -> dict[str, float]:
    """The whole way: appended as a feed would, committed by the tape's own task."""
    async with await Tape.open(path, Symbols(NAMES)) as tape:
        wall, cpu, appending = time.perf_counter(), time.process_time(), 0.0
        for i in range(0, len(ticks), 1000):
            if tape.full:
                await tape.wait_room()
            before = time.perf_counter()
            tape.append(ticks[i : i + 1000], "aggTrade")
            appending += time.perf_counter() - before
            await asyncio.sleep(0)
        await tape.flush()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "rows_per_s": len(ticks) / wall,
        "rows_per_cpu_s": len(ticks) / cpu,
        "append_us_per_tick": appending / len(ticks) * 1e6,
    }


def record_plainly(path: Path, ticks: Records) -> dict[str, float]:
    """The contract's relation as a table, one statement a row."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(
        """CREATE TABLE ticks(symbol TEXT, stream TEXT, ts_ns INTEGER, recv_ns INTEGER, seq INTEGER, trade_id INTEGER, price REAL,
        qty REAL, bid REAL, ask REAL, side INTEGER, origin INTEGER, PRIMARY KEY(symbol, stream, trade_id))"""
    )
    db.execute("CREATE INDEX by_seq ON ticks(seq)")
    db.execute("CREATE INDEX by_ts ON ticks(symbol, ts_ns)")

    def rows(part: Records) -> Iterator[tuple[Any, ...]]:
        for ts, recv, seq, id_, price, qty, bid, ask, symbol, _leg, side, origin in part.tolist():
            yield NAMES[symbol], "aggTrade", ts, recv, seq, id_, price, qty, bid, ask, side, origin

    wall, cpu = time.perf_counter(), time.process_time()
    for i in range(0, len(ticks), BATCH):
        db.execute("BEGIN")
        db.executemany("INSERT OR IGNORE INTO ticks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows(ticks[i : i + BATCH]))
        db.execute("COMMIT")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    db.close()
    return {"rows_per_s": len(ticks) / wall, "rows_per_cpu_s": len(ticks) / cpu, "bytes_per_tick": path.stat().st_size / len(ticks)}


def read_back(path: Path) -> dict[str, float]:
    """An hour of the busiest symbol, and all ticks in the order strategies saw them."""
    symbols = Symbols(NAMES)
    began, cpu = time.perf_counter(), time.process_time()
    hour = read_ticks(path, NAMES[0], from_ns=START + HOUR // 2, to_ns=START + HOUR // 2 + HOUR, symbols=symbols)
    between, cpu = time.perf_counter(), time.process_time() - cpu
    total = sum(map(len, ticks_since(path, 0, symbols=symbols)))
    done = time.perf_counter()
    return {
        "hour_ticks": len(hour),
        "hour_ms": (between - began) * 1e3,
        "hour_cpu_ms": cpu * 1e3,
        "hour_ticks_per_s": len(hour) / (between - began),
        "since_ticks_per_s": total / (done - between),
    }


async def seal_all(path: Path, ticks: Records) -> dict[str, float]:
    """The encoder alone, the whole tape from rows to chunks, and how late the event loop's timers are meanwhile."""
    parts = [ticks[i : i + CHUNK_TICKS] for i in range(0, len(ticks) - CHUNK_TICKS + 1, CHUNK_TICKS)]
    parts = [part.take(np.argsort(part["id"], kind="stable")) for part in parts]
    began = time.perf_counter()
    packed = [pack(part) for part in parts]
    between = time.perf_counter()
    for data in packed:
        unpack(data)
    done = time.perf_counter()
    late: list[float] = []
    async with await Tape.open(path, Symbols(NAMES)) as tape:
        sealing = asyncio.create_task(seal(tape, 1 << 62, whole=True))
        start = time.perf_counter()
        while not sealing.done():
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - due)
        sealed = await sealing
        wall = time.perf_counter() - start
    return {
        "pack_ticks_per_s": len(parts) * CHUNK_TICKS / (between - began),
        "unpack_ticks_per_s": len(parts) * CHUNK_TICKS / (done - between),
        "seal_ticks_per_s": sealed.ticks / wall,
        "bytes_per_tick": sealed.size / sealed.ticks,
        "loop_late_p99_ms": float(np.quantile(late, 0.99)) * 1e3,
        "loop_late_max_ms": max(late) * 1e3,
    }


async def loop_lateness(path: Path, ticks: Records, rate: int = 5000, seconds: float = 3.0) -> dict[str, float]:
    """How late the event loop's timers are while ticks are recorded at a steady rate, and without recording."""
    late: dict[str, list[float]] = {"idle": [], "recording": []}
    async with await Tape.open(path, Symbols(NAMES)) as tape:
        for phase, lateness in late.items():
            end, at = time.perf_counter() + seconds, 0
            while (due := time.perf_counter() + 0.005) < end:
                await asyncio.sleep(due - time.perf_counter())
                lateness.append(time.perf_counter() - due)
                if phase == "recording":
                    tape.append(ticks[at : at + rate // 200], "aggTrade")
                    at += rate // 200
    return {f"loop_late_{phase}_p{q}_ms": float(np.quantile(values, q / 100)) * 1e3 for phase, values in late.items() for q in (50, 99)}


async def keep_books(path: Path, count: int = 20_000) -> dict[str, float]:
    """Commands one after the other, each on disk before the next; fills in batches of 100."""
    fill = dict(strategy_id="s", symbol=NAMES[0], side="buy", qty=1.0, price=60_000.0, fee=24.0, realised=0.0, position=1.0, ts_ns=START)
    fill |= dict(seq=1, tick_id=1, order_id="s:o1", mode="paper")
    waits = []
    async with await Ledger.open(path) as ledger:
        for i in range(200):
            before = time.perf_counter()
            await ledger.journal(f"c{i}", START, "bench", "pause", '{"id": null}')
            waits.append(time.perf_counter() - before)
        before = time.perf_counter()
        for i in range(0, count, 100):
            ledger.add_fills([fill | {"fill_id": f"s:{i + k}"} for k in range(100)])
        await ledger.wait_committed()
        elapsed = time.perf_counter() - before
    return {
        "command_p50_ms": float(np.quantile(waits, 0.5)) * 1e3,
        "command_p99_ms": float(np.quantile(waits, 0.99)) * 1e3,
        "fills_per_s": count / elapsed,
    }


def one_round(folder: Path, ticks: Records) -> dict[str, dict[str, float]]:
    """Everything once."""
    tape = asyncio.run(record(folder / "tape.db", ticks))
    size = (folder / "tape.db").stat().st_size
    return {
        "tape": {**tape, "bytes_per_tick": size / len(ticks)},
        "plain": record_plainly(folder / "plain.db", ticks),
        "read": read_back(folder / "tape.db"),
        "seal": asyncio.run(seal_all(folder / "tape.db", ticks)),
        "read_sealed": read_back(folder / "tape.db"),
        "loop": asyncio.run(loop_lateness(folder / "steady.db", ticks)),
        "ledger": asyncio.run(keep_books(folder / "ledger.db")),
    }


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure the best: the highest rate, the lowest cost."""
    return {key: round((max if key.endswith("_s") else min)(run[key] for run in runs), 3) for key in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the databases are written for the time of the run")
    args = parser.parse_args()
    ticks = market(args.ticks)
    rounds = []
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            rounds.append(one_round(Path(name), ticks))
    found: dict[str, Any] = {part: best([one[part] for one in rounds]) for part in rounds[0]}
    found["times_plain"] = round(found["tape"]["rows_per_s"] / found["plain"]["rows_per_s"], 2)
    found["conditions"] = {"ticks": args.ticks, "rounds": args.rounds, "cores": os.cpu_count(), "sqlite": sqlite3.sqlite_version}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
