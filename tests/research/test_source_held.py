"""Rows that must be held at once are held where they fit, and else refused with their size before they take all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from market_files import agg_lines, market, write

from core.errors import SourceError
from core.research import source_held, source_order, source_room
from core.research.source_held import TooLarge, hold_rows
from core.research.source_room import hold, room, sized
from core.research.sources import open_source
from core.types import BAR, TICK

TRADES = market(3000)


def source(path: Path) -> Path:
    return write(path / "BTCUSDT-aggTrades.csv", agg_lines(TRADES))


def test_rows_that_fit_are_those_of_the_source(tmp_path: Path) -> None:
    told: list[int] = []
    rows = hold_rows(open_source(str(source(tmp_path))), lambda _, done: told.append(done))
    assert rows.tobytes() == open_source(str(source(tmp_path))).load().tobytes()
    assert told == [3000]


def test_rows_that_do_not_fit_are_refused_with_the_size_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_held, "room", lambda: 100 * TICK.itemsize)
    with pytest.raises(
        TooLarge, match=r"\(1\d\d KiB\) does not fit in memory: its first 3,000 rows take 211 KiB, and 5 KiB may be taken here"
    ):
        hold_rows(open_source(str(source(tmp_path))))


def test_a_file_that_must_be_turned_round_and_does_not_fit_is_refused_with_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines(TRADES)[::-1])
    monkeypatch.setattr(source_order, "room", lambda: 3 * BAR.itemsize * 2_000)
    size = re.escape(sized(path.stat().st_size))
    with pytest.raises(
        SourceError, match=rf"BTCUSDT-aggTrades\.csv \({size}\): newest rows first, and more than the 2,000 that .* of memory hold"
    ):
        open_source(str(path)).load()


def test_what_is_free_is_the_least_that_anybody_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_room, "_PROC", tmp_path)
    monkeypatch.setattr(source_room, "_CGROUP", tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 8000 kB\n")
    assert room() == 8000 * 1024 // 2
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5000000\n")
    assert room() == 8000 * 1024 // 2
    (tmp_path / "memory.max").write_text("6000000\n")
    assert room() == 500_000


def test_what_fits_is_held_and_what_does_not_is_refused_with_both_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_room, "room", lambda: 1 << 30)
    hold("x", 1 << 30, "it", "do this")
    with pytest.raises(Exception, match=r"x: it would take 2\.0 GiB of memory, and 1\.0 GiB may be taken here: do this"):
        hold("x", 2 << 30, "it", "do this")


def test_sizes_are_shown_in_the_unit_that_suits_them() -> None:
    assert [sized(n) for n in (0, 2048, 5 << 20, 10 << 30)] == ["0 KiB", "2 KiB", "5.0 MiB", "10.0 GiB"]
