"""`cockpit ensembles`, and a backtest and a study of one: words and documents, and one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_doubles import Run

from core.home import data_folder
from tests.conftest import REPO

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
EXAMPLE = REPO / "docs" / "consensus.toml"


@pytest.fixture(autouse=True)
def mine(home: Path) -> Path:
    """The example of the docs, among a user's strategies."""
    path = home / "strategies" / "consensus.toml"
    path.parent.mkdir(parents=True)
    path.write_text(EXAMPLE.read_text())
    return path


def test_the_example_is_listed_and_checked(run: Run, mine: Path) -> None:
    sentence = "Goes with a trend that several strategies see, while the market is calm and liquid."
    assert run("ensembles").out == f"consensus: {sentence}\n"
    assert run("conditions").out.startswith("no strategies of rules")
    assert f"consensus: {sentence[:20]}" in run("strategies").out
    outcome = run("ensembles", "check", str(mine))
    assert outcome.code == 0, outcome.err
    assert "warm-up: 60 bars of 1m\n\ntaken at 0.6, left below 0.2, quorum 2 of 3, side both\n" in outcome.out
    document = run("ensembles", "check", str(mine), "--json").document
    assert document["members"][3] == {"member": "model", "is": "source mymodel", "weight": 0.5}
    assert document["validators"][0] == {"validator": "spread_pct", "asks": "0.05 % at most"}
    assert document["params"]["trend_fast"] == 5


def test_what_is_wrong_is_one_line_with_its_place(run: Run, mine: Path) -> None:
    mine.write_text(mine.read_text().replace('strategy = "macd"', 'strategy = "mcad"'))
    outcome = run("ensembles", "check", str(mine))
    line = next(i for i, text in enumerate(mine.read_text().splitlines(), 1) if "mcad" in text)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert f"{mine}:{line}: [members]: macd: strategy: no strategy 'mcad'; there are: " in outcome.err
    assert run("ensembles").err.startswith("strategy consensus does not load: ")


@pytest.mark.slow
def test_a_moment_of_a_backtest_is_explained(run: Run, mine: Path) -> None:
    words = ("ensembles", "explain", str(mine), SAMPLE, "--at", "2026-11-20T21:30:00Z")
    told = run(*words, "--json").document
    votes = {row["member"]: row for row in told["members"]}
    assert votes["model"]["opinion"] is None
    assert told["vote"] == pytest.approx(sum(row["share"] for row in told["members"] if row["share"] is not None))
    assert {row["validator"]: row["verdict"] for row in told["validators"]}["spread_pct"] == "UNKNOWN"
    lines = [line.split() for line in run(*words).out.splitlines()]
    assert ["model", "0.5", "abstains"] in lines
    early = run("ensembles", "explain", str(mine), SAMPLE, "--at", "2026-11-20T19:00:00Z").out
    assert "flat: too few members have an opinion; position 0" in early
    assert "vote -: taken at 0.6" in early


@pytest.mark.slow
def test_weights_bounds_and_members_parameters_are_searched_and_validators_turned_off(run: Run, mine: Path) -> None:
    words = ("backtest", SAMPLE, "--strategy", "consensus", "--json")
    asked, free = run(*words).document, run(*words, "--param", "validators=0").document
    assert 0 < asked["trades"] < free["trades"]
    found = run(
        "optimize", SAMPLE, "--strategy", "consensus", "--range", "macd_weight=0:1:1", "validator_trend_period=20:40:20", "--json",
    )  # fmt: skip
    assert found.code == 0, found.err
    tried = {(row["params"]["macd_weight"], row["params"]["validator_trend_period"]) for row in found.document["ranking"]}
    assert tried == {(0.0, 20), (0.0, 40), (1.0, 20), (1.0, 40)}
    refused = run(*words, "--param", "quorum=9")
    assert refused.code == 2
    assert "quorum (9) must not be above the weight of all members (3)" in refused.document["error"]


def test_each_command_says_which_one_reads_the_other_kind_of_file(run: Run, mine: Path) -> None:
    rules = str(REPO / "docs" / "surge.toml")
    for words, told in (
        (("conditions", "check", str(mine)), "`cockpit ensembles` reads it"),
        (("ensembles", "check", rules), "no ensemble: "),
    ):
        outcome = run(*words)
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)
        assert told in outcome.err
