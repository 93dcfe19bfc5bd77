"""A process to be killed: records ticks without end, and fills derived from them, and prints how far each is acknowledged.

python store_recorder.py FOLDER TICKS_PER_S

Each line is `ready FIRST_SEQ`, `tape SEQ` (every tick up to here is acknowledged) or `fill N` (so is this fill).
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.store.ledger import Ledger
from core.store.tape import Tape
from core.types import TICK, Records, Symbols

NAME = "binance:BTCUSDT"
STREAM = "aggTrade"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ticks_from(id_: int, seq: int, count: int) -> Records:
    ticks = np.zeros(count, TICK)
    ticks["id"] = np.arange(id_, id_ + count)
    ticks["seq"] = np.arange(seq, seq + count)
    ticks["ts"] = ticks["recv"] = ticks["id"] * 50_000
    ticks["price"], ticks["qty"] = 60_000 + ticks["id"] % 100 / 100, 0.001
    ticks["bid"], ticks["ask"] = np.nan, ticks["price"] + 0.01
    return ticks


def fill_at(n: int, seq: int) -> dict[str, Any]:
    return dict(
        fill_id=f"s:{n}", strategy_id="s", symbol=NAME, side="buy", qty=1.0, price=60_000.0, fee=24.0, realised=0.0, position=float(n),
        ts_ns=0, seq=seq, tick_id=seq, order_id=f"s:o{n}", mode="paper",
    )  # fmt: skip


async def keep_books(tape: Tape, ledger: Ledger, first: int) -> None:
    n = len(await ledger.fills())
    seq = first
    while True:
        await tape.wait_synced(seq)
        await ledger.add_fills([fill_at(n, seq)])
        say(f"fill {n}")
        n, seq = n + 1, tape.last_seq()


async def record(folder: Path, rate: int) -> None:
    tape = await Tape.open(folder / "tape.db", Symbols([NAME]))
    ledger = await Ledger.open(folder / "ledger.db")
    id_, seq = (await tape.last_ids(STREAM)).get(NAME, 0) + 1, tape.last_seq() + 1
    say(f"ready {seq}")
    books = asyncio.create_task(keep_books(tape, ledger, seq))
    said, due = 0, time.monotonic()
    while not books.done():
        tape.append(ticks_from(id_, seq, rate // 100), STREAM)
        id_, seq, due = id_ + rate // 100, seq + rate // 100, due + 0.01
        await asyncio.sleep(max(due - time.monotonic(), 0))
        if tape.synced_seq > said:
            said = tape.synced_seq
            say(f"tape {said}")
    books.result()


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]), int(sys.argv[2])))
