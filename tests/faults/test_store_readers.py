"""Somebody looks at the tape with a program of their own, for hours, while ticks are written: the log stays bounded, or says why not."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.engine import overview, rounds
from core.store import connection
from core.store.reader import read_ticks, ticks_since
from core.store.tape import Tape
from core.store.tape_stats import tape_stats
from core.types import TICK, Records, Symbols
from tests.engine.engine_rig import until
from tests.engine.inline_rig import make_engine

NAME, STREAM = "binance:BTCUSDT", "aggTrade"
LIMIT = 8 << 20

VISITOR = """
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
if sys.argv[2] == "transaction":
    db.execute("BEGIN")
print(db.execute("SELECT count(*) FROM ticks").fetchone()[0], flush=True)
input()
"""


@contextlib.contextmanager
def visitor(path: Path, holding: str) -> Iterator[None]:
    """Another process that has read the tape and keeps its connection, or its `transaction`, open."""
    with subprocess.Popen(
        [sys.executable, "-c", VISITOR, str(path), holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        try:
            assert other.stdout.readline().strip().isdigit()
            yield
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.wait(10) == 0
        finally:
            other.kill()


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log counts as grown at 8 MB; it is tried again to start it over with every transaction."""
    monkeypatch.setattr(connection, "LOG_LIMIT", LIMIT)
    monkeypatch.setattr(connection, "LOG_AGAIN", 0.0)


@pytest.fixture
async def tape(tmp_path: Path) -> AsyncIterator[Tape]:
    async with await Tape.open(tmp_path / "tape.db", Symbols([NAME])) as opened:
        await write(opened, 20_000)
        yield opened


async def write(tape: Tape, count: int) -> None:
    """Ticks after those that are there, as many transactions as they take."""
    for first in range(tape.last_seq() + 1, tape.last_seq() + count + 1, 10_000):
        tape.append(ticks(first, 10_000), STREAM)
        await tape.flush()


def ticks(first: int, count: int) -> Records:
    made = np.zeros(count, TICK)
    made["id"] = made["seq"] = np.arange(first, first + count)
    made["ts"] = made["recv"] = made["id"] * 1_000_000
    made["price"], made["qty"], made["bid"], made["ask"] = 100.0, 1.0, np.nan, np.nan
    return made


def log_size(tape: Tape) -> int:
    return tape.path.with_name("tape.db-wal").stat().st_size


async def test_an_idle_connection_of_another_program_leaves_the_log_bounded(tape: Tape) -> None:
    with visitor(tape.path, "connection"):
        sizes = []
        for _ in range(8):
            await write(tape, 60_000)
            sizes.append(log_size(tape))
        assert max(sizes) <= 3 * LIMIT, sizes
        assert tape.pinned_mb == 0


async def test_an_open_transaction_of_another_program_is_visible_and_the_log_is_cut_back_when_it_ends(tape: Tape) -> None:
    with visitor(tape.path, "transaction"):
        await write(tape, 500_000)
        grown = log_size(tape)
        assert grown > 2 * LIMIT
        assert tape.pinned_mb > grown / 1.1e6 > LIMIT / 1e6
        assert (tape.backlog, tape.trouble) == (0, None), "writing goes on as if nobody read"
    await write(tape, 10_000)
    assert log_size(tape) <= LIMIT
    assert tape.pinned_mb == 0
    assert tape.total == 530_000


@pytest.mark.slow
async def test_a_running_engine_alarms_about_it_once_and_the_alert_ends_with_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PINNED_MB", (4, 8, 1024))
    engine = make_engine(tmp_path / "home")
    await engine.start(["BTCUSDT"])

    def about_logs() -> list[tuple[str, bool]]:
        return [(row.text, row.open) for row in engine.alarms.rows() if "without end" in row.text]

    try:
        await write(engine.tape, 20_000)
        with visitor(engine.tape.path, "transaction"):
            await write(engine.tape, 500_000)
            words = "a program reads tape.db without end: its log has grown beyond 8 MB, end that program"
            await until(lambda: about_logs() == [(words, True)], "the alert")
            assert [trouble.level for trouble in overview.troubles(engine, []) if "without end" in trouble.text] == ["warning"]
        await write(engine.tape, 10_000)
        await until(lambda: about_logs() == [(words, False)], "its end")
    finally:
        await engine.stop()


@pytest.mark.slow
async def test_our_own_readers_hold_nothing_between_two_steps(tape: Tape) -> None:
    await write(tape, 200_000)
    walk = ticks_since(tape.path, 0, symbols=Symbols())
    next(walk)
    for _ in range(8):
        await write(tape, 100_000)
        next(walk)
        assert log_size(tape) <= 3 * LIMIT
    assert tape.pinned_mb == 0
    walk.close()


@pytest.mark.parametrize("read", [read_ticks, tape_stats, ticks_since], ids=lambda read: read.__name__)
async def test_every_query_of_ours_ends_after_a_bounded_number_of_rows(tape: Tape, read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(tape, 130_000)
    longest = steps_of_longest_query(tape.path, read, monkeypatch)
    await write(tape, 300_000)
    assert steps_of_longest_query(tape.path, read, monkeypatch) < 1.5 * longest
    assert longest > 0


def steps_of_longest_query(path: Path, read: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many thousand machine instructions of SQLite the longest stretch within a transaction took."""
    connect = sqlite3.connect
    watched: list[Watch] = []

    def watching(*words: object, **more: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*words, **more)  # type: ignore[call-overload]
        watched.append(Watch(db))
        return db

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", watching)
        if read is read_ticks:
            assert len(read_ticks(path, NAME, symbols=Symbols())) > 0
        elif read is ticks_since:
            assert sum(map(len, ticks_since(path, 0, symbols=Symbols()))) > 0
        else:
            assert tape_stats(path)[0].missing == 0
    return max(watch.longest for watch in watched)


class Watch:
    """Counts what SQLite does between two moments at which a connection holds no transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.longest = 0
        self._now = 0
        self._in_transaction = False
        db.set_trace_callback(self._begin)
        db.set_progress_handler(self._step, 1000)

    def _begin(self, statement: str) -> None:
        if statement == "BEGIN":
            self._in_transaction = True
            self._now = 0
        elif statement == "COMMIT":
            self._in_transaction = False
        if not self._in_transaction:
            self._now = 0

    def _step(self) -> int:
        self._now += 1
        self.longest = max(self.longest, self._now)
        return 0
