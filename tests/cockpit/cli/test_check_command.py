"""`cockpit check`: two badges in words or as one document, kept for the catalogue until the file is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_doubles import Run

from core.home import data_folder

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")

PEEKS = '''"""Bets on what it sees coming."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    depth: int = 1
class Strategy:
    def __init__(self, params):
        self.n = -1
    def on_tick(self, tick):
        print("tick")
        self.n += 1
        rows = self.position._settle.__self__._ticks
        return float(rows["price"][min(self.n + 1, len(rows) - 1)] > tick.price)
'''

HONEST = PEEKS.replace('rows["price"][min(self.n + 1, len(rows) - 1)] > tick.price', "tick.price > tick.qty")


@pytest.fixture(autouse=True)
def mine(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A strategy of one's own, and no badges yet."""
    monkeypatch.setenv("COCKPIT_CACHE", str(tmp_path / "kernels"))
    path = home / "strategies" / "mine.py"
    path.parent.mkdir(parents=True)
    path.write_text(HONEST)
    return path


def badge(run: Run) -> object:
    """What the catalogue knows of `mine`."""
    return next(row for row in run("strategies", "--json").document if row["name"] == "mine")["checks"]


def test_a_strategy_that_passes_has_two_badges_and_the_catalogue_shows_them(run: Run, mine: Path) -> None:
    assert badge(run) is None
    assert "mine: Bets on what it sees coming.\n    not checked\n" in run("strategies").out
    outcome = run("check", "mine", SAMPLE)
    assert outcome.code == 0, outcome.err
    assert "ok      lookahead" in outcome.out
    assert "ok      warm-up" in outcome.out
    assert "    lookahead ok · warm-up ok\n" in run("strategies").out
    kept = badge(run)
    assert isinstance(kept, dict)
    assert (kept["lookahead"], kept["warmup"], kept["rows"]) == (True, True, 360)


def test_an_edited_file_has_no_badge_until_it_is_checked_again(run: Run, mine: Path) -> None:
    assert run("check", "mine", SAMPLE).code == 0
    mine.write_text(HONEST.replace("tick.qty", "0"))
    assert badge(run) is None
    mine.write_text(HONEST)
    assert badge(run) is not None


def test_one_that_looks_ahead_fails_with_the_row(run: Run, mine: Path) -> None:
    mine.write_text(PEEKS)
    outcome = run("check", "mine", SAMPLE, "--rows", "100", "--param", "depth=2", "--json")
    assert outcome.code == 1
    document = outcome.document
    assert document["strategy"] == "mine"
    assert document["params"] == {"depth": 2}
    assert (document["lookahead"]["ok"], document["lookahead"]["checked_rows"]) == (False, 100)
    assert {"row", "symbol", "time", "id", "price", "wanted", "otherwise"} == set(document["lookahead"]["at"])
    assert {"ok", "declared", "needed", "shares", "early"} <= set(document["warmup"])
    assert document["notes"] == ["the first 100 rows; the source has more"]
    shown = run("check", "mine", SAMPLE)
    assert shown.code == 1
    assert "FAILED  lookahead  looks ahead" in shown.out
    assert "first at row" in shown.out
    assert "lookahead FAILED" in run("strategies").out


@pytest.mark.slow
def test_without_a_source_a_bundled_sample_is_used(run: Run) -> None:
    document = run("check", "mine", "--rows", "50", "--json").document
    assert document["source"].endswith("BTCUSDT-aggTrades-sample.csv")


def test_what_cannot_be_is_one_line(run: Run, mine: Path) -> None:
    assert "no strategy 'mone'; there are:" in run("check", "mone").err
    assert "--rows" in run("check", "mine", "--rows", "0").err
    mine.write_text(HONEST.replace("tick.price > tick.qty", "1 / (5 - self.n)"))
    outcome = run("check", "mine", SAMPLE)
    assert outcome.code == 1
    assert "mine failed at row 6: ZeroDivisionError" in outcome.err
