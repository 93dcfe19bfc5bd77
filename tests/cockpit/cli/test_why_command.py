"""`cockpit why`: the live tree said by an engine, the past worked out from the files."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.figures import NONE
from core.desk_view import ConditionRow, ConditionsView
from tests.conditions.conditions_rig import MIXED
from tests.research.audit_rig import START, Session, market

VIEW = ConditionsView(
    "mixed-1", START, "monitoring", "looking for a signal", START - 90 * 10**9,
    [
        ConditionRow("signal", 0, "all", None, None, "FALSE"), ConditionRow("signal", 1, "fast.sma gt slow.ema", 101.25, 102.5, "FALSE"),
        ConditionRow("signal", 1, "any", None, None, "ERROR"), ConditionRow("signal", 2, "spread.pct between 0 0.05", None, 0.0, "ERROR"),
        ConditionRow("signal", 2, "surge.ratio gte 1.1", 0.4, 1.1, "PENDING"),
    ],
)  # fmt: skip


@pytest.fixture
def traded(home: Path, tmp_path: Path) -> Path:
    """A home in which a file of rules and a built-in strategy traded 3,000 prints, ten minutes."""
    path = tmp_path / "mixed.toml"
    path.write_text(MIXED)

    async def trade() -> None:
        async with Session(home) as session:
            session.register("mixed", path, params={"signal_2": 0.0, "signal_3": 0.0, "signal_4_high": 9.0})
            session.register("plain")
            session.feed(market(3000))
            session.pull("pause", "plain")
            session.feed(market(300, first_seq=3001, seed=2))

    asyncio.run(trade())
    return home


def stamp(ns: int) -> str:
    return str(ns)


def test_the_live_tree_comes_from_the_engine(run: Run, engine: FakeEngine) -> None:
    engine.answers["conditions"] = VIEW
    outcome = run("why", "mixed-1")
    assert outcome.code == 0, outcome.err
    lines = [line.split() for line in outcome.out.splitlines()]
    assert outcome.out.splitlines()[0].startswith("mixed-1 at 2024-08-08T23:54:13")
    assert outcome.out.splitlines()[1].startswith("monitoring: looking for a signal since 23:52:43Z (90 s)")
    assert ["✗", "fast.sma", "gt", "slow.ema", "101.25", "102.5", "✗", "FALSE"] in lines
    assert ["!", "spread.pct", "between", "0", "0.05", NONE, "0", "!", "ERROR"] in lines
    assert run("why", "mixed-1", "--json").document["rows"][1]["verdict"] == "FALSE"


@pytest.mark.slow
def test_without_an_engine_now_is_not_known_and_the_past_is(run: Run, traded: Path) -> None:
    assert run("why", "mixed").code == 3
    at = START + 3000 * 200_000_000
    outcome = run("why", "mixed", "--at", stamp(at))
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("mixed on BTCUSDT at 2024-08-09T00:04:13Z\n")
    assert "signal: all of" in outcome.out
    assert "replayed " in outcome.out
    document = run("why", "mixed", "--at", stamp(at), "--json").document
    assert document["conditions"]["phase"] in outcome.out
    assert {row["kind"] for row in document["near"]} >= {"signal", "order", "fill"}


@pytest.mark.slow
def test_a_paused_strategy_says_who_paused_it(run: Run, traded: Path) -> None:
    document = run("why", "plain", "--at", stamp(START + 3290 * 200_000_000), "--json").document
    assert document["answer"].startswith("paused since ")
    assert document["conditions"] is None
    before = run("why", "plain", "--at", stamp(START + 2000 * 200_000_000), "--json").document
    assert not [row for row in before["held"] if row["kind"] == "paused"]


def test_one_line_for_what_cannot_be_answered(run: Run, traded: Path, tmp_path: Path) -> None:
    for words, code, line in (
        (("why", "nobody", "--at", stamp(START)), 2, "no strategy 'nobody' on the ledger"),
        (("why", "mixed", "--at", "yesterday"), 2, "yesterday"),
        (("why",), 2, "ID"),
        (("why", "mixed", "--at", stamp(START), "--home", str(tmp_path / "none")), 2, "there is no ledger in"),
    ):
        outcome = run(*words)
        assert outcome.code == code, words
        assert line in outcome.err
        assert outcome.err.count("\n") == 1
    early = run("why", "mixed", "--at", stamp(START - 10**12))
    assert early.code == 0
    assert "it did not run then" in early.out
    assert run("why", "mixed", "--at", stamp(time.time_ns())).code == 0
