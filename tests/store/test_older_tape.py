"""A tape of the first version is brought to ours with none of its rows touched; it is read, written, sealed, trimmed and proved on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from store_ticks import NAMES, STREAM, assert_same, symbols, ticks_of

from core.errors import StoreError
from core.store.migrations import TAPE
from core.store.reader import read_ticks, ticks_since
from core.store.retention import trim
from core.store.schema import Schema, prepare
from core.store.sealing import seal
from core.store.sizes import tape_size
from core.store.tape import Tape
from core.store.tape_stats import tape_stats
from core.store.tick_rows import SEQ_BUCKET, TIME_BUCKET
from core.store.verify import verify
from core.types import SECOND, Records, join

OLD = Schema("tape", TAPE.application_id, TAPE.migrations[:1])
EVER = 1 << 62
TICKS = ticks_of(30_000)
#: Of what is written now, every third tick is in whole µs, every third in whole ms.
TICKS["ts"][20_000::3] -= TICKS["ts"][20_000::3] % 1_000
TICKS["recv"][20_000::3] -= TICKS["recv"][20_000::3] % 1_000
TICKS["ts"][20_001::3] -= TICKS["ts"][20_001::3] % 1_000_000
TICKS["recv"][20_001::3] = TICKS["ts"][20_001::3] + 7_000
#: Numbers that are no whole units.
TICKS["price"][[5, 12_000, 25_000]] += 1e-9


def old_numbers(tick: np.void) -> tuple[float | int | None, ...]:
    """price, qty, bid, ask as the first version had them: units of 1e-8 where all of them are that, quotes as distances."""
    names = ("price", "qty", "bid", "ask")
    units = {name: round(float(tick[name]) * 1e8) for name in names if not np.isnan(tick[name])}
    if all(number / 1e8 == tick[name] for name, number in units.items()):
        bid, ask = (units.get(name) for name in ("bid", "ask"))
        price = units["price"]
        return (price, units["qty"], None if bid is None else price - bid, None if ask is None else ask - price)
    return tuple(float(tick[name]) if name in units else None for name in names)


def old_tape(path: Path, ticks: Records) -> None:
    """A tape as the first version left it."""
    prepare(path, OLD)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.executemany("INSERT INTO series VALUES(?, ?, ?)", [(n + 1, name, STREAM) for n, name in enumerate(NAMES)])
        for tick in ticks:
            id_, ts, seq, series = (int(tick[name]) for name in ("id", "ts", "seq", "symbol"))
            flags = int(tick["origin"]) * 3 + int(tick["side"]) + 1
            row = (series + 1, id_, ts, int(tick["recv"]) - ts, seq, *old_numbers(tick), flags)
            db.execute("INSERT INTO tick_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            for axis, bucket in (("time", ts // TIME_BUCKET), ("seq", seq // SEQ_BUCKET)):
                db.execute(
                    """INSERT INTO zones VALUES(?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE
                        SET lo_id = min(lo_id, excluded.lo_id), hi_id = max(hi_id, excluded.hi_id)""",
                    (axis, series + 1, bucket, id_),
                )
        db.executemany("INSERT INTO meta VALUES(?, ?)", [("ticks", len(ticks)), ("seq_reserved", int(ticks["seq"].max()))])
        db.execute("COMMIT")


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("older") / "tape.db"
    old_tape(path, TICKS[:20_000])
    return path


@pytest.fixture
def path(older: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    with closing(sqlite3.connect(older)) as db, closing(sqlite3.connect(tmp_path / "tape.db")) as copy:
        db.backup(copy)
    return tmp_path / "tape.db"


def everything(path: Path) -> Records:
    """By seq, as strategies saw it."""
    return join(list(ticks_since(path, 0, symbols=symbols())))


def raw_rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM tick_rows WHERE seq <= 20000 ORDER BY series, id").fetchall()


def shown(path: Path) -> Records:
    """By seq, as anybody sees it with plain `sqlite3`; `symbol` is the name's place."""
    query = """SELECT ts_ns, recv_ns, t.seq, trade_id, price, qty, bid, ask, series - 1, 0, side, origin
        FROM ticks t JOIN series USING(symbol, stream) ORDER BY t.seq"""
    with closing(sqlite3.connect(path)) as db:
        ticks = np.fromiter(db.execute(query), TICKS.dtype)
    return ticks


def assert_proved(path: Path, ticks: Records) -> None:
    proof = verify(path, deep=True)
    assert proof.ok(lambda _symbol: True)
    assert sum(one.ticks for one in proof.series) == len(ticks)
    for number, (one, size) in enumerate(zip(sorted(proof.series, key=place), sorted(tape_size(path).series, key=place), strict=True)):
        mine = ticks["ts"][ticks["symbol"] == number]
        span = (int(mine.min()), int(mine.max()))
        assert (one.first_ns, one.last_ns) == (size.first_ns, size.last_ns) == span


def place(one: object) -> int:
    return NAMES.index(getattr(one, "symbol"))  # noqa: B009  # of two types that both have it


async def test_an_older_tape_is_refused_to_readers_until_it_was_opened_to_write(path: Path) -> None:
    with pytest.raises(StoreError, match="older version: start the engine once"):
        tape_stats(path)
    await (await Tape.open(path, symbols())).close()
    assert_same(everything(path), TICKS[:20_000])


async def test_not_one_row_of_an_older_tape_is_written_anew_and_all_of_them_read_as_they_were(path: Path) -> None:
    assert_same(shown(path), TICKS[:20_000])
    before = raw_rows(path)
    async with await Tape.open(path, symbols()) as tape:
        assert tape.total == 20_000
        tape.append(TICKS[19_000:], STREAM)
        await tape.flush()
        assert (tape.total, tape.duplicates) == (30_000, 1000)
    assert raw_rows(path) == before
    assert_same(everything(path), TICKS)
    assert_same(shown(path), TICKS)
    assert_proved(path, TICKS)


async def test_rows_of_both_kinds_are_sealed_together(path: Path) -> None:
    async with await Tape.open(path, symbols()) as tape:
        tape.append(TICKS[20_000:], STREAM)
        await tape.flush()
        sealed = await seal(tape, int(TICKS["ts"][27_000]))
        assert sealed.ticks == 3 * 8192, "of each symbol a chunk that begins in old rows and ends in new ones"
        assert_same(everything(path), TICKS)
        await seal(tape, EVER, whole=True)
        assert raw_rows(path) == []
    assert_same(everything(path), TICKS)
    assert_proved(path, TICKS)


async def test_old_rows_go_and_new_ones_stay(path: Path) -> None:
    cut = int(TICKS["ts"][15_000])
    async with await Tape.open(path, symbols()) as tape:
        tape.append(TICKS[20_000:], STREAM)
        await tape.flush()
        await trim(tape, cut)
    for name in NAMES:
        mine = TICKS[(TICKS["symbol"] == NAMES.index(name)) & (TICKS["ts"] >= cut)]
        found = read_ticks(path, name, from_ns=cut, as_delivered=True, symbols=symbols())
        assert_same(found, mine)
    assert verify(path).ok(lambda _symbol: True)
    assert min(one.first_ns or 0 for one in tape_size(path).series) >= cut - TIME_BUCKET - 10 * SECOND
