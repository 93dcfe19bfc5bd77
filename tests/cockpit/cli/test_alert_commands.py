"""Alert rules from the command line: each kind of rule in its own words, and what cannot be one refused in a line."""

from __future__ import annotations

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.rule_words import read_condition, say_condition
from core.alert_rules import (
    BetweenRule,
    DiskRule,
    DrawdownRule,
    EquityRule,
    GroupRule,
    HealthRule,
    IndicatorRule,
    LatencyRule,
    MoveRule,
    PnlRule,
    PriceRule,
    StaleRule,
    ZscoreRule,
)
from core.commands import AckAlert, RemoveAlert, SetAlert, SnoozeAlert

CENTURY = 4_102_444_800 * 10**9


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("--price BTCUSDT above 61650 --once", PriceRule(symbol="BTCUSDT", side="above", level=61650, once=True)),
        ("--move ETHUSDT 2% 5m --cooldown 0", MoveRule(symbol="ETHUSDT", percent=2, window_s=300, cooldown_s=0)),
        ("--pnl trend below -100 --severity critical", PnlRule(strategy="trend", side="below", level=-100, severity="critical")),
        ("--drawdown all 5% --name careful", DrawdownRule(strategy="all", percent=5, name="careful")),
        ("--stale BTCUSDT 30s --id quiet", StaleRule(symbol="BTCUSDT", after_s=30, id="quiet")),
        ("--health critical", HealthRule(level="critical")),
        ("--between BTCUSDT outside 60000 62000", BetweenRule(symbol="BTCUSDT", low=60000, high=62000, where="outside")),
        ("--between rsi_7@BTCUSDT inside 30 70", BetweenRule(symbol="BTCUSDT", variant="rsi_7", low=30, high=70)),
        ("--indicator rsi_7 BTCUSDT above 70 --hysteresis 5", IndicatorRule(variant="rsi_7", symbol="BTCUSDT", level=70, hysteresis=5)),
        ("--zscore BTCUSDT ETHUSDT 2", ZscoreRule(a="BTCUSDT", b="ETHUSDT")),
        ("--zscore A B 2.5 5m 90 kalman", ZscoreRule(a="A", b="B", level=2.5, interval="5m", window=90, method="kalman")),
        ("--equity all below 9500 --for 5m", EquityRule(level=9500, for_s=300)),
        ("--latency fill 5", LatencyRule(stage="fill", ms=5)),
        ("--disk 20GB", DiskRule(free=20)),
        ("--disk 5%", DiskRule(free=5, unit="%")),
        (
            "--price BTCUSDT above 100 --hysteresis 1% --until 2100-01-01",
            PriceRule(symbol="BTCUSDT", level=100, hysteresis=1, until_ns=CENTURY),
        ),
    ],
)
def test_each_kind_of_rule_is_said_in_a_line(run: Run, engine: FakeEngine, words: str, rule: object) -> None:
    engine.reply = lambda command: {"id": "x-1", "sentence": "it happens"}
    assert run("alert", "add", *words.split(), "--json").document == {"id": "x-1", "sentence": "it happens"}
    assert engine.commands == [SetAlert(rule=rule)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--price BTCUSDT over 61650", "--price over: must be above or below"),
        ("--price BTCUSDT above x", "--price x: must be a number above 0"),
        ("--price BTCUSDT above nan", "--price nan: must be a number above 0"),
        ("--move ETHUSDT 2% soon", "'soon' is no duration"),
        ("--zscore A B", "--zscore: write --zscore A B LEVEL"),
        ("--zscore A B 2 1m 60 magic", "--zscore magic: must be"),
        ("--indicator rsi BTCUSDT above 70 --hysteresis 5%", "in its own unit, such as 0.5"),
        ("--price A above 5 --until soon", "--until: "),
        ("--disk lots", "--disk lots: must be a number above 0"),
        ("--drawdown all 100", "--drawdown 100: must be a number above 0 and below 100"),
        ("--health bad", "--health bad: must be critical or warning"),
        ("--health warning --severity loud", "--severity loud: must be critical, info or warning"),
        ("--once", "one of the arguments"),
        ("--stale A 1s --health warning", "not allowed with"),
    ],
)
def test_what_cannot_be_a_rule_is_one_line_and_nothing_is_sent(run: Run, engine: FakeEngine, words: str, why: str) -> None:
    outcome = run("alert", "add", *words.split())
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert why in outcome.err
    assert engine.commands == []


def test_a_group_takes_its_conditions_in_the_same_words(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "group-1", "sentence": "it happens"}
    conditions = ["price BTCUSDT above 61650 hysteresis 1%", "move ETHUSDT 2% 5m", "between rsi@BTCUSDT inside 30 70", "disk 5%"]
    assert run("alert", "add", "--any", *conditions, "--for", "1m").code == 0
    (command,) = engine.commands
    (rule,) = [command.rule]  # type: ignore[union-attr]
    assert rule == GroupRule(
        of="any",
        for_s=60,
        conditions=[
            PriceRule(symbol="BTCUSDT", level=61650, hysteresis=1),
            MoveRule(symbol="ETHUSDT", percent=2, window_s=300),
            BetweenRule(symbol="BTCUSDT", variant="rsi", low=30, high=70),
            DiskRule(free=5, unit="%"),
        ],
    )
    assert [read_condition(say_condition(leaf)) for leaf in rule.conditions] == rule.conditions


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--all", "price BTCUSDT over 5"], "price over: must be above or below"),
        (["--all", "sunrise"], "'sunrise' is no condition: price, move"),
        (["--any", *["health warning"] * 9], "a group has 1 to 8 conditions"),
        (["--all", "health warning", "--hysteresis", "1"], "write it behind a condition"),
    ],
)
def test_what_is_no_group_is_one_line(run: Run, engine: FakeEngine, words: list[str], why: str) -> None:
    outcome = run("alert", "add", *words)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert why in outcome.err
    assert engine.commands == []


@pytest.mark.parametrize("command", ["alert", "alerts"])
def test_a_test_without_a_tape_or_of_what_has_no_past_is_one_line(run: Run, command: str) -> None:
    assert "there is no tape in" in run(command, "test", "--price", "BTCUSDT", "above", "5").err
    outcome = run(command, "test", "--pnl", "s", "below", "5")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "pnl has no past on the tape" in outcome.err


def test_rules_are_listed_with_their_sentences(run: Run, engine: FakeEngine) -> None:
    row = {"id": "price-1", "type": "price", "name": "top", "severity": "warning", "state": "on", "fired": 2, "fired_ns": 10**18}
    engine.answers["alert_rules"] = [{**row, "sentence": "BTCUSDT crosses above 61,650"}]
    assert run("alert", "list", "--json").document[0]["id"] == "price-1"
    head, line = run("alert", "list").out.splitlines()
    assert head.split() == ["rule", "state", "severity", "fired", "last", "asks"]
    assert "top: BTCUSDT crosses above 61,650" in line
    engine.answers["alert_rules"] = []
    assert "no rule is set" in run("alert", "list").out


def test_a_rule_with_nothing_to_look_at_says_why(run: Run, engine: FakeEngine) -> None:
    row = {"id": "pnl-1", "type": "pnl", "name": "", "severity": "warning", "fired": 0, "fired_ns": 0}
    engine.answers["alert_rules"] = [
        {**row, "state": "idle", "why": "no such strategy now", "sentence": "P&L of sma-1 goes below -100"},
        {**row, "state": "on", "why": "", "sentence": "P&L of sma-2 goes below -100"},
    ]
    idle, on = run("alert", "list").out.splitlines()[1:]
    assert "idle: no such strategy now" in idle
    assert on.split()[1] == "on"


def test_the_help_says_how_a_duration_is_written(run: Run) -> None:
    outcome = run("alert", "snooze", "--help")
    assert "[DURATION]" in outcome.out
    assert "90s, 15m or 2h" in outcome.out


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("remove price-1", RemoveAlert(id="price-1")),
        ("ack price-1:3", AckAlert(id="price-1:3")),
        ("ack --all", AckAlert(id=None)),
        ("snooze price-1 1h", SnoozeAlert(id="price-1", seconds=3600)),
        ("snooze price-1", SnoozeAlert(id="price-1", seconds=900)),
        ("snooze price-1 0", SnoozeAlert(id="price-1", seconds=0)),
    ],
)
def test_each_deed_reaches_the_engine(run: Run, engine: FakeEngine, words: str, command: object) -> None:
    engine.reply = lambda command: {"ids": ["a"]}
    assert run("alert", *words.split(), "--json").code == 0
    assert engine.commands == [command]


@pytest.mark.parametrize("words", ["", "ack", "ack a --all", "remove", "snooze a never"])
def test_a_deed_that_is_not_whole_is_one_line(run: Run, engine: FakeEngine, words: str) -> None:
    outcome = run("alert", *words.split())
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)


def test_without_an_engine_there_is_nothing_to_ask(run: Run) -> None:
    assert run("alert", "list").code == 3
