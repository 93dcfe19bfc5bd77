"""Sources as they are typed: made whole for the engine, judged, and completed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.forms.sources import SourceSuggester, files_at_hand, problem_of, whole


def test_paths_become_whole_and_a_tape_s_symbol_upper_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert whole(" data/x.csv ") == str(tmp_path / "data" / "x.csv")
    assert whole("~/x.csv") == "/home/me/x.csv"
    assert whole("tape:btcusdt@2024-08-08..") == "tape:BTCUSDT@2024-08-08.."
    assert whole("tape:binance:BTCUSDT/trade") == "tape:binance:BTCUSDT/trade"


@pytest.mark.parametrize("source", ["tape:BTCUSDT", "tape:btcusdt", "tape:BTCUSDT@2024-08-08..2024-08-09", "tape:binance:BTCUSDT", "/"])
def test_what_can_be_read_has_no_problem(source: str) -> None:
    assert problem_of(source, ["tape:binance:BTCUSDT/trade", "tape:ETHUSDT"]) == ""


def test_while_nobody_knows_the_tape_any_symbol_may_be_on_it() -> None:
    assert problem_of("tape:NOPE", None) == ""
    assert problem_of("tape:NOPE", []) == "is not on the tape, which holds nothing yet"


async def test_a_path_is_completed_as_a_shell_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "BTCUSDT-1m.csv").write_text("")
    (tmp_path / "data" / "\x1b]0;evil").write_text("")
    monkeypatch.chdir(tmp_path)
    suggester = SourceSuggester(["tape:BTCUSDT"])
    assert await suggester.get_suggestion("da") == "data/"
    assert await suggester.get_suggestion("data/BT") == "data/BTCUSDT-1m.csv"
    assert await suggester.get_suggestion(str(tmp_path / "data" / "B")) == str(tmp_path / "data" / "BTCUSDT-1m.csv")
    assert await suggester.get_suggestion("data/\x1b") is None
    assert await suggester.get_suggestion("nowhere/x") is None
    assert await suggester.get_suggestion("tape:bt") == "tape:btCUSDT"
    assert await suggester.get_suggestion("") is None


def test_files_of_this_folder_and_the_samples_are_offered(tmp_path: Path) -> None:
    for name in ("b.csv", "a.zip", "notes.md"):
        (tmp_path / name).write_text("")
    found = files_at_hand(tmp_path)
    assert found[:2] == [str(tmp_path / "a.zip"), str(tmp_path / "b.csv")]
    assert any("samples" in name for name in found)
    assert files_at_hand(tmp_path / "none") == found[2:]
