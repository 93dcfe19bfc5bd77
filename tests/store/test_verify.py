"""A proof finds what is wrong with a tape, whatever it is, and copies are as whole as what they are of."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from store_ticks import NAMES, STREAM, assert_same, symbols, ticks_of

from core.errors import StoreError
from core.store.backup import backup
from core.store.migrations import TAPE
from core.store.reader import read_ticks
from core.store.sealing import seal
from core.store.tape import Tape
from core.store.verify import Proof, verify

EVER = 1 << 62
TICKS = ticks_of(60_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tape that is half sealed."""

    async def make() -> None:
        async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
            tape.append(TICKS[:40_000], STREAM)
            await tape.flush()
            await seal(tape, EVER)
            tape.append(TICKS[40_000:], STREAM)

    asyncio.run(make())
    return tmp_path / "tape.db"


@contextmanager
def meddling(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def ok(proof: Proof) -> bool:
    return proof.ok(lambda _symbol: True)


@pytest.mark.parametrize("deep", [False, True])
def test_a_whole_tape_is_proved(path: Path, deep: bool) -> None:
    seen: list[int] = []
    proof = verify(path, deep=deep, told=seen.append)
    assert ok(proof)
    assert [one.ticks for one in proof.series] == [int((TICKS["symbol"] == NAMES.index(one.symbol)).sum()) for one in proof.series]
    assert all(0 < one.sealed < one.ticks for one in proof.series)
    assert seen[-1] == 60_000


@pytest.mark.parametrize("table", ["tick_rows", "chunks"])
def test_ids_that_are_gone_are_named_and_are_fine_once_they_are_listed(path: Path, table: str) -> None:
    if table == "chunks":
        asyncio.run(seal_all(path))
    with meddling(path) as db:
        if table == "chunks":
            query = "SELECT first_id, last_id FROM chunks WHERE symbol = ? ORDER BY first_id LIMIT 1 OFFSET 1"
            low, high = db.execute(query, (NAMES[2],)).fetchone()
            db.execute("DELETE FROM chunks WHERE symbol = ? AND first_id = ?", (NAMES[2], low))
        else:
            ((series,),) = db.execute("SELECT series FROM series WHERE symbol = ?", (NAMES[2],))
            low = int(TICKS[TICKS["symbol"] == 2][-50]["id"])
            high = low + 9
            db.execute("DELETE FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ?", (series, low, high))
        proof = verify(path)
        (lacking,) = [one for one in proof.series if one.missing]
        assert not ok(proof)
        assert (lacking.symbol, lacking.missing, lacking.holes) == (NAMES[2], high - low + 1, ((low, high),))
        assert proof.ok(lambda _symbol: False), "where ids are not dense, holes prove nothing"
        db.execute("INSERT INTO gaps VALUES(?, ?, ?, ?, NULL, NULL, 'lost', 'taken out')", (NAMES[2], STREAM, low, high))
        proof = verify(path)
        assert ok(proof)
        assert sum(one.listed for one in proof.series) == high - low + 1


async def seal_all(path: Path) -> None:
    async with await Tape.open(path, symbols()) as tape:
        await seal(tape, EVER, whole=True)


def test_a_chunk_that_is_damaged_or_is_not_what_its_row_says_is_named(path: Path) -> None:
    with meddling(path) as db:
        db.execute("UPDATE chunks SET last_ns = last_ns + 1 WHERE symbol = ? AND first_id = 100", (NAMES[0],))
        assert ok(verify(path)), "only the deep proof compares"
        assert verify(path, deep=True).damage == [f"the chunk of {NAMES[0]} {STREAM} from id 100 does not hold what its row says"]
        db.execute("UPDATE chunks SET data = substr(data, 1, 200) WHERE symbol = ? AND first_id = 100", (NAMES[0],))
        for deep in (False, True):
            proof = verify(path, deep=deep)
            assert not ok(proof)
            assert any("the chunk of binance:BTCUSDT aggTrade from id 100 is damaged" in line for line in proof.damage)


def test_a_copy_is_of_one_moment_while_the_tape_is_written(path: Path) -> None:
    async def write_on() -> None:
        async with await Tape.open(path, symbols()) as tape:
            copying = asyncio.create_task(asyncio.to_thread(backup, path, path.with_name("copy.db"), TAPE))
            for n in range(20):
                tape.append(ticks_of(500, first_seq=60_001 + n * 500, first_id=90_000 + n * 500, seed=n), STREAM)
                await tape.flush()
            assert await copying == path.with_name("copy.db").stat().st_size

    asyncio.run(write_on())
    copy = path.with_name("copy.db")
    assert not verify(copy, deep=True).damage
    copied, there = (read_ticks(file, NAMES[1], as_delivered=True, symbols=symbols()) for file in (copy, path))
    assert 15_000 < len(copied) <= len(there)
    assert_same(copied, there[: len(copied)])
    with pytest.raises(StoreError, match="is there already: nothing was copied"):
        backup(path, copy, TAPE)
    assert sorted(file.name for file in path.parent.iterdir() if "part" in file.name) == []


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        backup(path, path.parent / "nowhere" / "copy.db", TAPE)
    with pytest.raises(StoreError, match="does not exist"):
        backup(path.with_name("none.db"), path.with_name("copy.db"), TAPE)
    assert [file.name for file in path.parent.iterdir() if file.name.startswith("copy")] == []
