"""The tape holds every tick once, says how far it is committed, and goes on where it stopped."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_ticks import NAMES, START, STREAM, assert_same, late, symbols, ticks_of, until

from core.errors import StoreError
from core.store.gaps import Gap
from core.store.reader import read_ticks, ticks_since
from core.store.tape import Tape
from core.types import Records


@pytest.fixture
async def tape(tmp_path: Path) -> AsyncIterator[Tape]:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as opened:
        yield opened


def all_of(path: Path) -> Records:
    return np.concatenate([np.empty(0, ticks_of(0).dtype), *ticks_since(path, 0, symbols=symbols())])


async def test_what_was_appended_is_on_the_tape_after_a_flush(tape: Tape) -> None:
    ticks = ticks_of(3000)
    tape.append(ticks, STREAM)
    await tape.flush()
    assert_same(all_of(tape.path), ticks)
    assert (tape.total, tape.backlog, tape.duplicates, tape.synced_seq) == (3000, 0, 0, 3000)


async def test_ticks_are_committed_without_anyone_asking(tape: Tape) -> None:
    tape.append(ticks_of(10), STREAM)
    await until(lambda: tape.synced_seq == 10)
    assert len(all_of(tape.path)) == 10


async def test_a_duplicate_is_one_row_the_first_and_is_counted(tape: Tape) -> None:
    first, again = ticks_of(5), ticks_of(5, first_seq=6)
    again["price"] += 1.0
    for part in (first, again, first):
        tape.append(part, STREAM)
        await tape.flush()
    assert_same(all_of(tape.path), first)
    assert (tape.total, tape.duplicates) == (5, 10)


async def test_duplicates_inside_one_batch_are_one_row_too(tape: Tape) -> None:
    tape.append(ticks_of(5), STREAM)
    tape.append(ticks_of(5), STREAM)
    await tape.flush()
    assert (tape.total, tape.duplicates) == (5, 5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 700), max_size=12), flushes=st.sets(st.integers(0, 12)))
def test_any_batching_gives_the_same_tape(tmp_path_factory: pytest.TempPathFactory, cuts: list[int], flushes: set[int]) -> None:
    ticks = ticks_of(700)
    path = tmp_path_factory.mktemp("any") / "tape.db"

    async def write() -> None:
        async with await Tape.open(path, symbols()) as tape:
            for n, part in enumerate(np.split(ticks, sorted(cuts))):
                tape.append(part, STREAM)
                if n in flushes:
                    await tape.flush()

    asyncio.run(write())
    assert_same(all_of(path), ticks)


async def test_the_caller_may_reuse_its_array_at_once(tape: Tape) -> None:
    ticks = ticks_of(100)
    kept = ticks.copy()
    tape.append(ticks, STREAM)
    ticks["price"] = 1.0
    await tape.flush()
    assert_same(all_of(tape.path), kept)


async def test_a_late_tick_is_on_the_tape_and_never_delivered(tape: Tape) -> None:
    ticks = ticks_of(40)
    tape.append(ticks[10:], STREAM)
    tape.append(late(ticks[:10]), STREAM)
    await tape.flush()
    assert_same(all_of(tape.path), ticks[10:])
    assert sum(len(read_ticks(tape.path, name, symbols=symbols())) for name in NAMES) == 40
    assert tape.synced_seq == 40


async def test_one_id_in_two_streams_is_two_ticks(tape: Tape) -> None:
    tape.append(ticks_of(9), "aggTrade")
    tape.append(ticks_of(9, first_seq=10), "trade")
    await tape.flush()
    assert (tape.total, tape.duplicates) == (18, 0)
    assert await tape.last_ids("trade") == await tape.last_ids("aggTrade")


async def test_last_ids_are_the_highest_of_each_symbol_of_the_stream(tape: Tape) -> None:
    ticks = ticks_of(100)
    tape.append(ticks, STREAM)
    highest = {name: int(ticks["id"][ticks["symbol"] == index].max()) for index, name in enumerate(NAMES)}
    assert await tape.last_ids(STREAM) == highest
    assert await tape.last_ids("trade") == {}


async def test_a_symbol_keeps_its_rows_when_another_process_numbers_it_otherwise(tmp_path: Path) -> None:
    ticks = ticks_of(60)
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(ticks[:30], STREAM)
    turned = symbols()
    turned.names.reverse()
    turned = type(turned)(turned.names)
    more = ticks[30:].copy()
    more["symbol"] = 2 - more["symbol"]
    async with await Tape.open(tmp_path / "tape.db", turned) as tape:
        tape.append(more, STREAM)
    assert_same(all_of(tmp_path / "tape.db"), ticks)


async def test_numbering_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for first in (1, 101, 201):
        async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
            assert tape.last_seq() == first - 1
            assert tape.total == first - 1
            tape.append(ticks_of(100, first_seq=first, first_id=1000 * first), STREAM)
            assert tape.last_seq() == first + 99


async def test_a_tick_that_waits_for_another_stream_holds_back_what_counts_as_synced(tape: Tape) -> None:
    ticks = ticks_of(30_000)
    # More than one batch, so that the first may be committed while the second is not.
    tape.append(ticks[1::2], "aggTrade")
    tape.append(ticks[0::2], "trade")
    seen = []
    while tape.synced_seq < 30_000:
        await tape.wait_synced(tape.synced_seq + 1)
        seen.append(tape.synced_seq)
        there = {int(seq) for part in ticks_since(tape.path, 0, symbols=symbols()) for seq in part["seq"]}
        assert there >= set(range(1, tape.synced_seq + 1))
    assert seen[-1] == 30_000


async def test_waiting_for_a_seq_ends_when_it_is_committed(tape: Tape) -> None:
    waiter = asyncio.create_task(tape.wait_synced(50))
    tape.append(ticks_of(49), STREAM)
    await tape.flush()
    assert not waiter.done()
    tape.append(ticks_of(1, first_seq=50, first_id=900), STREAM)
    await asyncio.wait_for(waiter, 10)
    assert all_of(tape.path)["seq"][-1] == 50


async def test_waiting_for_a_seq_that_never_comes_ends_when_the_tape_closes(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db", symbols())
    waiter = asyncio.create_task(tape.wait_synced(1))
    await asyncio.sleep(0)
    await tape.close()
    with pytest.raises(StoreError, match="is closed"):
        await asyncio.wait_for(waiter, 10)


async def test_a_price_no_market_has_is_refused_and_nothing_is_taken(tape: Tape) -> None:
    ticks = ticks_of(5)
    ticks["price"][3] = np.inf
    with pytest.raises(StoreError, match=f"tick {ticks['id'][3]} has a value no tape may hold"):
        tape.append(ticks, STREAM)
    await tape.flush()
    assert tape.total == 0


async def test_more_than_may_wait_is_refused_whole_and_said_before(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols(), max_backlog=1000) as tape:
        tape.append(ticks_of(600), STREAM)
        assert tape.full
        with pytest.raises(StoreError, match="600 ticks wait for it already"):
            tape.append(ticks_of(600, first_seq=601, first_id=5000), STREAM)
        await tape.wait_room()
        tape.append(ticks_of(600, first_seq=601, first_id=5000), STREAM)
    assert all_of(tmp_path / "tape.db")["seq"].tolist() == list(range(1, 1201))


async def test_nothing_is_taken_after_closing(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db", symbols())
    tape.append(ticks_of(5), STREAM)
    await tape.close()
    await tape.close()
    with pytest.raises(StoreError, match="is closed"):
        tape.append(ticks_of(5, first_seq=6, first_id=500), STREAM)
    assert len(all_of(tmp_path / "tape.db")) == 5


async def test_gaps_are_kept_as_they_were_said(tape: Tape) -> None:
    tape.record_gap(NAMES[0], STREAM, 10, 19, from_ns=START, to_ns=0, state="open", cause="connection lost")
    tape.record_gap(NAMES[0], STREAM, 12, 12, from_ns=START, to_ns=None, state="lost", cause="quarantined")
    tape.record_gap(NAMES[1], STREAM, 5, 6, from_ns=None, to_ns=None, state="open", cause="skipped by the stream")
    tape.fill_gap(NAMES[0], STREAM, 10, 11)
    await tape.record_gap(NAMES[1], STREAM, 5, 6, from_ns=None, to_ns=None, state="filled", cause="skipped by the stream")
    assert await tape.gaps() == [
        Gap(NAMES[0], STREAM, 10, 11, START, None, "filled", "connection lost"),
        Gap(NAMES[0], STREAM, 12, 12, START, None, "lost", "quarantined"),
        Gap(NAMES[0], STREAM, 13, 19, START, None, "open", "connection lost"),
        Gap(NAMES[1], STREAM, 5, 6, None, None, "filled", "skipped by the stream"),
    ]
    assert [gap.from_id for gap in await tape.gaps("open")] == [13]


async def test_a_gap_is_never_closed_before_its_ticks_are_there(tape: Tape) -> None:
    await tape.record_gap(NAMES[0], STREAM, 1, 500, from_ns=None, to_ns=None, state="open", cause="cut")
    ticks = late(ticks_of(500))
    ticks["symbol"], ticks["id"] = 0, np.arange(1, 501)
    for n in range(0, 500, 50):
        tape.append(ticks[n : n + 50], STREAM)
        tape.fill_gap(NAMES[0], STREAM, n + 1, n + 50)
    view = sqlite3.connect(f"file:{tape.path}?mode=ro", uri=True)
    filled = 0
    while filled < 500:
        view.execute("BEGIN")
        (filled,) = view.execute("SELECT coalesce(sum(to_id - from_id + 1), 0) FROM gaps WHERE state = 'filled'").fetchone()
        (there,) = view.execute("SELECT count(*) FROM ticks").fetchone()
        view.execute("COMMIT")
        assert there >= filled
        await asyncio.sleep(0.01)
    view.close()


async def test_a_gap_of_no_ids_is_a_mistake(tape: Tape) -> None:
    with pytest.raises(ValueError, match=r"no ids lie in 5\.\.4"):
        tape.fill_gap(NAMES[0], STREAM, 5, 4)


async def test_a_tick_whose_symbol_has_no_name_is_a_mistake(tape: Tape) -> None:
    ticks = ticks_of(2)
    ticks["symbol"] = 3
    with pytest.raises(IndexError, match="no symbol has the index 3"):
        tape.append(ticks, STREAM)


async def test_what_is_committed_goes_at_once_and_does_not_wait_for_the_collector(tmp_path: Path) -> None:
    """At the speed of a replay it would be gigabytes a minute, and the collector runs now and then."""
    gc.disable()
    try:
        async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
            tape.append(ticks_of(100), STREAM)
            first = weakref.ref(tape._batches[0])
            await tape.flush()
            tape.append(ticks_of(100, first_seq=101, first_id=300), STREAM)
            await tape.flush()
            assert tape.backlog == 0
            assert first() is None
    finally:
        gc.enable()
