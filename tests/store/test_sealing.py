"""Sealing changes where ticks lie and nothing else: every reader finds the same bits, whatever comes late, again, or in between."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_ticks import NAMES, START, STREAM, assert_same, late, symbols, ticks_of

from core.errors import StoreError
from core.store.reader import read_ticks, ticks_since
from core.store.sealing import Sealed, seal
from core.store.tape import Tape
from core.types import SECOND, Records, join

EVER = 1 << 62
TICKS = ticks_of(60_000)


def everything(path: Path) -> list[Records]:
    """The whole tape as each kind of reader finds it."""
    found = [read_ticks(path, name, symbols=symbols()) for name in NAMES]
    found += [read_ticks(path, name, as_delivered=True, symbols=symbols()) for name in NAMES]
    part = slice(START + 20_000 * SECOND, START + 31_000 * SECOND)
    found += [read_ticks(path, name, from_ns=part.start, to_ns=part.stop, symbols=symbols()) for name in NAMES]
    found.append(join(list(ticks_since(path, 0, symbols=symbols()))))
    found.append(join(list(ticks_since(path, 33_333, NAMES[1:], symbols=symbols(), to_seq=55_555, batch=1000))))
    return found


def assert_same_tape(path: Path, before: list[Records]) -> None:
    for found, wanted in zip(everything(path), before, strict=True):
        assert_same(found, wanted)


def count_rows(path: Path, where: str = "") -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute(f"SELECT count(*) FROM tick_rows {where}").fetchone()[0])


async def test_a_sealed_tape_reads_as_it_did_before(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS[:50_000], STREAM)
        tape.append(late(TICKS[50_000:]), STREAM)
        await tape.flush()
        before = everything(tape.path)
        half = await seal(tape, START + 30_000 * SECOND)
        assert 20_000 < half.ticks < 30_000
        assert half.ticks % 8192 == 0
        assert_same_tape(tape.path, before)
        rest = await seal(tape, EVER, whole=True)
        assert half.ticks + rest.ticks == 60_000
        assert count_rows(tape.path) == 0
        assert_same_tape(tape.path, before)
        assert await tape.last_ids(STREAM) == {name: int(found["id"].max()) for name, found in zip(NAMES, before, strict=False)}
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        assert tape.total == 60_000
        assert_same_tape(tape.path, before)


async def test_what_comes_again_after_it_was_sealed_is_a_duplicate_and_what_comes_late_finds_its_place(tmp_path: Path) -> None:
    missing = slice(20_000, 20_600)
    async with await Tape.open(tmp_path / "whole.db", symbols()) as whole:
        whole.append(np.concatenate((TICKS[: missing.start], TICKS[missing.stop :])), STREAM)
        whole.append(late(TICKS[missing]), STREAM)
        await whole.flush()
        wanted = everything(whole.path)
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS[: missing.start], STREAM)
        tape.append(TICKS[missing.stop :], STREAM)
        await tape.flush()
        await seal(tape, EVER, whole=True)
        tape.append(TICKS[: missing.start], STREAM)
        tape.append(TICKS[missing.stop :], STREAM)
        tape.append(late(TICKS[missing]), STREAM)
        await tape.flush()
        assert (tape.total, tape.duplicates) == (60_000, 60_000 - 600)
        assert count_rows(tape.path) == 600
        assert_same_tape(tape.path, wanted)
        again = await seal(tape, EVER)
        assert (again.ticks, count_rows(tape.path)) == (600, 0), "rows that lie within a chunk go into it, however few"
        assert_same_tape(tape.path, wanted)


async def test_no_chunk_overlaps_another(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        rest = TICKS
        for _ in range(6):
            chosen = rng.random(len(rest)) < 0.4
            tape.append(rest.compress(chosen), STREAM)
            rest = rest.compress(~chosen)
            await tape.flush()
            await seal(tape, EVER, whole=bool(rng.random() < 0.5))
        tape.append(rest, STREAM)
        await tape.flush()
        await seal(tape, EVER, whole=True)
        with closing(sqlite3.connect(tape.path)) as db:
            spans = db.execute("SELECT symbol, first_id, last_id, count FROM chunks ORDER BY symbol, first_id").fetchall()
        assert sum(span[3] for span in spans) == 60_000
        assert all(a[0] != b[0] or a[2] < b[1] for a, b in itertools.pairwise(spans))
        for n, name in enumerate(NAMES):
            mine = TICKS.compress(TICKS["symbol"] == n)
            assert_same(read_ticks(tape.path, name, symbols=symbols()), mine.take(np.lexsort((mine["id"], mine["ts"]))))


async def test_sealing_can_be_cancelled_and_goes_on_later(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS, STREAM)
        await tape.flush()
        before = everything(tape.path)
        begun = asyncio.Event()

        def told(_done: Sealed) -> None:
            begun.set()

        task = asyncio.create_task(seal(tape, EVER, whole=True, told=told))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await tape.flush()
        assert 0 < count_rows(tape.path) < 60_000
        assert_same_tape(tape.path, before)
        await seal(tape, EVER, whole=True)
        assert count_rows(tape.path) == 0
        assert_same_tape(tape.path, before)


async def test_reading_while_it_is_sealed_misses_nothing(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS, STREAM)
        await tape.flush()
        before = everything(tape.path)
        sealing = asyncio.create_task(seal(tape, EVER, whole=True))
        reads = 0
        while not sealing.done() or reads < 2:
            for found, wanted in zip(await asyncio.to_thread(everything, tape.path), before, strict=True):
                assert_same(found, wanted)
            reads += 1
        await sealing


async def test_a_damaged_chunk_is_refused_by_name(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS, STREAM)
        await tape.flush()
        await seal(tape, EVER, whole=True)
    with closing(sqlite3.connect(tmp_path / "tape.db", isolation_level=None)) as db:
        db.execute("UPDATE chunks SET data = zeroblob(length(data)) WHERE symbol = ? AND first_id = 100", (NAMES[0],))
    with pytest.raises(StoreError, match=r"the chunk of binance:BTCUSDT aggTrade from id 100 is damaged"):
        read_ticks(tmp_path / "tape.db", NAMES[0], symbols=symbols())
    assert len(read_ticks(tmp_path / "tape.db", NAMES[1], symbols=symbols())) == int((TICKS["symbol"] == 1).sum())


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1 << 30), cuts=st.lists(st.integers(1, 59_999), max_size=4))
def test_any_order_of_writing_and_sealing_gives_the_same_tape(tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: list[int]) -> None:
    async def story() -> None:
        rng = np.random.default_rng(seed)
        order = np.argsort(np.arange(60_000) + rng.integers(0, 9000, 60_000), kind="stable")
        async with await Tape.open(tmp_path_factory.mktemp("seal") / "tape.db", symbols()) as tape:
            for part in np.split(TICKS.take(order), sorted(set(cuts))):
                tape.append(part, STREAM)
                await tape.flush()
                await seal(tape, EVER, whole=bool(rng.random() < 0.4))
            for n, name in enumerate(NAMES):
                mine = TICKS.compress(TICKS["symbol"] == n)
                found = read_ticks(tape.path, name, symbols=symbols())
                assert_same(found, mine.take(np.lexsort((mine["id"], mine["ts"]))))
            assert_same(join(list(ticks_since(tape.path, 0, symbols=symbols()))), TICKS)

    asyncio.run(story())
