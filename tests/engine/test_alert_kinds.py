"""Rules of the newer kinds on a running engine: killed at any moment they lose and double nothing, and what goes away is said."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.alert_rules import (
    AnyRule,
    BetweenRule,
    DiskRule,
    DrawdownRule,
    EquityRule,
    GroupRule,
    IndicatorRule,
    LatencyRule,
    MoveRule,
    PriceRule,
    StaleRule,
    ZscoreRule,
)
from core.commands import AckAlert, SetAlert, Unwatch
from core.engine.alert_figures import Room
from core.errors import UsageError
from core.types import SECOND
from tests.engine.test_alert_rules import BTC, Day, day

__all__ = ["day"]  # the fixture

SERIES = f"indicator fast {BTC}"


def price(level: float = 100, **more: Any) -> PriceRule:
    return PriceRule(**{"symbol": "BTCUSDT", "level": level, "cooldown_s": 0, **more})


def follow(home: Path, text: str = '[fast]\nindicator = "rsi"\n') -> None:
    (home / "indicators.toml").write_text(text)


@pytest.fixture
async def followed(day: Day) -> Day:
    follow(day.home)
    return day


KILLED = [
    pytest.param(price(for_s=3), [99.0, 101.0, 102.0], [103.0, 104.0, 105.0, 99.0], 1, id="so long"),
    pytest.param(price(for_s=3), [99.0, 101.0], [99.0, 101.0, 99.0], 0, id="not so long"),
    pytest.param(price(hysteresis=3), [99.0, 101.0, 98.0], [101.0, 96.0, 101.0], 2, id="so far back"),
    pytest.param(
        BetweenRule(symbol="BTCUSDT", low=100, high=110, cooldown_s=0), [99.0, 101.0, 120.0], [105.0, 99.0, 130.0, 100.0], 3, id="a band"
    ),
    pytest.param(
        GroupRule(cooldown_s=0, conditions=[price(cooldown_s=60.0), BetweenRule(symbol="BTCUSDT", low=90, high=105)]),
        [99.0, 101.0, 106.0], [104.0, 99.0, 103.0], 3, id="all of two",
    ),
    pytest.param(
        GroupRule(of="any", cooldown_s=0, conditions=[price(cooldown_s=60.0), MoveRule(symbol="BTCUSDT", percent=3, window_s=60)]),
        [99.0, 101.0, 99.0], [99.5, 103.0, 103.5], 2, id="any of two",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "before", "after", "count"), KILLED)
@pytest.mark.parametrize("saved", [True, False], ids=["looked", "not looked"])
async def test_a_kill_between_two_prints_neither_loses_nor_doubles_what_a_rule_says(
    day: Day, rule: AnyRule, before: list[float], after: list[float], count: int, saved: bool
) -> None:
    day.prints(before[0])
    await day.set(rule)
    await day.told()
    if not saved:  # the prints get to the tape, what was seen in them does not
        day.engine.sentinel.look = lambda ticks: None  # type: ignore[method-assign]
    day.prints(*before[1:])
    await day.kill()
    await day.start()
    for value in after[:-1]:
        day.prints(value)
    await day.kill()
    await day.start()
    day.prints(after[-1])
    assert len(await day.told()) == count
    await day.restart()
    assert len(await day.told()) == count


async def test_a_price_that_stays_without_a_print_fires_when_the_clock_says_so_but_not_while_the_feed_is_down(day: Day) -> None:
    engine = day.engine
    day.prints(99.0)
    await day.set(price(for_s=60))
    day.prints(101.0)
    assert engine.clock.now_ns() > day.now + 3600 * SECOND
    assert engine.feed_state.state != "live"
    engine.sentinel.look_at_figures()
    assert await day.told() == []
    engine.feed_state = dataclasses.replace(engine.feed_state, state="live")
    engine.sentinel.look_at_figures()
    assert await day.told() == ["BTCUSDT is above 100 for 60 s"]


async def test_figures_that_arrive_are_looked_at_at_once_and_after_a_kill_told_once(followed: Day) -> None:
    day = followed
    await day.set(IndicatorRule(variant="fast", symbol="BTCUSDT", level=70, cooldown_s=0))
    for value in (50.0, None, float("nan"), 71.0, 72.0):
        day.engine.sentinel.figure_arrived(SERIES, value, day.now)
    day.engine.sentinel.figure_arrived("indicator other binance:BTCUSDT", 99.0, day.now)
    assert await day.told() == ["fast of BTCUSDT went above 70, at 71"]
    await day.kill()
    await day.start()
    day.engine.sentinel.figure_arrived(SERIES, 73.0, day.now)
    assert len(await day.told()) == 1
    day.engine.sentinel.figure_arrived(SERIES, 60.0, day.now)
    day.engine.sentinel.look_at_figures()
    await day.told()
    await day.kill()
    await day.start()
    day.engine.sentinel.figure_arrived(SERIES, 75.0, day.now)
    assert len(await day.told()) == 2
    assert day.engine.sentinel.book.series("indicator") == [f"fast {BTC}"]


async def test_a_pair_is_watched_by_the_name_of_its_series(day: Day) -> None:
    await day.set(ZscoreRule(a="BTCUSDT", b="ETHUSDT", level=2))
    (name,) = day.engine.sentinel.book.series("pair")
    assert name == f"{BTC} binance:ETHUSDT 1m 60 ols"
    day.engine.sentinel.figure_arrived(f"pair {name}", -2.4, day.now)
    assert await day.told() == ["z of BTCUSDT and ETHUSDT (1m, 60, ols) went beyond ±2, at -2.4"]


async def test_delays_and_room_on_the_disk_are_looked_at_in_rounds(day: Day) -> None:
    engine = day.engine
    await day.set(LatencyRule(stage="target", ms=5))
    await day.set(DiskRule(free=20))
    await day.set(DiskRule(free=5, unit="%"))
    assert await day.told() == []
    engine.passage.stages["target"].record(engine.clock.now_ns(), 8_000_000)
    engine.sentinel.disk.room = Room(500 * 10**9, 10 * 10**9)
    engine.sentinel.look_at_figures()
    told = await day.told()
    assert told[0].startswith("p99 to the target went above 5 ms, at 8")
    assert told[1:] == ["room on the disk went below 20 GB, at 10", "room on the disk went below 5 %, at 2"]


async def test_a_rule_whose_end_has_come_is_removed_and_that_is_said_also_after_a_restart(day: Day) -> None:
    now = day.engine.clock.now_ns()
    await day.set(EquityRule(level=1, until_ns=now + 3600 * SECOND, name="lunch"))
    with pytest.raises(UsageError, match="over at once"):
        await day.set(EquityRule(level=1, until_ns=now))
    await day.engine.sentinel.remove_over()
    assert len(day.engine.sentinel.book) == 1
    day.engine.clock.now_ns = lambda: now + 3601 * SECOND  # type: ignore[method-assign]
    await day.engine.sentinel.remove_over()
    assert len(day.engine.sentinel.book) == 0
    assert any("the alert rule equity-1 is over and removed" in row.text for row in day.engine.alarms.rows())
    await day.restart()
    assert len(day.engine.sentinel.book) == 0


async def test_what_fires_again_before_anybody_saw_it_is_one_line_with_a_count(day: Day) -> None:
    day.prints(99.0)
    await day.set(price())
    for _ in range(7):
        day.prints(101.0, 99.0)
    assert [(row.times, row.id) for row in day.open] == [(7, "price-1:7")]
    assert len(await day.told()) == 7
    assert [row.id for row in day.engine.alarms.rows() if row.rule] == ["price-1:7"]
    await day.kill()
    await day.start()
    assert [row.times for row in day.open] == [7]
    day.prints(101.0, 99.0)
    assert [row.times for row in day.open] == [8]
    assert await day.engine.commands.submit(AckAlert(id="price-1:3"), "test") == {"ids": ["price-1:8"]}
    day.prints(101.0)
    assert [(row.times, row.id) for row in day.open] == [(1, "price-1:9")]
    await day.told()
    await day.kill()
    await day.start()
    assert [row.times for row in day.open] == [1]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (IndicatorRule(variant="slow", symbol="BTCUSDT", level=1), "no variant 'slow': fast, eth"),
        (IndicatorRule(variant="eth", symbol="BTCUSDT", level=1), "eth does not follow BTCUSDT"),
        (BetweenRule(variant="slow", symbol="BTCUSDT", low=1, high=2), "no variant 'slow'"),
        (BetweenRule(symbol="BTCUSDT", low=2, high=1), "the lower edge comes first"),
        (ZscoreRule(a="BTCUSDT", b="XRPUSDT"), "XRPUSDT is not streamed"),
        (ZscoreRule(a="BTCUSDT", b="btcusdt"), "a pair has two symbols"),
        (ZscoreRule(a="BTCUSDT", b="ETHUSDT", interval="soon"), "'soon' is not an interval"),
        (EquityRule(strategy="nobody", level=1), "no strategy 'nobody'"),
        (GroupRule(conditions=[price(cooldown_s=60.0), StaleRule(symbol="XRPUSDT")]), "XRPUSDT is not streamed"),
        (GroupRule(conditions=[price(cooldown_s=5)]), "condition 1 of the group has cooldown_s: give it to the group"),
        (GroupRule(conditions=[price(cooldown_s=60.0)], hysteresis=1), "give it to its conditions"),
    ],
)
async def test_a_rule_that_names_what_is_not_there_is_refused_in_a_line(day: Day, rule: AnyRule, why: str) -> None:
    follow(day.home, '[fast]\nindicator = "rsi"\n[eth]\nindicator = "rsi"\nsymbols = ["ETHUSDT"]\n')
    with pytest.raises(UsageError, match=why):
        await day.set(rule)
    assert len(day.engine.sentinel.book) == 0


async def test_what_goes_away_later_is_shown_as_not_watched_now(followed: Day) -> None:
    day = followed
    await day.set(IndicatorRule(variant="fast", symbol="ETHUSDT", level=70))
    await day.set(GroupRule(conditions=[price(cooldown_s=60.0), price(symbol="ETHUSDT", cooldown_s=60.0)]))
    assert [row["state"] for row in day.engine.sentinel.rows()] == ["on", "on"]
    (day.home / "indicators.toml").unlink()
    assert day.engine.sentinel.rows()[0]["why"] == "no such variant now"
    await day.engine.commands.submit(Unwatch(symbols=["ETHUSDT"]), "test")
    assert [row["why"] for row in day.engine.sentinel.rows()] == ["not streamed now", "price binance:ETHUSDT: not streamed now"]


async def test_rules_of_an_older_home_load_with_what_they_had_done(day: Day) -> None:
    day.prints(99.0)
    await day.set(price())
    await day.set(DrawdownRule(percent=5, cooldown_s=0))
    day.prints(101.0)
    day.engine.sentinel.fall.look = lambda roster: None  # type: ignore[method-assign]
    day.engine.sentinel.fall.percent = 6.0
    day.engine.sentinel.look_at_figures()
    await day.told()
    await day.kill()
    with sqlite3.connect(day.home / "ledger.db") as db:  # as an older engine wrote it
        for rowid, text in db.execute("SELECT rowid, payload FROM commands WHERE kind = 'set_alert'").fetchall():
            rule = {key: value for key, value in json.loads(text)["rule"].items() if key not in ("for_s", "hysteresis", "until_ns")}
            db.execute("UPDATE commands SET payload = ? WHERE rowid = ?", (json.dumps({"rule": rule}), rowid))
        for name, text in db.execute("SELECT name, payload FROM alert_marks WHERE name LIKE 'rule %'").fetchall():
            done = {key: value for key, value in json.loads(text).items() if key != "stays"}
            db.execute("UPDATE alert_marks SET payload = ? WHERE name = ?", (json.dumps(done), name))
    await day.start()
    day.engine.sentinel.fall.look = lambda roster: None  # type: ignore[method-assign]
    for percent in (4.0, 6.0, 2.0, 6.0):
        day.engine.sentinel.fall.percent = percent
        day.engine.sentinel.look_at_figures()
    told = await day.told()
    assert sum("drawdown" in text for text in told) == 2
    assert sum("crossed" in text for text in told) == 1


async def test_a_rule_is_tested_on_the_tape_in_a_process_of_its_own(day: Day) -> None:
    day.prints(99.0, 101.0, 99.0, 101.0, 99.0)
    ask = day.engine.sentinel.trials.ask
    words = {"rule": {"type": "price", "symbol": "BTCUSDT", "level": 100.0, "cooldown_s": 0}, "from_ns": None, "to_ns": None}
    assert (await ask(words))["state"] == "running"
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "core.alerts"))
    answer = await ask(words)
    assert (answer["state"], answer["found"]["fired"], answer["note"]) == ("done", 2, "")
    with pytest.raises(UsageError, match="pnl has no past"):
        await ask({"rule": {"type": "pnl", "strategy": "s", "level": 1.0}})
    with pytest.raises(UsageError, match="no rule to test"):
        await ask({"rule": {"type": "price"}})
    await ask({**words, "again": True})
    assert (await ask({"cancel": True}))["state"] == "cancelled"
    assert len(day.engine.sentinel.book) == 0


async def test_a_set_rule_is_journalled_whole(day: Day) -> None:
    rule = GroupRule(conditions=[price(cooldown_s=60.0, hysteresis=1), PriceRule(symbol="ETHUSDT", level=5)], for_s=60)
    answer = await day.engine.commands.submit(SetAlert(rule=rule), "test")
    assert answer["sentence"] == "BTCUSDT is above 100 and ETHUSDT is above 5, for 60 s; at most once in 60 s"
    await day.restart()
    (again,) = day.engine.sentinel.book.rules.values()
    assert again.sentence == answer["sentence"]
    assert [leaf.hysteresis for leaf in again.leaves] == [1, 0]
