"""What the store does when it is killed, locked out, out of space, watched for ever, or finds its file damaged: nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from store_ticks import STREAM, assert_same, symbols, ticks_of, until

from core.errors import StoreError
from core.store import connection, tape
from core.store.ledger import Ledger
from core.store.reader import ticks_since
from core.store.tape import Tape
from tests.store.full_disk import no_file_larger_than

LOCKER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
input()
"""


@contextlib.contextmanager
def lock_of_another_program(path: Path) -> Iterator[None]:
    """A process that holds the file's write lock."""
    with subprocess.Popen([sys.executable, "-c", LOCKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.write("\n")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of tenths of a second instead of seconds."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.05)
    monkeypatch.setattr(connection, "RETRY", (0.02, 0.05))
    monkeypatch.setattr(connection, "OPEN_WAIT", 0.3)


@pytest.mark.usefixtures("impatient")
async def test_a_tape_locked_by_another_program_says_so_and_loses_nothing(tmp_path: Path) -> None:
    ticks = ticks_of(5000)
    told: list[str | None] = []
    async with await Tape.open(tmp_path / "tape.db", symbols()) as opened:
        opened.on_trouble = told.append
        opened.append(ticks[:1000], STREAM)
        await opened.flush()
        with lock_of_another_program(opened.path):
            opened.append(ticks[1000:4000], STREAM)
            await until(lambda: opened.trouble is not None)
            assert str(opened.trouble) == "locked by another program"
            opened.append(ticks[4000:], STREAM)
            assert (opened.synced_seq, opened.backlog) == (1000, 4000)
            # What is there can be read meanwhile.
            assert sum(map(len, ticks_since(opened.path, 0, symbols=symbols()))) == 1000
        await opened.wait_synced(5000)
        assert (opened.trouble, opened.total, opened.duplicates) == (None, 5000, 0)
        assert told == ["locked by another program", None]
    assert_same(next(ticks_since(tmp_path / "tape.db", 0, symbols=symbols())), ticks)


@pytest.mark.usefixtures("impatient")
async def test_a_ledger_locked_by_another_program_keeps_the_order(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        with lock_of_another_program(ledger.path):
            first = ledger.journal("c1", 0, "cli", "pause", "{}")
            await until(lambda: ledger.trouble is not None)
            second = ledger.took_effect("c1", 9)
            assert not first.done()
        await asyncio.gather(first, second)
        assert ledger.trouble is None
        assert (await ledger.commands())[0]["after_seq"] == 9


async def open_tape(path: Path) -> Tape:
    return await Tape.open(path, symbols())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("open_", [open_tape, Ledger.open], ids=["tape", "ledger"])
async def test_opening_a_file_that_stays_locked_fails_in_one_line(
    tmp_path: Path, open_: Callable[[Path], Awaitable[Tape | Ledger]]
) -> None:
    await (await open_(tmp_path / "x.db")).close()
    with lock_of_another_program(tmp_path / "x.db"), pytest.raises(StoreError, match=r"x\.db is locked by another program$"):
        await open_(tmp_path / "x.db")
    await (await open_(tmp_path / "x.db")).close()


@pytest.mark.usefixtures("impatient")
async def test_closing_while_locked_out_gives_up_in_time_and_says_what_was_not_written(tmp_path: Path) -> None:
    opened = await Tape.open(tmp_path / "tape.db", symbols())
    with lock_of_another_program(opened.path):
        opened.append(ticks_of(100), STREAM)
        waiter = asyncio.create_task(opened.wait_synced(100))
        with pytest.raises(StoreError, match=r"tape\.db is locked by another program: 100 rows were not written before closing"):
            await opened.close(patience=0.3)
        with pytest.raises(StoreError):
            await waiter


@pytest.mark.usefixtures("impatient")
async def test_a_full_disk_pauses_the_tape_until_there_is_room(tmp_path: Path) -> None:
    ticks = ticks_of(20_000)
    async with await Tape.open(tmp_path / "tape.db", symbols()) as opened:
        opened.append(ticks[:1000], STREAM)
        await opened.flush()
        with no_file_larger_than((tmp_path / "tape.db-wal").stat().st_size + 20_000):
            opened.append(ticks[1000:], STREAM)
            await until(lambda: opened.trouble is not None)
            assert opened.synced_seq == 1000
            assert sum(map(len, ticks_since(opened.path, 0, symbols=symbols()))) == 1000
        await opened.wait_synced(20_000)
        assert opened.trouble is None
    assert_same(next(ticks_since(tmp_path / "tape.db", 0, symbols=symbols())), ticks)


async def test_an_idle_reader_does_not_make_the_log_grow(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as opened:
        opened.append(ticks_of(1000), STREAM)
        await opened.flush()
        walk = ticks_since(opened.path, 0, symbols=symbols(), batch=500)
        next(walk)
        for n in range(1, 40):
            opened.append(ticks_of(20_000, first_seq=n * 100_000, first_id=n * 100_000), STREAM)
            await opened.flush()
        log_size = (tmp_path / "tape.db-wal").stat().st_size
        assert log_size < 24_000_000 < opened.path.stat().st_size, log_size
        assert len(next(walk)) == 500
        walk.close()


async def test_a_reader_in_the_middle_of_a_transaction_stops_no_writing(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as opened:
        opened.append(ticks_of(1000), STREAM)
        await opened.flush()
        with contextlib.closing(sqlite3.connect(f"file:{opened.path}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM ticks").fetchone() == (1000,)
            for n in range(1, 10):
                opened.append(ticks_of(20_000, first_seq=n * 100_000, first_id=n * 100_000), STREAM)
                await opened.flush()
            assert reader.execute("SELECT count(*) FROM ticks").fetchone() == (1000,)
        assert opened.total == 181_000


async def test_a_file_damaged_while_open_stops_the_writer_by_name(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "ledger.db")
    for n in range(2000):
        ledger.journal(f"c{n:05}", n, "cli", "pause", "x" * 200)
    await ledger.close()
    ledger = await Ledger.open(tmp_path / "ledger.db")
    with (tmp_path / "ledger.db").open("r+b") as file:
        file.seek(20 * 8192)
        file.write(b"\xa5" * 40 * 8192)
    pending = [ledger.journal(f"d{n}", n, "cli", "pause", "{}") for n in range(3)]
    asking = asyncio.gather(*(ledger.journal(f"c{n:05}", n, "cli", "pause", "x" * 200) for n in range(0, 2000, 50)), return_exceptions=True)
    found = [error for error in await asking if error is not None]
    assert found
    assert all(isinstance(error, StoreError) and "ledger.db is corrupt" in str(error) for error in found)
    with pytest.raises(StoreError, match=r"ledger\.db is corrupt"):
        ledger.journal("e1", 0, "cli", "pause", "{}")
    assert all(future.done() for future in pending)
    with pytest.raises(StoreError, match=r"ledger\.db is corrupt"):
        await ledger.close()


async def test_a_batch_the_database_refuses_stops_the_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = await Tape.open(tmp_path / "tape.db", symbols())
    ticks = ticks_of(10)
    ticks["price"][5] = float("inf")
    monkeypatch.setattr(tape, "why_unfit", lambda ticks: None)
    opened.append(ticks, STREAM)
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        await opened.wait_synced(10)
    assert opened.synced_seq == 0
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        opened.append(ticks_of(10, first_seq=11, first_id=500), STREAM)
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        await opened.close()
    assert list(ticks_since(tmp_path / "tape.db", 0, symbols=symbols())) == []
