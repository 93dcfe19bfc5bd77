"""Whose rows a source holds, told before anything is run over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.research.source_symbols import look, symbols_of

ROWS = "timestamp,price\n1700000000,1.5\n1700000001,1.6\n"
OF_TWO = "timestamp,symbol,price,quantity\n1700000000,BTCUSDT,1.5,1\n1700000001,ETHUSDT,1.6,1\n"


def test_names_tell_the_symbols_of_a_folder(tmp_path: Path) -> None:
    for name in ("BTCUSDT-trades-2024-08-08.csv", "BTCUSDT-trades-2024-08-09.csv", "ETHUSDT-1m.csv", "notes.csv"):
        (tmp_path / name).write_text(ROWS)
    assert symbols_of(tmp_path) == ["BTCUSDT", "ETHUSDT"]


def test_the_column_tells_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(OF_TWO)
    assert symbols_of(path) == ["BTCUSDT", "ETHUSDT"]


def test_a_file_of_one_symbol_tells_that_one_or_none(tmp_path: Path) -> None:
    for name, told in (("SOLUSDT-1m.csv", ["SOLUSDT"]), ("mine.csv", [])):
        (tmp_path / name).write_text(ROWS)
        assert symbols_of(tmp_path / name) == told


async def test_a_look_is_made_by_another_process_and_says_why_nothing_can_be_read(tmp_path: Path) -> None:
    assert "no .csv" in (await look(str(tmp_path))).wrong
    (tmp_path / "all.csv").write_text(OF_TWO)
    assert (await look(str(tmp_path))).symbols == ["BTCUSDT", "ETHUSDT"]


async def test_what_takes_too_long_is_left_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.research.source_symbols.WITHIN_S", 0.0)
    held = await look(str(tmp_path))
    assert (held.symbols, held.wrong) == ([], "")
