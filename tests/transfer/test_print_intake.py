"""Imported prints on the tape: what is there stays, holes are listed, gaps closed; the tape's promise holds after any import."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transfer_rig import START, SYMBOL, agg_file, agg_row, gaps_of, on_tape, prints, record, take, unlisted

from core.errors import SourceError
from core.store.arrivals import NOT_IMPORTED
from core.store.gaps import Gap
from core.store.sealing import seal
from core.store.tape import Tape
from core.store.verify import verify
from core.transfer import intake
from core.types import Origin, Symbols


async def test_prints_come_onto_the_tape_as_an_import_never_delivered(tmp_path: Path) -> None:
    loaded = await take(tmp_path, agg_file(tmp_path, range(100, 200)))
    ticks = on_tape(tmp_path)
    assert ticks["id"].tolist() == list(range(100, 200))
    assert set(ticks["origin"].tolist()) == {Origin.IMPORT}
    assert not ticks["seq"].any()
    assert (ticks["recv"] == ticks["ts"]).all()
    assert loaded.total("new") == 100
    assert gaps_of(tmp_path) == []


async def test_importing_again_changes_nothing_and_counts_what_is_there(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(100, 200))
    await take(tmp_path, path)
    before = on_tape(tmp_path)
    loaded = await take(tmp_path, path)
    assert (loaded.total("new"), loaded.total("there"), loaded.total("different")) == (0, 100, 0)
    assert on_tape(tmp_path).tobytes() == before.tobytes()


async def test_what_was_recorded_live_stays_as_it_is(tmp_path: Path) -> None:
    live = prints(range(140, 160))
    await record(tmp_path, live)
    loaded = await take(tmp_path, agg_file(tmp_path, range(100, 200)))
    ticks = on_tape(tmp_path)
    assert (loaded.total("new"), loaded.total("there")) == (80, 20)
    found = ticks.compress(ticks["origin"] == Origin.LIVE)
    assert [found[name].tobytes() for name in ("id", "seq", "recv", "bid")] == [
        live[name].tobytes() for name in ("id", "seq", "recv", "bid")
    ]
    assert ticks["id"].tolist() == list(range(100, 200))


async def test_prints_of_other_values_are_counted_and_do_not_replace_those_there(tmp_path: Path) -> None:
    live = prints(range(100, 110))
    live["price"][3] += 1
    await record(tmp_path, live)
    loaded = await take(tmp_path, agg_file(tmp_path, range(100, 110)))
    assert loaded.total("different") == 1
    assert on_tape(tmp_path)["price"].tolist() == live["price"].tolist()


async def test_a_dump_in_milliseconds_meets_prints_recorded_in_microseconds(tmp_path: Path) -> None:
    live = prints(range(100, 200))
    live["ts"] += 999_000
    await record(tmp_path, live)
    loaded = await take(tmp_path, agg_file(tmp_path, range(100, 200)))
    assert (loaded.total("new"), loaded.total("there")) == (0, 100)


@pytest.mark.parametrize("state", ["open", "lost"])
async def test_a_gap_is_filled_by_the_ids_that_come_and_stays_for_those_that_do_not(tmp_path: Path, state: str) -> None:
    gap = Gap(SYMBOL, "aggTrade", 110, 119, None, None, state, "venue was away")  # type: ignore[arg-type]
    await record(tmp_path, prints([*range(100, 110), *range(120, 130)]), gaps=[gap])
    loaded = await take(tmp_path, agg_file(tmp_path, [112, 113, 118]))
    assert loaded.total("closed") == 3
    assert [row[:3] for row in gaps_of(tmp_path)] == [
        (110, 111, state), (112, 113, "filled"), (114, 117, state), (118, 118, "filled"), (119, 119, state),
    ]  # fmt: skip
    assert unlisted(tmp_path) == []


async def test_a_hole_between_an_import_and_what_is_there_is_listed_and_goes_once_it_is_imported_too(tmp_path: Path) -> None:
    await record(tmp_path, prints(range(500, 510)))
    await take(tmp_path, agg_file(tmp_path, range(100, 110)))
    assert gaps_of(tmp_path) == [(110, 499, "lost", NOT_IMPORTED)]
    await take(tmp_path, agg_file(tmp_path, range(700, 710)))
    assert gaps_of(tmp_path)[1:] == [(510, 699, "lost", NOT_IMPORTED)]
    await take(tmp_path, agg_file(tmp_path, range(110, 700)))
    assert gaps_of(tmp_path) == []
    assert on_tape(tmp_path)["id"].tolist() == list(range(100, 710))


async def test_a_hole_in_a_dump_is_listed_with_its_times(tmp_path: Path) -> None:
    loaded = await take(tmp_path, agg_file(tmp_path, [100, 101, 105]))
    assert gaps_of(tmp_path) == [(102, 104, "lost", NOT_IMPORTED)]
    assert (loaded.holes, loaded.missing) == (1, 3)


async def test_a_file_with_too_many_holes_is_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_HOLES", 10)
    with pytest.raises(SourceError, match="more than 10 holes between its ids"):
        await take(tmp_path, agg_file(tmp_path, range(100, 200, 2)))


async def test_ids_that_go_back_within_a_file_are_each_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PIECE", 7)
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.csv"
    rows = [agg_row(id_) for id_ in (104, 100, 103, 101, 102, 101)]
    path.write_text("".join(row.replace(row.split(",")[5], str(START // 1_000_000)) for row in rows))
    await take(tmp_path, path)
    assert sorted(on_tape(tmp_path)["id"].tolist()) == [100, 101, 102, 103, 104]
    assert unlisted(tmp_path) == []


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60), st.integers(1, 4)), min_size=1, max_size=5), st.data())
def test_after_any_imports_every_id_is_there_or_listed(spans: list[tuple[int, int, int]], data: st.DataObject) -> None:
    """Spans of ids, some with holes, in any order, around a live stretch."""
    live = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)

        async def go() -> None:
            if live:
                await record(home, prints(range(150, 180)))
            for first, count, step in spans:
                await take(home, agg_file(home, range(first, first + count, step)))

        asyncio.run(go())
        wanted = set(range(150, 180)) if live else set()
        wanted |= {id_ for first, count, step in spans for id_ in range(first, first + count, step)}
        assert sorted(on_tape(home)["id"].tolist()) == sorted(wanted)
        assert verify(home / "tape.db").ok(lambda _symbol: True)
        assert unlisted(home) == []
        assert np.unique(on_tape(home)["id"]).size == len(wanted)


async def test_sealed_prints_count_as_there_and_an_import_among_them_is_sealed_with_them(tmp_path: Path) -> None:
    """Both tiers: a recording is sealed, a dump that covers it is imported, sealed too, and comes back the same."""
    gap = Gap(SYMBOL, "aggTrade", 20_500, 20_999, None, None, "open", "venue was away")
    await record(tmp_path, prints([*range(20_000, 20_500), *range(21_000, 40_000)]), gaps=[gap])
    await seal_all(tmp_path)
    loaded = await take(tmp_path, agg_file(tmp_path, range(10_000, 45_000)))
    assert (loaded.total("new"), loaded.total("there"), loaded.total("closed")) == (15_500, 19_500, 500)
    before = on_tape(tmp_path)
    assert before["id"].tolist() == list(range(10_000, 45_000))
    await seal_all(tmp_path)
    assert on_tape(tmp_path).tobytes() == before.tobytes()
    proof = verify(tmp_path / "tape.db", deep=True)
    assert proof.ok(lambda _symbol: True)
    assert [gap.state for gap in proof.gaps] == ["filled"]
    again = await take(tmp_path, agg_file(tmp_path, range(10_000, 45_000)))
    assert (again.total("new"), again.total("there"), again.total("different")) == (0, 35_000, 0)


async def seal_all(home: Path) -> None:
    async with await Tape.open(home / "tape.db", Symbols()) as tape:
        await seal(tape, 1 << 62, whole=True)
