"""A demo gone on with after hours or days: its tape has no hole, so that a backtest over all of it needs no leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from engine_rig import until

from core.clock import SystemClock
from core.config import load as load_config
from core.engine.closed_hours import FILE, HOUR, LONGEST_FETCHED, closed_hours, closing_words
from core.engine.engine import Engine
from core.errors import CockpitError
from core.exchange.generated import GeneratedMarket
from core.exchange.scenario import Instrument, Scenario
from core.exchange.server import LocalExchange
from core.home import make_home, reset_home, stamp
from core.research.sources import open_source
from core.store.tape import Tape
from core.store.verify import verify
from core.types import MINUTE, TICK, Symbols
from core.venues.binance import Binance

NOON = 1_795_262_400_000_000_000
NOW = NOON // HOUR
SCENARIO = Scenario(instruments=[Instrument(base="BTC", price=64_000.0, trades_per_s=2.0)], seed=7)


class PastClock(SystemClock):
    """The machine's own clock, so many hours ago."""

    def __init__(self, hours: float) -> None:
        self._behind = int(hours * HOUR)

    def now_ns(self) -> int:
        return super().now_ns() - self._behind


@asynccontextmanager
async def demo(home: Path, hours_ago: float) -> AsyncIterator[Engine]:
    """A demo's engine on its generated market, as if it were so long ago."""
    make_home(home)
    clock = PastClock(hours_ago)
    closed, _ = closed_hours(home, clock.now_ns())
    async with LocalExchange(GeneratedMarket(SCENARIO, clock.now_ns, closed)) as exchange:
        config = load_config(home, env={}, flags={"engine.workers": 1, "engine.memory_mb": 100_000}).config
        symbols = Symbols()
        venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
        engine = Engine(home, "demo", config, venue, symbols, clock)
        await engine.start(["BTCUSDT"])
        try:
            yield engine
        finally:
            engine.stopping.set()
            await engine.stop()


async def record(home: Path, hours_ago: float, least: int) -> None:
    """Run a demo until its tape holds at least so many prints, and all it is after."""
    async with demo(home, hours_ago) as engine:
        before = engine.last_seq
        await until(lambda: engine.last_seq > before, "a live print")
        await until(lambda: sum(len(batch) for batch in open_tape(home)) >= least, "the prints missed meanwhile")


def open_tape(home: Path) -> list[np.ndarray]:
    """All of the tape, as a backtest with its defaults reads it."""
    try:
        return list(open_source("tape:BTCUSDT", home=home).batches())
    except CockpitError:
        return []  # not yet


@pytest.mark.parametrize(("hours", "least"), [(3.0, 3 * 4000), (72.0, 1 * 4000)])
async def test_after_an_absence_the_tape_has_every_print(tmp_path: Path, hours: float, least: int) -> None:
    home = tmp_path / "home"
    await record(home, hours, 1)
    await record(home, 0.0, least)
    source = open_source("tape:BTCUSDT", home=home)
    ids = np.concatenate([batch["id"] for batch in source.batches()])
    assert (np.diff(ids) == 1).all()
    assert source.listed() is None
    assert source.verdict is not None
    assert source.verdict.holes is None
    assert verify(home / "tape.db").ok(lambda _symbol: True)


async def tape_until(home: Path, ns: int) -> None:
    make_home(home)
    ticks = np.zeros(2, TICK)
    ticks["id"], ticks["seq"] = [1, 2], [1, 2]
    ticks["ts"] = ticks["recv"] = [ns - 1, ns]
    ticks["price"] = ticks["qty"] = 1.0
    async with await Tape.open(home / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(ticks, "trade")


def test_a_home_without_a_tape_was_never_closed(tmp_path: Path) -> None:
    assert closed_hours(tmp_path, NOON) == ([], None)


async def test_a_short_absence_is_fetched_and_a_long_one_is_a_closing_of_whole_hours(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await tape_until(home, NOON + 17 * MINUTE)
    assert closed_hours(home, NOON + LONGEST_FETCHED * HOUR) == ([], None)
    long = (NOW + 1, NOW + 70)
    assert closed_hours(home, NOON + 71 * HOUR + 30 * MINUTE) == ([long], long)
    assert closing_words(long) == (
        "the demo's market was closed from 2026-11-21T13:00Z to 2026-11-24T10:00Z, as nobody ran it: it went on where it had stopped, "
        "and no print is missing"
    )


async def test_a_closing_stays_one_where_nothing_came_after_it_and_is_kept_where_something_did(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await tape_until(home, NOON + 17 * MINUTE)
    closed_hours(home, NOON + 24 * HOUR)
    longer = (NOW + 1, NOW + 47)
    assert closed_hours(home, NOON + 48 * HOUR) == ([longer], longer)
    await asyncio.to_thread((home / "tape.db").unlink)
    await tape_until(home, NOON + 48 * HOUR + MINUTE)
    assert closed_hours(home, NOON + 50 * HOUR) == ([longer], None)
    second = (NOW + 49, NOW + 99)
    assert closed_hours(home, NOON + 100 * HOUR) == ([longer, second], second)
    GeneratedMarket(SCENARIO, lambda: NOON + 100 * HOUR, [longer, second])  # takes them


async def test_a_clock_that_was_set_back_closes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await tape_until(home, NOON)
    assert closed_hours(home, NOON - 100 * HOUR) == ([], None)


async def test_a_fresh_demo_forgets_when_it_was_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await tape_until(home, NOON)
    stamp(home, "demo", ["binance"])
    closed_hours(home, NOON + 72 * HOUR)
    assert (home / FILE).exists()
    reset_home(home, "demo")
    assert not (home / FILE).exists()


def test_a_file_of_closings_that_cannot_be_read_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"closed": 7}')
    with pytest.raises(CockpitError, match=r"demo\.json, which says when the demo's market was closed: .*--fresh begins anew"):
        closed_hours(tmp_path, NOON)
