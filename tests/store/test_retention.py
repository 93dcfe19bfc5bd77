"""What is too old goes, in both tiers, and nothing else; what is left reads and proves as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from store_ticks import NAMES, START, STREAM, assert_same, symbols, ticks_of

from core.store.reader import read_ticks, ticks_since
from core.store.retention import cut_for_size, older_than, trim
from core.store.sealing import seal
from core.store.tape import Tape
from core.store.tape_stats import read_gaps, tape_stats
from core.types import SECOND, join

EVER = 1 << 62
TICKS = ticks_of(60_000)


@pytest.mark.parametrize("sealed", [0, START + 20_000 * SECOND, EVER], ids=["rows", "both", "chunks"])
async def test_ticks_older_than_is_kept_go_and_the_rest_stays_as_it_was(tmp_path: Path, sealed: int) -> None:
    cut = START + 40_000 * SECOND
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS, STREAM)
        tape.record_gap(NAMES[0], STREAM, 1, 99, from_ns=None, to_ns=START, state="lost", cause="before")
        await tape.flush()
        await seal(tape, sealed, whole=sealed == EVER)
        late = [read_ticks(tape.path, name, from_ns=cut, symbols=symbols()) for name in NAMES]
        since = join(list(ticks_since(tape.path, 41_000, symbols=symbols())))
        about = older_than(tape.path, cut)
        gone = await trim(tape, cut)
        assert about - 3 * 8192 - 1000 < gone.ticks <= about, "a chunk that reaches into what is kept stays whole"
        assert tape.total == 60_000 - gone.ticks
        for name, wanted in zip(NAMES, late, strict=True):
            assert_same(read_ticks(tape.path, name, from_ns=cut, symbols=symbols()), wanted)
        assert_same(join(list(ticks_since(tape.path, 41_000, symbols=symbols()))), since)
        assert [(one.missing, one.duplicates) for one in tape_stats(tape.path)] == [(0, 0)] * 3
        assert sum(one.ticks for one in tape_stats(tape.path)) == tape.total
        assert read_gaps(tape.path) == []
        assert (await trim(tape, cut)).ticks == 0
        assert await tape.last_ids(STREAM) == {name: int(wanted["id"].max()) for name, wanted in zip(NAMES, late, strict=True)}
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        assert tape.total == 60_000 - gone.ticks


async def test_a_symbol_that_is_quiet_since_loses_all_and_its_numbering_goes_on(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS[:9000], STREAM)
        await tape.flush()
        await trim(tape, EVER)
        assert tape.total == 0
        assert [one.ticks for one in tape_stats(tape.path)] == [0, 0, 0]
        assert tape.last_seq() == 9000
        tape.append(TICKS[9000:9100], STREAM)
        await tape.flush()
        assert_same(join(list(ticks_since(tape.path, 0, symbols=symbols()))), TICKS[9000:9100])


async def test_the_file_shrinks_to_what_was_asked_for(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        tape.append(TICKS, STREAM)
        await tape.flush()
    async with await Tape.open(tmp_path / "tape.db", symbols()) as tape:
        full = tape.path.stat().st_size
        assert cut_for_size(tape.path, full * 2) is None
        cut = cut_for_size(tape.path, full // 2)
        assert cut is not None
        gone = await trim(tape, cut)
    assert tape.path.stat().st_size < full * 0.6
    assert gone.size == full - tape.path.stat().st_size
    found = join(list(ticks_since(tmp_path / "tape.db", 0, symbols=symbols())))
    assert 0.35 < len(found) / 60_000 < 0.65
    assert (np.sort(found["seq"])[-100:] == np.arange(59_901, 60_001)).all()
