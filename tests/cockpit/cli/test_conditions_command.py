"""`cockpit conditions`, and a backtest of rules: words and documents, and one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_doubles import Run

from core.home import data_folder
from tests.conftest import REPO

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
EXAMPLE = REPO / "docs" / "surge.toml"


@pytest.fixture(autouse=True)
def mine(home: Path) -> Path:
    """The example of the docs, among a user's strategies."""
    path = home / "strategies" / "surge.toml"
    path.parent.mkdir(parents=True)
    path.write_text(EXAMPLE.read_text())
    return path


def test_the_example_is_listed_and_checked(run: Run, mine: Path) -> None:
    assert run("conditions").out == "surge: Buys a volume surge in an uptrend and leaves when momentum fades.\n"
    assert "surge: Buys a volume surge" in run("strategies").out
    outcome = run("conditions", "check", str(mine))
    assert outcome.code == 0, outcome.err
    assert "warm-up: 30 bars of 1m\n\nsignal: all of\n    surge.ratio gte 1\n" in outcome.out
    document = run("conditions", "check", str(mine), "--json").document
    assert document["conditions"][0] == {"group": "signal", "condition": "surge.ratio gte 1"}
    assert document["params"]["entry_cooldown_s"] == 300.0


def test_what_is_wrong_is_one_line_with_its_place(run: Run, mine: Path) -> None:
    mine.write_text(mine.read_text().replace("fast gt slow", "fast over slow"))
    outcome = run("conditions", "check", str(mine))
    line = next(i for i, text in enumerate(mine.read_text().splitlines(), 1) if "fast over slow" in text)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert f"{mine}:{line}: [signal]: 'fast over slow': no operator 'over'; there are: gte, lte" in outcome.err
    assert run("conditions").err.startswith("strategy surge does not load: ")


def test_a_backtest_of_rules_trades_and_its_moments_are_explained(run: Run, mine: Path) -> None:
    outcome = run("backtest", SAMPLE, "--strategy", "surge", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.document["trades"] >= 3
    end = run("conditions", "explain", str(mine), SAMPLE, "--json").document
    assert {row["verdict"] for row in end["conditions"]} <= {"TRUE", "FALSE", "PENDING", "ERROR"}
    early = run("conditions", "explain", str(mine), SAMPLE, "--at", "2026-11-20T19:00:00Z")
    assert early.code == 0, early.err
    assert "inactive: indicators are not all known yet; position 0" in early.out
    assert ["fast.sma", "gt", "slow.sma", "-", "PENDING"] in [line.split() for line in early.out.splitlines()]


def test_python_is_no_file_of_rules(run: Run, home: Path) -> None:
    path = home / "strategies" / "odd.py"
    path.write_text("")
    outcome = run("conditions", "check", str(path))
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
