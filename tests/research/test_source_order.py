"""Rows come by (time, id), each once, whatever order and files they lie in; what was set right is said."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import T0_MS, Trade, agg_lines, bars, market, write

from core.errors import SourceError
from core.research import source_order
from core.research.sources import open_source, open_sources

TRADES = market(200)


def ids(path: Path) -> list[int]:
    numbers: list[int] = open_source(str(path)).load()["id"].tolist()
    return numbers


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    mixed = [*TRADES[:50], TRADES[52], TRADES[51], TRADES[50], *TRADES[53:]]
    source = open_source(str(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines(mixed))))
    assert source.load()["id"].tolist() == [t.id for t in TRADES]
    assert source.notes == ["2 rows were out of order and sorted by time and id"]


def test_trades_of_one_time_come_by_id(tmp_path: Path) -> None:
    same = [Trade(i, 100.0, 1.0, T0_MS, False) for i in (7, 5, 6)]
    assert ids(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines(same))) == [5, 6, 7]


def test_a_duplicate_id_is_dropped_and_counted(tmp_path: Path) -> None:
    source = open_source(str(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines([*TRADES, *TRADES[:3], TRADES[-1]]))))
    assert source.load()["id"].tolist() == [t.id for t in TRADES]
    assert "4 duplicate rows were dropped" in source.notes


def test_a_duplicate_id_that_differs_is_refused(tmp_path: Path) -> None:
    twin = Trade(TRADES[9].id, 55.0, 1.0, TRADES[9].ms, False)
    source = open_source(str(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines([*TRADES, twin]))))
    with pytest.raises(SourceError, match=rf"trade id {twin.id} comes twice with different values"):
        source.load()


def test_a_repeated_bar_is_dropped_and_one_that_differs_refused(tmp_path: Path) -> None:
    lines = [",".join(map(str, b)) for b in bars()]
    source = open_source(str(write(tmp_path / "x.csv", [*lines, lines[-1]], "time,open,high,low,close,volume")))
    assert len(source.load()) == 20
    assert source.notes == ["1 duplicate row was dropped"]
    other = open_source(str(write(tmp_path / "y.csv", [*lines, lines[-1].replace("120.0", "120.5")], "time,open,high,low,close,volume")))
    with pytest.raises(SourceError, match="two different bars open at 2024-08-08T00:19:00"):
        other.load()


def test_rows_without_ids_are_never_taken_for_duplicates(tmp_path: Path) -> None:
    lines = [f"{T0_MS},100,1"] * 3
    assert len(open_source(str(write(tmp_path / "x.csv", lines, "timestamp,price,qty"))).load()) == 3


def test_missing_trade_ids_are_counted(tmp_path: Path) -> None:
    source = open_source(str(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines([*TRADES[:5], *TRADES[9:]]))))
    source.load()
    assert source.notes == ["4 trade ids were missing between the first and the last"]


def test_newest_first_prices_of_one_time_keep_their_reversed_order(tmp_path: Path) -> None:
    lines = [f"{T0_MS + 1000},3", f"{T0_MS + 1000},2", f"{T0_MS},1"]
    assert open_source(str(write(tmp_path / "x.csv", lines, "timestamp,price"))).load()["price"].tolist() == [1.0, 2.0, 3.0]


def test_overlapping_files_are_merged_and_their_common_rows_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    write(folder / "BTCUSDT-aggTrades-2024-08.csv", agg_lines(TRADES[20:180]))
    write(folder / "BTCUSDT-aggTrades-2024-08-07.zip", agg_lines(TRADES[:60]))
    write(folder / "BTCUSDT-aggTrades-2024-08-08.csv.gz", agg_lines(TRADES[150:]))
    source = open_source(str(folder))
    assert source.load()["id"].tolist() == [t.id for t in TRADES]
    assert source.notes == ["70 duplicate rows were dropped"]


def test_several_paths_are_one_series(tmp_path: Path) -> None:
    late = write(tmp_path / "BTCUSDT-aggTrades-2024-08-09.csv", agg_lines(TRADES[100:]))
    early = write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES[:100]))
    assert open_sources([str(late), str(early)]).load()["id"].tolist() == [t.id for t in TRADES]


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 4), st.sampled_from([16, 40, 1000]))
def test_any_split_over_files_with_any_small_disorder_is_the_same_series(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, files: int, window: int
) -> None:
    folder = tmp_path_factory.mktemp("split")
    shares: list[list[Trade]] = [[] for _ in range(files)]
    for trade in TRADES:
        for i in chance.sample(range(files), chance.randint(1, files)):
            shares[i].append(trade)
    for i, share in enumerate(shares):
        moved = sorted(share, key=lambda t: t.id + chance.uniform(0, 8))
        write(folder / f"BTCUSDT-aggTrades-part{i}.csv", agg_lines(moved or TRADES[:1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.research.source_stream.BLOCK", 256)
        patch.setattr(source_order, "WINDOW", window)
        batches = list(open_source(str(folder)).batches())
    rows = np.concatenate(batches)
    assert rows["id"].tolist() == [t.id for t in TRADES]
    assert rows["seq"].tolist() == list(range(1, len(TRADES) + 1))


def test_disorder_beyond_the_window_is_refused_rather_than_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines([*TRADES[5:], *TRADES[:5]]))
    assert ids(path) == [t.id for t in TRADES]
    monkeypatch.setattr("core.research.source_stream.BLOCK", 256)
    monkeypatch.setattr(source_order, "gather", lambda blocks: blocks)
    monkeypatch.setattr("core.research.source_file.gather", lambda blocks: blocks)
    with pytest.raises(SourceError, match="out of order by more than"):
        ids(path)


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.research.source_file._MOST_ROWS", 64)
    path = write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines(TRADES))
    assert [len(batch) for batch in open_source(str(path)).batches()] == [64, 64, 64, 8]
