"""A long sealed tape for other benchmarks to read: made anew each time, half a million ticks at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.store.sealing import seal
from core.store.tape import Tape
from core.types import SECOND, TICK, Records, Symbols

START = 1_723_161_600 * SECOND
BLOCK = 500_000


def blocks(count: int, symbols: int, span_ns: int, seed: int = 7) -> Iterator[Records]:
    """Ticks as a spot venue sends them, symbols in turn: µs times, prices of two decimals that walk, a quote one step wide around each."""
    rng = np.random.default_rng(seed)
    cents = np.full(symbols, 6_000_000)
    for first in range(0, count, BLOCK):
        number = np.arange(first, min(first + BLOCK, count))
        ticks = np.zeros(len(number), TICK)
        ticks["symbol"] = number % symbols
        ticks["seq"], ticks["id"] = number + 1, 3_000_000_000 + number // symbols
        gap = span_ns // count
        ticks["ts"] = START + number * gap + rng.integers(0, max(gap // 1000, 1), len(number)) * 1000
        ticks["recv"] = ticks["ts"] + (5_000 + rng.exponential(3_000, len(number))).astype("i8") * 1000
        steps = rng.integers(-2, 3, len(number))
        for symbol in range(symbols):
            mine = ticks["symbol"] == symbol
            walk = cents[symbol] + np.cumsum(steps[mine])
            cents[symbol] = walk[-1]
            ticks["price"][mine] = np.round(walk * 0.01, 2)
        ticks["qty"] = np.round(rng.exponential(0.05, len(number)) + 1e-5, 5)
        ticks["side"] = rng.choice([-1, 1], len(number))
        ticks["bid"] = np.where(ticks["side"] < 0, ticks["price"], np.round(ticks["price"] - 0.01, 2))
        ticks["ask"] = np.where(ticks["side"] > 0, ticks["price"], np.round(ticks["price"] + 0.01, 2))
        yield ticks


async def _fill(path: Path, names: Sequence[str], count: int, span_ns: int) -> None:
    async with await Tape.open(path, Symbols(list(names))) as tape:
        for block in blocks(count, len(names), span_ns):
            for at in range(0, len(block), 8192):
                if tape.full:
                    await tape.wait_room()
                tape.append(block[at : at + 8192], "aggTrade")
                await asyncio.sleep(0)
            await tape.flush()
            await seal(tape, 1 << 62, whole=True)


def make_tape(home: Path, names: Sequence[str], count: int, span_ns: int) -> None:
    """A home whose tape holds so many ticks of these symbols (`venue:SYMBOL`), spread over so long, all of them in chunks."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_fill(home / "tape.db", names, count, span_ns))
