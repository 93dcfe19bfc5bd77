"""Scanning a long stretch: the same ticks in the same order as reading it at once, however it is cut into windows, sealed or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_ticks import NAMES, START, STREAM, assert_same, late, symbols, ticks_of

from core.errors import SourceError
from core.store import tiers
from core.store.reader import read_ticks
from core.store.scan import scan_ticks
from core.store.sealing import seal
from core.store.tape import Tape
from core.types import SECOND, Records, Symbols, join

#: 40,000 ticks, a second apart: 11 hours.
TICKS = ticks_of(40_000, step_ns=1 * SECOND)
LATE = slice(7000, 9000)
SEALED_BEFORE = START + 30_000 * SECOND


async def write(path: Path) -> None:
    """A part was late, the older part is sealed, and some more came after that."""
    more = ticks_of(50, first_id=50_000, first_seq=50_000)
    async with await Tape.open(path, symbols()) as tape:
        tape.append(TICKS[: LATE.start], STREAM)
        tape.append(TICKS[LATE.stop :], STREAM)
        await tape.flush()
        await seal(tape, SEALED_BEFORE)
        tape.append(late(TICKS[LATE]), STREAM)
        tape.append(more, STREAM)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "tape.db"
    asyncio.run(write(path))
    return path


def scanned(path: Path, symbol: int, **terms: object) -> Records:
    return join([part for window in scan_ticks(path, NAMES[symbol], symbols=symbols(), **terms) for part in window])  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    a=st.none() | st.integers(-100, 41_000),
    b=st.none() | st.integers(-100, 41_000),
    symbol=st.integers(0, 2),
    as_delivered=st.booleans(),
    rows=st.sampled_from([1, 300, 5000, 1 << 16]),
)
def test_a_scan_is_what_reading_at_once_gives(
    sealed: Path, a: int | None, b: int | None, symbol: int, as_delivered: bool, rows: int
) -> None:
    start, stop = (None if second is None else START + second * SECOND for second in (a, b))
    wanted = read_ticks(sealed, NAMES[symbol], from_ns=start, to_ns=stop, as_delivered=as_delivered, symbols=symbols())
    assert_same(scanned(sealed, symbol, from_ns=start, to_ns=stop, as_delivered=as_delivered, rows=rows), wanted)


def test_each_chunk_is_opened_once(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    unpack = tiers.unpack
    monkeypatch.setattr(tiers, "unpack", lambda data, lay_out: opened.append(data) or unpack(data, lay_out))
    windows = list(scan_ticks(sealed, NAMES[0], symbols=symbols(), rows=300))
    assert len(windows) > 20
    assert len(opened) == len(set(opened)) > 0


def test_windows_hold_about_as_many_ticks_as_asked_for(sealed: Path) -> None:
    sizes = [sum(map(len, window)) for window in scan_ticks(sealed, NAMES[1], symbols=symbols(), rows=1000)]
    assert len(sizes) > 5
    assert max(sizes) <= 1000


def test_ticks_carry_the_index_of_their_symbol_in_the_table_given(sealed: Path) -> None:
    table = Symbols(["binance:SOLUSDT"])
    parts = [part for window in scan_ticks(sealed, NAMES[2], symbols=table) for part in window]
    assert {int(index) for part in parts for index in np.unique(part["symbol"])} == {table[NAMES[2]]} == {1}


def test_a_symbol_that_is_not_there_is_refused(sealed: Path) -> None:
    with pytest.raises(SourceError, match="holds no binance:DOGEUSDT"):
        next(scan_ticks(sealed, "binance:DOGEUSDT", symbols=symbols()))
