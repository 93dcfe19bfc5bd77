"""A recording played again and again is one market: ids and times go on, every print of every turn can be asked for, bars agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UsageError
from core.exchange.history import History
from core.exchange.looped import LoopedMarket
from core.exchange.recording import RecordedMarket
from core.exchange.rows import Kind
from core.types import MINUTE
from tests.engine.engine_rig import write_recording

TURNS = 3


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "frames", prints=400)


def test_turns_follow_each_other_without_a_hole(recording: Path) -> None:
    market, once = LoopedMarket([recording], TURNS), RecordedMarket([recording])
    assert market.segment_ns % MINUTE == 0
    assert market.segment(TURNS) is None
    for kind in (Kind.TRADE, Kind.AGG):
        for symbol in range(2):
            rows = np.concatenate([market.rows(kind, symbol, number) for number in range(TURNS)])
            assert np.array_equal(np.diff(rows["id"]), np.ones(len(rows) - 1))
            assert (np.diff(rows["when"]) >= 0).all()
            assert np.array_equal(market.rows(kind, symbol, 0), once.rows(kind, symbol, 0))
            assert {market.number_of(kind, symbol, int(id_)) for id_ in market.rows(kind, symbol, 2)["id"]} == {2}
    aggregates = np.concatenate([market.rows(Kind.AGG, 0, number) for number in range(TURNS)])
    assert np.array_equal(aggregates["first"][1:], aggregates["last"][:-1] + 1)


def test_all_that_was_played_is_told_and_a_day_is_its_turns_together(recording: Path) -> None:
    market = LoopedMarket([recording], TURNS)
    segments = [market.segment(number) for number in range(TURNS)]
    for segment in segments:
        assert segment is not None
        market.visible = int(segment.when[-1])
    history = History(market)
    everything = np.concatenate([market.rows(Kind.TRADE, 0, number) for number in range(TURNS)])
    assert np.array_equal(history.from_id(Kind.TRADE, 0, int(everything["id"][0]), 10_000), everything)
    assert np.array_equal(history.latest(Kind.TRADE, 0, 500), everything[-500:])
    day = market.day(0)
    assert day is not None
    assert day.trades == len(everything)
    middle = int(everything["time"][600])
    assert history.between(Kind.TRADE, 0, middle, None, 5)["id"].tolist() == everything["id"][everything["time"] >= middle][:5].tolist()


def test_a_recording_is_played_once_at_least(recording: Path) -> None:
    with pytest.raises(UsageError, match="not 0 times"):
        LoopedMarket([recording], 0)
