"""`cockpit advice`: what is said, in lines for people; what was said before, and how often that was right."""

from __future__ import annotations

import shlex

import msgspec
from fake_advice import advice_answer

from cockpit.cli.advice import lines
from cockpit.cli.parser import build
from core.alert_rules import MoveRule
from core.copilot.facts import AlertRuleFact, StrategyFact
from core.copilot.offers import acknowledging, backtesting, calming, levers, resuming, telling_of_fall, telling_of_silence
from core.terms import Terms

NOON = 1_795_183_331 * 1_000_000_000


def test_every_line_says_how_urgent_it_is_why_by_which_numbers_and_what_to_type() -> None:
    said = list(lines(advice_answer(NOON)))
    assert said[0] == "now   advice-4  ETHUSDT turned volatile (15m): mr-1 lost 3 of its last 4"
    assert said[1].strip().startswith("mean_reversion bets on a price that comes back")
    assert "lost of the last 3 of 4, net of these -78.4 quote" in said[2]
    assert "its rule was not judged yet" in said[2]
    assert said[3].strip() == "$ cockpit pause mr-1"


def test_what_is_to_be_typed_is_understood_and_means_what_the_key_does() -> None:
    strategy = StrategyFact("s 1", params={"fast": 5, "slow": 20}, terms=Terms(side="long_short", fee_bps=2.5), position=1.0)
    rule = msgspec.to_builtins(MoveRule(id="move-1", symbol="binance:BTCUSDT", percent=2.0))
    offered = [
        *levers(strategy), *backtesting(strategy), resuming("s-1"), telling_of_fall("s-1", 7.2), telling_of_silence("binance:BTCUSDT"),
        *calming(AlertRuleFact("move-1", "…", 30, 60.0, rule), 600.0), acknowledging(),
    ]  # fmt: skip
    parsed = [build().parse_args(shlex.split(action.words)[1:]) for action in offered]
    assert [one.command for one in parsed] == ["pause", "flatten", "reduce", "backtest", "resume", "alert", "alert", "alert", "alert"]
    assert parsed[2].pct == "50"
    run = parsed[3]
    assert (run.params, run.side, run.fee_bps) == (["fast=5", "slow=20"], "long_short", "2.5")
    assert (parsed[7].id, parsed[7].cooldown) == ("move-1", 600.0)


def test_the_past_and_the_rules_are_told_where_they_are_asked_for() -> None:
    answer = advice_answer(NOON)
    plain, past, rules = list(lines(answer)), list(lines(answer, past=True)), list(lines(answer, rules=True))
    assert past[: len(plain)] == plain
    assert any("lost 100.00 more on the position it kept" in line and "pause" in line for line in past)
    assert any("not judged yet" in line for line in past)
    assert any(line.startswith("losing streak") and " 1 " in line and " 2 " in line for line in rules)


def test_where_all_is_well_it_says_so_and_what_cannot_be_looked_at() -> None:
    answer = advice_answer(NOON, well=True)
    assert list(lines(answer)) == ["nothing to advise"]
    assert list(lines(answer | {"note": "the analyst does not run"}))[-1] == "note: the analyst does not run"
    assert list(lines(answer | {"state": "starting"})) == ["the copilot has just begun to look"]
