"""Reading back: any range, in both orders, the same as looking through everything; while the engine writes, too."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_ticks import NAMES, START, STREAM, assert_same, late, symbols, ticks_of

from core.errors import SourceError, StoreError
from core.store.migrations import TAPE
from core.store.reader import read_ticks, ticks_since
from core.store.schema import Schema, open_to_read, prepare
from core.store.tape import Tape
from core.store.tape_stats import read_gaps, tape_stats
from core.types import SECOND, TICK, Records, Symbols

#: 400 ticks, 100 s apart: 11 hours, so that ranges cross many stretches of the sparse index.
TICKS = ticks_of(40_000, step_ns=1 * SECOND)
LATE = slice(7000, 9000)


async def write(path: Path, *parts: tuple[Records, str]) -> None:
    async with await Tape.open(path, symbols()) as tape:
        for ticks, stream in parts:
            tape.append(ticks, stream)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Records]:
    """A tape, and all ticks on it: those of one stretch came late, after the others."""
    path = tmp_path_factory.mktemp("reader") / "tape.db"
    asyncio.run(write(path, (TICKS[: LATE.start], STREAM), (TICKS[LATE.stop :], STREAM), (late(TICKS[LATE]), STREAM)))
    return path, np.concatenate((TICKS[: LATE.start], TICKS[LATE.stop :], late(TICKS[LATE])))


@settings(max_examples=60, deadline=None)
@given(a=st.integers(-100, 41_000), b=st.integers(-100, 41_000), symbol=st.integers(0, 2), as_delivered=st.booleans())
def test_a_range_of_time_is_what_looking_through_everything_finds(
    recorded: tuple[Path, Records], a: int, b: int, symbol: int, as_delivered: bool
) -> None:
    path, ticks = recorded
    start, stop = START + a * SECOND, START + b * SECOND
    found = read_ticks(path, NAMES[symbol], from_ns=start, to_ns=stop, as_delivered=as_delivered, symbols=symbols())
    wanted = ticks[(ticks["symbol"] == symbol) & (ticks["ts"] >= start) & (ticks["ts"] < stop)]
    if as_delivered:
        wanted = wanted[wanted["seq"] > 0]
        wanted = wanted[np.argsort(wanted["seq"])]
    else:
        wanted = wanted[np.lexsort((wanted["id"], wanted["ts"]))]
    assert_same(found, wanted)


def test_without_a_range_all_of_a_symbol_comes(recorded: tuple[Path, Records]) -> None:
    path, ticks = recorded
    found = sum(len(read_ticks(path, name, symbols=symbols())) for name in NAMES)
    assert found == len(ticks)


@pytest.mark.parametrize("odd", [[], [0], [3000, 3001], list(range(4000))], ids=["none", "first", "some", "all"])
def test_numbers_that_are_no_whole_units_come_back_in_their_place_too(tmp_path: Path, odd: list[int]) -> None:
    ticks = ticks_of(40_000)
    ticks["price"][odd] *= 1.1
    ticks["qty"][odd[:1]] = 1e-12
    asyncio.run(write(tmp_path / "tape.db", (ticks, STREAM)))
    assert_same(np.concatenate(list(ticks_since(tmp_path / "tape.db", 0, symbols=symbols()))), ticks)
    wanted = ticks[ticks["symbol"] == 1]
    assert_same(read_ticks(tmp_path / "tape.db", NAMES[1], symbols=symbols()), wanted[np.lexsort((wanted["id"], wanted["ts"]))])


@settings(max_examples=25, deadline=None)
@given(
    after=st.integers(0, 41_000),
    to=st.none() | st.integers(0, 41_000),
    chosen=st.none() | st.lists(st.sampled_from(NAMES), unique=True),
    batch=st.integers(500, 50_000),
)
def test_ticks_since_a_seq_come_in_its_order_in_batches(
    recorded: tuple[Path, Records], after: int, to: int | None, chosen: list[str] | None, batch: int
) -> None:
    path, ticks = recorded
    parts = list(ticks_since(path, after, chosen, symbols=symbols(), to_seq=to, batch=batch))
    assert all(0 < len(part) <= batch for part in parts)
    numbers = [NAMES.index(name) for name in (NAMES if chosen is None else chosen)]
    wanted = ticks[(ticks["seq"] > after) & (ticks["seq"] <= (10**9 if to is None else to)) & np.isin(ticks["symbol"], numbers)]
    assert_same(np.concatenate([np.empty(0, TICK), *parts]), wanted[np.argsort(wanted["seq"])])


def test_a_reader_gives_symbols_its_own_numbers(recorded: tuple[Path, Records]) -> None:
    own = Symbols(["kraken:XBTUSD"])
    ticks = read_ticks(recorded[0], NAMES[2], symbols=own)
    assert set(ticks["symbol"].tolist()) == {1}
    assert own.names[1] == NAMES[2]
    found = np.concatenate(list(ticks_since(recorded[0], 39_000, symbols=own)))
    assert [own.names[n] for n in found["symbol"]] == [NAMES[n] for n in TICKS[39_000:]["symbol"]]


def test_a_symbol_that_was_never_on_the_tape_has_no_ticks_since(recorded: tuple[Path, Records]) -> None:
    assert list(ticks_since(recorded[0], 0, ["binance:XRPUSDT"], symbols=symbols())) == []
    assert list(ticks_since(recorded[0], 0, [], symbols=symbols())) == []


def test_a_symbol_that_is_not_there_is_refused_with_what_is(recorded: tuple[Path, Records]) -> None:
    with pytest.raises(SourceError, match="holds no binance:XRPUSDT: it has binance:BNBUSDT aggTrade, binance:BTCUSDT aggTrade"):
        read_ticks(recorded[0], "binance:XRPUSDT", symbols=symbols())
    with pytest.raises(SourceError, match="holds no binance:BTCUSDT trade"):
        read_ticks(recorded[0], NAMES[0], "trade", symbols=symbols())


async def test_a_stream_must_be_named_where_there_are_two(tmp_path: Path) -> None:
    await write(tmp_path / "tape.db", (TICKS[:50], "aggTrade"), (TICKS[:20], "trade"))
    with pytest.raises(SourceError, match="on the tape as aggTrade and trade"):
        read_ticks(tmp_path / "tape.db", NAMES[0], symbols=symbols())
    both = [len(read_ticks(tmp_path / "tape.db", NAMES[0], stream, symbols=symbols())) for stream in ("aggTrade", "trade")]
    assert both == [int((TICKS[:n]["symbol"] == 0).sum()) for n in (50, 20)]


async def test_a_tape_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    async with await Tape.open(path, symbols()) as tape:
        for n in range(0, 20_000, 500):
            tape.append(TICKS[n : n + 500], STREAM)
            synced = tape.synced_seq
            parts = await asyncio.to_thread(lambda: list(ticks_since(path, 0, symbols=symbols(), batch=7000)))
            found = np.concatenate([np.empty(0, TICK), *parts])
            assert len(found) >= min(synced, n)
            assert_same(found, TICKS[: len(found)])


def test_a_walk_may_go_on_in_another_thread(recorded: tuple[Path, Records]) -> None:
    walk = ticks_since(recorded[0], 0, symbols=symbols(), batch=10_000)
    first = next(walk)
    rest: list[Records] = []
    thread = threading.Thread(target=lambda: rest.extend(walk))
    thread.start()
    thread.join()
    assert len(first) + sum(map(len, rest)) == 38_000


def test_a_reader_can_neither_write_nor_checkpoint(recorded: tuple[Path, Records]) -> None:
    with open_to_read(recorded[0], TAPE) as db:
        assert db.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM tick_rows")


def test_a_file_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        read_ticks(tmp_path / "no.db", NAMES[0], symbols=symbols())
    assert not (tmp_path / "no.db").exists()


def test_a_file_of_an_older_version_asks_for_the_engine_first(tmp_path: Path) -> None:
    prepare(tmp_path / "tape.db", TAPE)
    newer = Schema(TAPE.name, TAPE.application_id, (*TAPE.migrations, ("CREATE TABLE more(x)",)))
    with pytest.raises(StoreError, match="older version: start the engine once"), open_to_read(tmp_path / "tape.db", newer):
        pass


async def test_stats_count_what_is_here_what_is_listed_and_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    ticks = TICKS[TICKS["symbol"] == 0][:100]
    gone = np.isin(np.arange(100), [10, 11, 12, 13, 50, 60, 61])
    kept, ids = ticks[~gone], ticks["id"].tolist()
    async with await Tape.open(path, symbols()) as tape:
        tape.append(kept, STREAM)
        tape.record_gap(NAMES[0], STREAM, ids[10], ids[13], from_ns=None, to_ns=None, state="open", cause="cut")
        tape.record_gap(NAMES[0], STREAM, ids[50], ids[50], from_ns=None, to_ns=None, state="lost", cause="quarantined")
        tape.append(late(ticks[10:12]), STREAM)
        await tape.flush()
        tape.append(kept[:5], STREAM)
    (stats,) = tape_stats(path)
    assert stats == replace(stats, symbol=NAMES[0], stream=STREAM, ticks=95, late=2, listed=3, missing=2, duplicates=0)
    assert (stats.first_id, stats.last_id) == (ids[0], ids[-1])
    assert (stats.first_ns, stats.last_ns) == (ticks["ts"].min(), ticks["ts"].max())
    assert [(gap.from_id, gap.to_id, gap.state) for gap in read_gaps(path)] == [(ids[10], ids[13], "open"), (ids[50], ids[50], "lost")]
