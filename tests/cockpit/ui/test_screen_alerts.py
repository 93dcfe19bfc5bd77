"""Alerts on the screen: what is unseen comes first, keys reach the engine, rules are made by form, and nobody is called twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_engine import FakeEngine, price_row
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, lines_of, opened

from cockpit.app import CockpitApp
from cockpit.forms.alert import AlertForm
from cockpit.forms.described import fields_of
from cockpit.forms.entry import Entry
from cockpit.forms.rules import RulesList
from cockpit.notices import Loudness, News, call, loudness
from core.alert_rules import KINDS, DrawdownRule, GroupRule, MoveRule, PnlRule, PriceRule, StaleRule
from core.channels.quiet import Quiet
from core.commands import AckAlert, RemoveAlert, SetAlert, SnoozeAlert
from core.view import AlertRow

S = 10**9


def entry(app: CockpitApp, name: str) -> Entry:
    """A field of the form that is open."""
    return next(found for found in app.screen.query(Entry) if found.field.name == name)


def some(engine: FakeEngine) -> None:
    """Alerts of every state."""
    now = engine.header.now_ns
    engine.alerts = [
        AlertRow(now - 9 * S, "warning", "BTCUSDT crossed above 61,650", True, "price-1:2", "price-1"),
        AlertRow(now - 5 * S, "warning", "ETHUSDT moved +2.10 %", True, "move-1:1", "move-1", now - 4 * S),
        AlertRow(now - 3 * S, "warning", "SOLUSDT is silent for 31 s", True, "stale-1:1", "stale-1", 0, now + 640 * S),
        AlertRow(now - 20 * S, "critical", "the disk is full", True, "disk"),
    ]
    engine.moved("alerts")


def order(app: CockpitApp, *words: str) -> list[int]:
    """On which lines these are."""
    return [next(at for at, line in enumerate(lines_of(app)) if word in line) for word in words]


async def test_what_nobody_has_seen_comes_first_and_the_worst_of_that_before_the_rest(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        some(engine)
        await pilot.press("4", "plus")
        await eventually(lambda: line_with(app, "the disk is full"))
        places = order(app, "the disk is full", "BTCUSDT crossed", "SOLUSDT is silent", "ETHUSDT moved")
        assert places == sorted(places)
        assert line_with(app, "✖", "the disk is full")
        assert line_with(app, "ETHUSDT moved", "seen")
        assert line_with(app, "SOLUSDT is silent", "zzz 10 min")
        assert app.live.alerts.open == 2


async def test_k_acknowledges_z_snoozes_and_again_for_longer(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        some(engine)
        await pilot.press("4")
        await eventually(lambda: len(app.live.alerts.listing.shown) == 4)
        await pilot.press("home", "k")
        await eventually(lambda: engine.commands == [AckAlert(id="disk")])
        await pilot.press("z")  # the cursor went on to the next that nobody has seen
        await eventually(lambda: engine.commands[1:] == [SnoozeAlert(id="price-1:2", seconds=900)])
        until = engine.header.now_ns + 900 * S
        engine.alerts = [msgspec.structs.replace(row, snoozed_ns=until) if row.id == "price-1:2" else row for row in engine.alerts]
        engine.moved("alerts")
        await eventually(lambda: (app.live.chosen_alert or engine.alerts[0]).snoozed_ns == until)  # further down now: the cursor goes along
        await pilot.press("z")
        await eventually(lambda: engine.commands[2:] == [SnoozeAlert(id="price-1:2", seconds=3600)])
        await pilot.press("K")
        await eventually(lambda: engine.commands[3:] == [AckAlert(id=None)])


async def test_a_form_begins_with_the_price_of_now_wherever_it_is_opened(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("f4")
        await frames(engine)
        for last in (40_000.0, 50_000.0):
            engine.prices = [price_row(last=last), *engine.prices[1:]]
            engine.moved("prices")
            await eventually(lambda: app.live.prices.last("binance:BTCUSDT") == last)  # noqa: B023 - waited for before it changes
        await pilot.press("a")
        await eventually(lambda: line_with(app, "It is at 50,000.00 now"))
        assert entry(app, "level").text == "50250.00"


async def test_in_another_pane_a_key_of_the_alerts_goes_there_and_does_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("1", "z")
        await eventually(lambda: app.focused is app.live.alerts)
        assert not engine.commands


async def test_enter_reads_all_of_an_alert(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        some(engine)
        await pilot.press("4")
        await eventually(lambda: len(app.live.alerts.listing.shown) == 4)
        await pilot.press("home", "down", "enter")
        await eventually(lambda: line_with(app, "rule", "price-1"))
        assert line_with(app, "id", "price-1:2")


async def test_the_form_suggests_a_level_near_the_price_under_the_cursor_and_says_what_will_happen(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        engine.replies[SetAlert] = {"id": "price-1", "sentence": "ETHUSDT crosses above 2,697"}
        await pilot.press("down", "a")
        await eventually(lambda: line_with(app, "Enter: ETHUSDT crosses above 2,698; at most once in 60 s", "0.52 % away"))
        await pilot.press("tab", "tab", "tab", "end", *["backspace"] * 7, *"2600")
        await eventually(lambda: line_with(app, "beyond that already"))
        await pilot.press("shift+tab", "right")
        await eventually(lambda: line_with(app, "Enter: ETHUSDT crosses below 2,600"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [SetAlert(rule=PriceRule(symbol="ETHUSDT", side="below", level=2600))])
        await eventually(lambda: line_with(app, "price-1: ETHUSDT crosses above 2,697"))


async def test_what_is_wrong_is_said_while_typing_and_enter_goes_there(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter: BTCUSDT crosses"))
        entry(app, "symbol").text = "DOGEUSDT"
        await eventually(lambda: line_with(app, "DOGEUSDT", "is not streamed (s adds symbols)"))
        entry(app, "symbol").text = "xrpusdt"
        await eventually(lambda: line_with(app, "Enter: XRPUSDT crosses above 0.6051"))
        entry(app, "level").text = "-1"
        await eventually(lambda: line_with(app, "level", "must be above 0"))
        await pilot.press("enter")
        assert app.focused is entry(app, "level").control
        assert not engine.commands


@pytest.mark.parametrize(
    ("kind", "typed", "rule"),
    [
        ("move", {"percent": "2"}, MoveRule(symbol="BTCUSDT", percent=2)),
        ("pnl", {"level": "-100", "severity": "critical"}, PnlRule(strategy="sma-1", level=-100, severity="critical")),
        ("drawdown", {"percent": "5", "once": "yes"}, DrawdownRule(strategy="all", percent=5, once=True)),
    ],
)
async def test_each_kind_of_rule_has_its_own_fields(tmp_path: Path, kind: str, typed: dict[str, str], rule: PriceRule) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter:"))
        entry(app, "about").text = kind
        fields = [field.name for field in fields_of(KINDS[kind], ("id", "enabled", "snoozed_until_ns"))]
        await eventually(lambda: [found.field.name for found in app.screen.query(Entry)] == ["about", *fields])
        await pilot.pause()
        for name, text in typed.items():
            entry(app, name).text = text
        await eventually(lambda: line_with(app, f"Enter: {rule.condition}"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [SetAlert(rule=rule)])


async def test_a_rule_about_the_strategy_under_the_cursor_and_the_last_one_a_key_away(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("2", "a")
        await eventually(lambda: isinstance(app.screen, AlertForm) and line_with(app, "Enter: P&L of sma-1 goes below -100"))
        entry(app, "level").text = "-50"
        await eventually(lambda: line_with(app, "Enter: P&L of sma-1 goes below -50"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands and app.screen is app.live)
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter: P&L of sma-1 goes below -100"))
        await pilot.press("ctrl+r")
        await eventually(lambda: line_with(app, "Enter: P&L of sma-1 goes below -50"))
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("2", "a")
        await eventually(lambda: line_with(app, "Enter: P&L of sma-1 goes below -100"))
        await pilot.press("ctrl+r")
        await eventually(lambda: line_with(app, "Enter: P&L of sma-1 goes below -50"))


async def test_a_level_that_was_typed_or_brought_back_stays_when_the_symbol_changes(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter: BTCUSDT crosses above 61,990"))
        entry(app, "symbol").text = "ETHUSDT"
        await eventually(lambda: line_with(app, "Enter: ETHUSDT crosses above 2,698"))
        entry(app, "level").text = "2700"
        entry(app, "symbol").text = "BTCUSDT"
        await eventually(lambda: line_with(app, "Enter: BTCUSDT crosses above 2,700"))


async def test_a_refusal_stays_in_the_form(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.refuse[SetAlert] = "BTCUSDT is not streamed\x1b[2J"
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter:"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: BTCUSDT is not streamed"))
        assert isinstance(app.screen, AlertForm)


RULE = PriceRule(id="price-1", symbol="binance:BTCUSDT", level=61_650, name="top")


async def test_the_list_of_rules_switches_changes_snoozes_and_removes(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        row = {**msgspec.to_builtins(RULE), "sentence": RULE.sentence, "state": "on", "fired": 2, "fired_ns": engine.header.now_ns}
        engine.answers["alert_rules"] = [row]
        await pilot.press("A")
        await eventually(lambda: line_with(app, "price-1", "top: BTCUSDT crosses above 61,650", "fired 2, last 14:02:11"))
        await pilot.press("space")
        await eventually(lambda: engine.commands == [SetAlert(rule=msgspec.structs.replace(RULE, enabled=False))])
        await pilot.press("z")
        await eventually(lambda: engine.commands[1:] == [SnoozeAlert(id="price-1", seconds=3600)])
        await pilot.press("x")
        await eventually(lambda: line_with(app, "Remove price-1?"))
        await pilot.press("escape", "x", "enter")
        await eventually(lambda: engine.commands[2:] == [RemoveAlert(id="price-1")])
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Change price-1") and line_with(app, "Enter: BTCUSDT crosses above 61,650"))
        entry(app, "level").text = "62000"
        await pilot.pause()
        await pilot.press("enter")
        changed = msgspec.structs.replace(RULE, symbol="BTCUSDT", level=62000.0)
        await eventually(lambda: engine.commands[3:] == [SetAlert(rule=changed)])
        await eventually(lambda: isinstance(app.screen, RulesList))
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)


async def test_the_list_of_rules_says_what_was_done_until_the_cursor_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        rules = [RULE, msgspec.structs.replace(RULE, id="price-2", name="low"), msgspec.structs.replace(RULE, id="price-3", name="last")]
        listed = [{**msgspec.to_builtins(rule), "sentence": rule.sentence, "state": "on", "fired": 0, "fired_ns": 0} for rule in rules]
        engine.answers["alert_rules"] = listed
        await pilot.press("A")
        await eventually(lambda: line_with(app, "price-3"))
        await pilot.press("x", "enter")
        await eventually(lambda: engine.commands == [RemoveAlert(id="price-1")])
        engine.answers["alert_rules"] = listed[1:]
        await eventually(lambda: line_with(app, "price-1 is removed. low: BTCUSDT crosses above"))
        await pilot.press("down")
        await eventually(lambda: line_with(app, " last: BTCUSDT crosses above") and not line_with(app, "is removed"))


async def test_a_field_that_lacks_its_value_says_what_it_wants(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "about", "price", f"{len(KINDS)} kinds"))
        entry(app, "about").text = "drawdown"
        await eventually(lambda: line_with(app, "percent needs a value: > 0, < 100 · of the peak equity"))


async def test_a_new_alert_is_a_toast_once_and_one_that_was_there_before_us_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        said: list[str] = []
        app.say = lambda text, severity="information": said.append(f"{severity}: {text}")  # type: ignore[method-assign]
        some(engine)
        await eventually(lambda: said == ["error: the disk is full", "warning: BTCUSDT crossed above 61,650"])
        engine.moved("alerts")
        await frames(engine)
        assert len(said) == 2


def row(id_: str, level: str = "warning", **more: int) -> AlertRow:
    """An open alert of a rule."""
    return AlertRow(1, level, id_, True, id_, "rule", **more)


def test_news_are_open_and_unseen_and_come_again_after_a_snooze() -> None:
    news = News()
    assert news.take([row("old")]) == []
    assert news.take([row("old"), row("a", "info"), row("b", "critical")]) == [row("b", "critical"), row("a", "info")]
    assert news.take([row("old"), row("a", "info"), row("b", "critical"), row("seen", acked_ns=5)]) == []
    assert news.take([row("old", snoozed_ns=9)]) == []
    assert news.take([row("old")]) == [row("old")]


def test_a_call_is_made_of_clean_text_in_one_way_the_terminal_knows_or_both() -> None:
    text = "BTC\x1b]0;x\x07USDT; up\n"
    both = call(text, bell=True, notify=True, env={})
    assert both == "\a\x1b]9;cockpit: BTCUSDT, up \x07\x1b]777;notify;cockpit;BTCUSDT, up \x07"
    assert call(text, bell=False, notify=True, env={"TERM_PROGRAM": "WezTerm"}) == "\x1b]9;cockpit: BTCUSDT, up \x07"
    assert call(text, bell=False, notify=True, env={"TERM": "foot"}) == "\x1b]777;notify;cockpit;BTCUSDT, up \x07"
    assert call(text, bell=True, notify=False, env={}) == "\a"
    assert call(text, bell=True, notify=True, env={"STY": "1.pts"}) == "\a"
    assert call(text, bell=True, notify=True, env={"STY": "1.pts", "TMUX": "/tmp/tmux-0/default,1,0"}) == "\a"
    inside = call("up", bell=False, notify=True, env={"TMUX": "/tmp/x", "TERM_PROGRAM": "WezTerm"})
    assert inside == "\x1bPtmux;\x1b\x1b]9;cockpit: up\x07\x1b\\"


def test_how_a_terminal_is_asked_can_be_chosen() -> None:
    for way, made in (("osc9", "\x1b]9;cockpit: up\x07"), ("osc777", "\x1b]777;notify;cockpit;up\x07"), ("off", "")):
        assert call("up", bell=False, notify=True, env={"TERM_PROGRAM": "WezTerm", "TERM": "foot"}, way=way) == made
    inside = call("up", bell=False, notify=True, env={"TMUX": "/tmp/x"}, way="osc777")
    assert inside == "\x1bPtmux;\x1b\x1b]777;notify;cockpit;up\x07\x1b\\"


def test_each_way_of_calling_has_its_own_severity_and_quiet_hours_hush_bell_and_notices() -> None:
    fresh = [row("bad", "critical"), row("mild")]
    noon, night = 12 * 3600 * S, 23 * 3600 * S
    loud = Loudness(toast="critical", bell="off", desktop="warning", way="osc9")
    assert loud.toasts(fresh) == [row("bad", "critical")]
    assert loud.call(fresh, noon, {}) == "\x1b]9;cockpit: bad (and 1 more)\x07"
    hushed = Loudness(bell="warning", desktop="off", quiet=Quiet("22:00-07:00"))
    assert [hushed.call([row("mild")], at, {}) for at in (noon, night)] == ["\a", ""]
    assert hushed.call(fresh, night, {}) == "\a"
    assert Loudness().call([row("note", "info")], noon, {}) == ""


def test_the_switches_of_before_still_turn_bell_and_notices_off(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_text('[ui]\nbell = false\nnotify = false\n[alerts]\ntoast = "off"\n')
    found = loudness(tmp_path)
    assert (found.toast, found.bell, found.desktop) == ("off", "off", "off")
    (tmp_path / "cockpit.toml").write_text("[alerts")
    assert loudness(tmp_path) == Loudness()


async def test_a_group_is_typed_in_words_and_what_is_no_condition_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter:"))
        entry(app, "about").text = "group"
        await eventually(lambda: any(found.field.name == "conditions" for found in app.screen.query(Entry)))
        await pilot.pause()
        entry(app, "conditions").text = "price BTCUSDT over 5"
        await eventually(lambda: line_with(app, "price over: must be above or below"))
        entry(app, "conditions").text = "price BTCUSDT above 61650 hysteresis 1%; stale all 30s"
        entry(app, "for_s").text = "60"
        await eventually(lambda: line_with(app, "BTCUSDT is above 61,650 and the whole feed is silent for 30 s, for 60 s"))
        await pilot.press("enter")
        conditions: list[Any] = [PriceRule(symbol="BTCUSDT", level=61650, hysteresis=1), StaleRule(after_s=30)]
        await eventually(lambda: engine.commands == [SetAlert(rule=GroupRule(conditions=conditions, for_s=60))])


async def test_a_key_says_how_often_the_rule_would_have_fired_before_it_is_set(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        hour = 3_600_000_000_000
        found = {"fired": 14, "from_ns": 0, "to_ns": 24 * hour, "first_ns": hour, "last_ns": 20 * hour, "longest_ns": 3 * hour}
        engine.answers["alert_test"] = {"state": "running", "share": 0.42}
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter:"))
        await pilot.press("ctrl+t")
        await eventually(lambda: line_with(app, "Testing on the tape: 42 %") or line_with(app, "Testing on the tape: 42%"))
        engine.answers["alert_test"] = {"state": "done", "share": 1.0, "found": found}
        await eventually(lambda: line_with(app, "have fired 14 times"))
        await eventually(lambda: line_with(app, "the longest without: 3 h"))
        entry(app, "level").text = "62000"
        await eventually(lambda: not line_with(app, "have fired 14 times"))
        engine.answers["alert_test"] = {"state": "failed", "note": "pnl has no past on the tape"}
        await pilot.press("ctrl+t")
        await eventually(lambda: line_with(app, "pnl has no past on the tape"))
        assert not engine.commands


async def test_what_fired_again_unseen_is_one_line_with_its_count(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        engine.alerts = [AlertRow(1, "warning", "BTCUSDT crossed above 61,650", True, "price-1:7", "price-1", times=7)]
        engine.moved("alerts")
        await eventually(lambda: line_with(app, "BTCUSDT crossed above 61,650", "\N{MULTIPLICATION SIGN} 7"))
