"""Ticks for tests of the store, and ways to compare them."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable

import numpy as np

from core.store.migrations import TAPE
from core.store.tick_rows import TickRows
from core.types import TICK, Origin, Records, Symbols

NAMES = ["binance:BTCUSDT", "binance:ETHUSDT", "binance:BNBUSDT"]
STREAM = "aggTrade"
START = 1_723_161_253_937_085_123


def symbols() -> Symbols:
    return Symbols(list(NAMES))


def ticks_of(count: int, *, first_seq: int = 1, first_id: int = 100, seed: int = 0, step_ns: int = 1_000_000_000) -> Records:
    """Ticks of three symbols in the order of seq, each symbol's ids dense, its times mostly rising."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["symbol"] = rng.integers(0, 3, count)
    ticks["seq"] = np.arange(first_seq, first_seq + count)
    for symbol in range(3):
        mine = ticks["symbol"] == symbol
        ticks["id"][mine] = first_id + np.arange(mine.sum())
    ticks["ts"] = START + np.arange(count) * step_ns + rng.integers(-3, 4, count) * step_ns
    ticks["recv"] = ticks["ts"] + rng.integers(-2_000_000_000, 2_000_000_000, count)
    ticks["price"] = np.round(60_000 + np.cumsum(rng.normal(0, 0.1, count)), 2)
    ticks["qty"] = np.round(rng.exponential(0.1, count) + 1e-5, 5)
    ticks["side"] = rng.choice([-1, 0, 1], count)
    ticks["bid"] = np.where(rng.random(count) < 0.1, np.nan, np.round(ticks["price"] - 0.01, 2))
    ticks["ask"] = np.where(rng.random(count) < 0.1, np.nan, np.round(ticks["price"] + 0.01, 2))
    ticks["origin"] = rng.choice([Origin.LIVE, Origin.BACKFILL], count)
    return ticks


def late(ticks: Records) -> Records:
    """The same prints, come after their deadline."""
    ticks = ticks.copy()
    ticks["seq"] = 0
    ticks["origin"] = Origin.LATE
    return ticks


def stored(ticks: Records) -> sqlite3.Connection:
    """A database of our version in memory, with these ticks as rows of one series."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for step in TAPE.migrations:
        for statement in step:
            db.execute(statement)
    db.execute("INSERT INTO series VALUES(1, 'binance:BTCUSDT', 'aggTrade')")
    for statement, values in TickRows([ticks], [np.ones(len(ticks), "i8")]).statements():
        db.executemany(statement, values)
    return db


def tick(**values: float) -> Records:
    """One tick of these values."""
    ticks = np.zeros(1, TICK)
    ticks["price"] = ticks["qty"] = 1.0
    for name, value in values.items():
        ticks[name] = value
    return ticks


def assert_same(found: Records, wanted: Records) -> None:
    """Equal in every bit of every field."""
    assert len(found) == len(wanted)
    for name in TICK.names or ():
        np.testing.assert_array_equal(
            np.ascontiguousarray(found[name]).view("u1"), np.ascontiguousarray(wanted[name]).view("u1"), err_msg=name
        )


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition, or fail."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.01)
