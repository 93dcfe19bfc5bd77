"""What some tapes lack, told before anything is run over them, and the longest stretch a run over them needs no leave for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from core.research.source_tape_gaps import REFUSED
from core.research.sources import open_source
from core.research.unbroken import lacking_in
from core.source_view import Lacking
from core.store.gaps import GapState
from core.store.tape import Tape
from core.types import SECOND, TICK, Symbols

T0 = 1_723_075_200 * SECOND
COUNT = 400
BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"

Ids = tuple[int, int]


def at(id_: int) -> int:
    """When a print was."""
    return T0 + SECOND * (id_ - 1)


async def record(
    home: Path, gaps: Iterable[Ids], symbol: str = BTC, state: GapState = "lost", cause: str = "not sent", stream: str = "agg"
) -> Path:
    """A tape of 400 prints, one a second, less those that lie in the gaps it lists."""
    ticks = np.zeros(COUNT, TICK)
    ticks["id"] = 1 + np.arange(COUNT)
    ticks["ts"] = at(1) + SECOND * np.arange(COUNT)
    ticks["price"] = ticks["qty"] = 1.0
    ticks["bid"] = ticks["ask"] = np.nan
    async with await Tape.open(home / "tape.db", Symbols([symbol])) as tape:
        missing = [id_ for first, last in gaps for id_ in range(first, last + 1)]
        tape.append(ticks.compress(~np.isin(ticks["id"], missing)), stream)
        for first, last in gaps:
            tape.record_gap(symbol, stream, first, last, from_ns=at(first - 1), to_ns=at(last + 1), state=state, cause=cause)
        await tape.flush()
    return home


async def test_a_tape_without_a_gap_lacks_nothing_and_neither_does_a_file(tmp_path: Path) -> None:
    await record(tmp_path, [])
    assert lacking_in(["tape:BTCUSDT"], tmp_path) is None
    assert lacking_in([str(tmp_path / "any.csv")], tmp_path) is None


async def test_what_is_missing_is_counted_and_the_longest_stretch_lies_between_two_gaps(tmp_path: Path) -> None:
    await record(tmp_path, [(50, 59), (300, 309)])
    assert lacking_in(["tape:BTCUSDT"], tmp_path) == Lacking(20, 2, 0, at(60), at(299), at(299) - at(60))


async def test_a_stretch_that_begins_or_ends_as_the_tape_does_says_so(tmp_path: Path) -> None:
    await record(tmp_path, [(300, 309)], state="open")
    found = lacking_in(["tape:BTCUSDT"], tmp_path)
    assert found == Lacking(10, 1, 10, None, at(299), at(299) - T0)
    await record(tmp_path / "other", [(50, 59)])
    found = lacking_in(["tape:BTCUSDT"], tmp_path / "other")
    assert found is not None
    assert (found.from_ns, found.to_ns) == (at(60), None)


async def test_gaps_outside_of_what_is_asked_for_are_none(tmp_path: Path) -> None:
    await record(tmp_path, [(50, 59), (300, 309)])
    assert lacking_in(["tape:BTCUSDT"], tmp_path, from_ns=at(60), to_ns=at(299)) is None
    assert lacking_in(["tape:BTCUSDT@2024-08-08T00:01..2024-08-08T00:04"], tmp_path) is None
    within = lacking_in(["tape:BTCUSDT"], tmp_path, from_ns=at(200))
    assert within is not None
    assert (within.places, within.from_ns, within.to_ns) == (1, None, at(299))


async def test_over_every_symbol_of_the_tape_the_stretch_is_free_of_all_their_gaps(tmp_path: Path) -> None:
    await record(tmp_path, [(100, 109)])
    await record(tmp_path, [(200, 209)], symbol=ETH)
    found = lacking_in(["tape:*"], tmp_path)
    assert found is not None
    assert (found.missing, found.places, found.from_ns, found.to_ns) == (20, 2, at(210), None)
    assert lacking_in(["tape:ETHUSDT", "tape:BTCUSDT"], tmp_path) == found
    assert found.length_ns == at(COUNT) - at(210)


@pytest.mark.parametrize(("state", "cause"), [("filled", "not sent"), ("lost", REFUSED)])
async def test_ids_that_came_or_were_no_market_data_are_not_missing(tmp_path: Path, state: GapState, cause: str) -> None:
    await record(tmp_path, [(50, 59)], state=state, cause=cause)
    assert lacking_in(["tape:BTCUSDT"], tmp_path) is None


async def test_a_series_that_is_not_there_is_refused(tmp_path: Path) -> None:
    await record(tmp_path, [])
    with pytest.raises(SourceError, match="not on the tape"):
        lacking_in(["tape:DOGEUSDT"], tmp_path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(starts=st.lists(st.integers(2, 360), min_size=1, max_size=6, unique_by=lambda start: start // 12))
async def test_a_run_over_the_stretch_that_is_offered_meets_no_hole(tmp_path_factory: pytest.TempPathFactory, starts: list[int]) -> None:
    home = await record(tmp_path_factory.mktemp("home"), [(start // 12 * 12 + 2, start // 12 * 12 + 8) for start in starts])
    found = lacking_in(["tape:BTCUSDT"], home)
    assert found is not None
    assert lacking_in(["tape:BTCUSDT"], home, found.from_ns, found.to_ns) is None
    source = open_source("tape:BTCUSDT", home=home, from_ns=found.from_ns, to_ns=found.to_ns)
    assert source.listed() is None
    ids = source.load()["id"]
    assert (np.diff(ids) == 1).all()
    assert source.verdict is not None
    assert source.verdict.holes is None
