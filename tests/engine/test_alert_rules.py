"""Rules on a running engine: what fires is on the ledger once, whatever becomes of the engine in between."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.alert_rules import AnyRule, DrawdownRule, HealthRule, MoveRule, PnlRule, PriceRule, StaleRule
from core.alerts.firing import Mark
from core.commands import AckAlert, RemoveAlert, SetAlert, SnoozeAlert, Unwatch
from core.errors import UsageError
from core.store.ledger_reader import read_alerts
from core.types import SECOND, TICK, Records
from core.view import AlertRow
from tests.engine.inline_rig import InlineEngine, crash, make_engine

BTC = "binance:BTCUSDT"
START_NS = 1_700_000_000 * SECOND


class Day:
    """A home, its engine of the moment, and a market whose ids go on whatever happens to the engine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.engine: InlineEngine
        self.id = 0
        self.now = START_NS

    async def start(self) -> None:
        self.engine = make_engine(self.home)
        await self.engine.start(["BTCUSDT", "ETHUSDT"])

    async def restart(self) -> None:
        await self.engine.stop()
        await self.start()

    async def kill(self, *, saved: bool = True) -> None:
        """Like kill -9, after what was said is on disk or before."""
        if saved:
            self.engine.incoming.absorb()
            await self.engine.tape.flush()
            await self.engine.settler.drain()
            await self.engine.ledger.wait_committed()
        await crash(self.engine)

    def ticks(self, *prices: float, first_id: int | None = None) -> Records:
        made = np.zeros(len(prices), TICK)
        start = self.id + 1 if first_id is None else first_id
        made["id"] = np.arange(start, start + len(prices))
        made["ts"] = made["recv"] = START_NS + made["id"] * SECOND
        made["price"], made["qty"], made["symbol"] = prices, 1.0, self.engine.symbols[BTC]
        self.id = max(self.id, start + len(prices) - 1)
        return made

    def prints(self, *prices: float, first_id: int | None = None) -> None:
        self.engine.release(self.ticks(*prices, first_id=first_id))
        self.engine.incoming.absorb()

    async def set(self, rule: AnyRule) -> str:
        return str((await self.engine.commands.submit(SetAlert(rule=rule), "test"))["id"])

    async def told(self) -> list[str]:
        """What the ledger holds of rules, oldest first."""
        await self.engine.tape.flush()
        await self.engine.settler.drain()
        await self.engine.ledger.wait_committed()
        return [row["text"] for row in read_alerts(self.home / "ledger.db") if row["rule_id"]]

    @property
    def open(self) -> list[AlertRow]:
        return [row for row in self.engine.alarms.rows() if row.open]


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    day = Day(tmp_path / "home")
    await day.start()
    yield day
    with contextlib.suppress(Exception):
        await day.engine.stop()


def above(level: float, **more: Any) -> PriceRule:
    return PriceRule(side="above", level=level, **{"symbol": "btcusdt", "cooldown_s": 0, **more})


async def test_a_price_that_crosses_a_level_is_an_open_alert_on_the_ledger(day: Day) -> None:
    day.prints(99.0)
    assert await day.set(above(100, name="breakout", severity="critical")) == "price-1"
    day.prints(99.5, 100.5, 99.0)
    (row,) = day.open
    assert (row.level, row.text, row.rule) == ("critical", "breakout: BTCUSDT crossed above 100, at 100.5", "price-1")
    assert await day.told() == [row.text]
    day.prints(100.2)
    assert len(await day.told()) == 2
    assert [row.text for row in day.open] == ["breakout: BTCUSDT crossed above 100, at 100.2"]


async def test_once_is_once_and_a_cooldown_holds_back(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100, once=True))
    await day.set(above(100, cooldown_s=3600))
    for _ in range(3):
        day.prints(101.0, 99.0)
    assert len(await day.told()) == 2
    await day.restart()
    day.prints(101.0, 99.0)
    assert len(await day.told()) == 2


async def test_a_crossing_told_before_a_kill_is_not_told_again(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100))
    day.prints(101.0)
    await day.kill()
    await day.start()
    assert [row.text for row in day.open] == ["BTCUSDT crossed above 100, at 101"]
    day.prints(102.0)
    assert len(await day.told()) == 1


async def test_a_crossing_on_the_tape_that_the_ledger_lacks_is_told_after_the_start(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100))
    await day.told()
    day.engine.sentinel.look = lambda ticks: None  # type: ignore[method-assign]  # it died before it looked
    day.prints(101.0, 99.0)
    await day.kill()
    await day.start()
    assert await day.told() == ["BTCUSDT crossed above 100, at 101"]
    await day.restart()
    assert len(await day.told()) == 1


async def test_a_crossing_the_tape_lost_is_not_told_twice_when_its_prints_are_fetched_again(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100))
    await day.told()
    day.engine.tape.append = lambda *_: None  # type: ignore[method-assign]  # what comes now never gets to the disk
    day.prints(99.5, 101.0, 102.0)
    await day.engine.ledger.wait_committed()
    await crash(day.engine)
    await day.start()
    day.prints(99.5, 101.0, 102.0, 103.0, first_id=2)
    assert await day.told() == ["BTCUSDT crossed above 100, at 101"]
    day.prints(99.0, 104.0)
    assert len(await day.told()) == 2


@pytest.mark.parametrize("end", [Day.restart, Day.kill], ids=["stopped", "killed"])
async def test_a_crossing_while_no_engine_ran_is_told_once(day: Day, end: Callable[[Day], Any]) -> None:
    day.prints(101.0, 99.0)
    await day.set(above(100))
    day.prints(98.0)
    await end(day)
    if end is Day.kill:
        await day.start()
    day.prints(105.0)
    assert await day.told() == ["BTCUSDT crossed above 100, at 105"]


async def test_a_move_within_a_window_counts_from_prints_before_the_rule_and_before_a_restart(day: Day) -> None:
    day.prints(100.0, 100.0)
    await day.set(MoveRule(symbol="BTCUSDT", percent=2, window_s=60, cooldown_s=0))
    day.prints(101.0)
    await day.restart()
    day.prints(101.5)
    assert await day.told() == []
    day.prints(102.5)
    assert await day.told() == ["BTCUSDT moved +2.50 % within 60 s"]
    day.id += 120
    day.prints(103.9, 103.0)
    assert len(await day.told()) == 1
    day.prints(101.0)
    assert (await day.told())[1:] == ["BTCUSDT moved -2.79 % within 60 s"]


async def test_an_alert_somebody_saw_is_settled_and_stays_so(day: Day) -> None:
    day.prints(99.0)
    rule = await day.set(above(100))
    day.prints(101.0)
    answer = await day.engine.commands.submit(AckAlert(id=f"{rule}:1"), "test")
    assert answer == {"ids": [f"{rule}:1"]}
    assert day.open == []
    await day.restart()
    assert day.open == []
    assert [(row.rule, row.acked_ns > 0) for row in day.engine.alarms.rows()] == [(rule, True)]


async def test_an_engines_own_alert_that_was_seen_stays_seen_when_it_is_raised_again(day: Day) -> None:
    day.engine.alarms.raise_("disk", "critical", "the disk is full")
    (row,) = day.open
    await day.engine.commands.submit(AckAlert(id=None), "test")
    assert [row.acked_ns > 0 for row in day.open] == [True]
    await day.kill()
    await day.start()
    assert day.open == []
    day.engine.alarms.raise_("disk", "critical", "the disk is full")
    assert [(again.id, again.acked_ns > 0) for again in day.open] == [(row.id, True)]


async def test_a_snoozed_rule_says_nothing_and_a_snoozed_alert_snoozes_its_rule_across_a_restart(day: Day) -> None:
    day.prints(99.0)
    rule = await day.set(above(100))
    day.prints(101.0, 99.0)
    await day.engine.commands.submit(SnoozeAlert(id=f"{rule}:1", seconds=900), "test")
    day.prints(101.0, 99.0)
    await day.kill()
    await day.start()
    day.prints(101.0, 99.0)
    assert len(await day.told()) == 1
    assert day.open[0].snoozed_ns > 0
    await day.engine.commands.submit(SnoozeAlert(id=rule, seconds=0), "test")
    day.prints(101.0)
    assert len(await day.told()) == 2


async def test_a_removed_rule_is_gone_for_good_and_its_id_is_not_given_again(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100))
    await day.engine.commands.submit(RemoveAlert(id="price-1"), "test")
    await day.restart()
    day.prints(101.0)
    assert await day.told() == []
    assert await day.set(above(100)) == "price-2"


async def test_an_edited_rule_watches_its_new_level_only(day: Day) -> None:
    day.prints(99.0)
    rule = await day.set(above(100, once=True))
    day.prints(101.0)
    await day.set(above(110, id=rule))
    day.prints(99.0, 105.0, 111.0)
    assert await day.told() == ["BTCUSDT crossed above 100, at 101", "BTCUSDT crossed above 110, at 111"]
    await day.restart()
    day.prints(99.0, 111.0)
    assert len(await day.told()) == 3


async def test_figures_that_are_no_prices_are_looked_at_in_rounds(day: Day) -> None:
    engine = day.engine
    engine.system.feeds = list  # type: ignore[method-assign]  # a still feed has no figures
    for rule in (
        StaleRule(symbol="BTCUSDT", after_s=30, cooldown_s=0),
        DrawdownRule(percent=5),
        HealthRule(level="critical", cooldown_s=0),
    ):
        await day.set(rule)
    engine.started_ns -= 40 * SECOND
    engine.sentinel.fall.look = lambda roster: None  # type: ignore[method-assign]
    engine.sentinel.fall.percent, engine.sentinel.fall.peak = 6.5, 120.0
    engine.sentinel.look_at_figures()
    told = await day.told()
    assert told[0].startswith("drawdown of the account went above 5 %, at 6.5 %")
    assert told[1].startswith("BTCUSDT is silent for 4")
    engine.sentinel.look_at_figures()
    assert len(await day.told()) == 2
    await day.kill()
    await day.start()
    day.engine.system.feeds = list  # type: ignore[method-assign]
    day.engine.started_ns -= 50 * SECOND
    assert day.engine.sentinel.fall.peak == 120.0
    day.engine.sentinel.look_at_figures()
    assert len(await day.told()) == 2


async def test_a_drawdown_rule_fires_again_after_a_recovery_and_a_kill_changes_nothing_about_that(day: Day) -> None:
    def fall_to(percent: float) -> None:
        day.engine.sentinel.fall.look = lambda roster: None  # type: ignore[method-assign]
        day.engine.sentinel.fall.percent, day.engine.sentinel.fall.peak = percent, 120.0
        day.engine.sentinel.look_at_figures()

    await day.set(DrawdownRule(percent=5, cooldown_s=0))
    fall_to(6.5)
    await day.told()
    await day.kill()
    await day.start()
    fall_to(4.0)
    fall_to(6.0)
    assert len(await day.told()) == 1, "half of it was not made good"
    fall_to(1.0)
    await day.told()
    await day.kill()
    await day.start()
    fall_to(5.5)
    assert (await day.told())[-1] == "drawdown of the account went above 5 %, at 5.5 %"
    assert len(await day.told()) == 2


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (PriceRule(symbol="XRPUSDT", level=1), "XRPUSDT is not streamed"),
        (PnlRule(strategy="nobody", level=1), "no strategy 'nobody'"),
        (PnlRule(strategy="all", level=1), "name one strategy"),
        (PriceRule(symbol="BTCUSDT", level=1, id="a b"), "cannot be an id"),
    ],
)
async def test_a_rule_about_what_is_not_there_is_refused(day: Day, rule: AnyRule, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        await day.set(rule)


async def test_the_list_says_each_rule_in_a_sentence_with_what_it_did(day: Day) -> None:
    day.prints(99.0)
    await day.set(above(100, once=True))
    day.prints(101.0)
    (row,) = day.engine.sentinel.rows()
    assert row.items() >= {"id": "price-1", "sentence": "BTCUSDT crosses above 100; once only", "state": "done", "fired": 1}.items()


async def test_the_list_says_what_a_rule_that_looks_at_nothing_is_waiting_for(day: Day) -> None:
    await day.set(above(100))
    day.engine.sentinel.book.put(PnlRule(id="pnl-1", strategy="gone", level=-100), times=1)
    day.engine.sentinel.book.put(above(100, id="off", symbol="binance:XRPUSDT", enabled=False), times=1)
    assert [(row["state"], row["why"]) for row in day.engine.sentinel.rows()] == [("on", ""), ("idle", "no such strategy now"), ("off", "")]
    await day.engine.commands.submit(Unwatch(symbols=["BTCUSDT"]), "test")
    assert day.engine.sentinel.rows()[0]["why"] == "not streamed now"


async def test_thousands_of_rules_that_fire_at_once_are_all_on_the_ledger_and_crowd_out_nothing(day: Day) -> None:
    day.prints(99.0)
    for number in range(1500):
        day.engine.sentinel.book.put(above(100 + number / 1000, id=f"r{number}", symbol=BTC), times=1)
    day.engine.sentinel.book.begin(BTC, Mark(99.0))
    day.prints(200.0)
    day.engine.alarms.raise_("disk", "critical", "the disk is full")
    assert len(await day.told()) == 1500
    assert day.open[0].text == "the disk is full"
    assert len(day.open) == 500
    day.prints(99.0, 300.0)
    assert len(day.engine.alarms.acknowledge(None)) == 1501
    assert len(await day.told()) == 3000
    assert {row["state"] for row in read_alerts(day.home / "ledger.db") if row["rule_id"]} == {"closed"}


async def test_the_beginning_of_an_id_names_an_alert_where_it_is_one_alone(day: Day) -> None:
    day.engine.alarms.raise_("disk", "critical", "the disk is full")
    (row,) = day.open
    assert await day.engine.commands.submit(AckAlert(id=row.id[:12]), "test") == {"ids": [row.id]}
    for bad in ("", row.id[:3], "nothing at all"):
        with pytest.raises(UsageError, match="cockpit alerts shows their ids"):
            await day.engine.commands.submit(AckAlert(id=bad), "test")
