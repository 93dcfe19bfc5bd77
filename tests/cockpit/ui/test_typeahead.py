"""Everything that is typed at one go lands where it was meant, in order, however long what the first key opens takes to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import CATALOGUE, FakeEngine, price_row
from fake_lab import run_row, with_runs
from screen_rig import MIDDLE, SMALL, WIDE, burst, cockpit, eventually, line_with, opened, text_of, trading
from textual import events
from textual.widgets._input import Input

from cockpit import deck, typeahead
from cockpit.app import CockpitApp
from cockpit.forms.entry import Entry
from cockpit.typeahead import TypeAhead
from core.alert_rules import DrawdownRule
from core.commands import Backtest, Flatten, Pause, Register, SetAlert, Watch
from core.view import Ask, Pull, Reply, Request

SMA: dict[str, str | int | float | bool] = {"fast": 57, "slow": 20, "interval": "1m", "confirm": False}


class LateLab(FakeEngine):
    """Says what runs there are only when it is time."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.go = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        if isinstance(request, Pull) and "lab" in request.panes:
            await asyncio.wait_for(self.go.wait(), 8)
        return await super().answer(request)


class SlowEngine(FakeEngine):
    """Takes its time for the catalogue."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.go = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        if isinstance(request, Ask) and request.what == "catalogue":
            await asyncio.wait_for(self.go.wait(), 8)
        return await super().answer(request)


def entry(app: CockpitApp, name: str) -> Entry:
    """A field of the form that is open."""
    return next(found for found in app.screen.query(Entry) if found.field.name == name)


async def test_r_and_all_that_is_typed_behind_it_at_once_is_a_registration(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        await eventually(lambda: app.catalogue.offers)
        burst(app, "r", *"sma", "tab", *["backspace"] * 7, *"ethusdt", "tab", "end", "7", "enter")
        await eventually(lambda: engine.commands)
        assert engine.commands == [Register(name="sma_crossover", symbols=["ETHUSDT"], params=SMA)]


async def test_it_waits_for_a_catalogue_that_is_on_its_way(tmp_path: Path) -> None:
    engine = SlowEngine(tmp_path)
    async with trading(engine), cockpit(tmp_path, SMALL) as (app, _):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        burst(app, "r", *"sma", "tab", *["backspace"] * 7, *"ethusdt", "tab", "end", "7")
        await eventually(lambda: line_with(app, "reading the catalogue"))
        assert not app.screen.query(Entry)
        engine.go.set()
        await eventually(lambda: app.screen.query(Entry) and line_with(app, "Enter starts sma_crossover on ETHUSDT"))
        await eventually(lambda: entry(app, "fast").text == "57")
        assert not engine.commands


async def test_escape_does_not_wait_and_what_was_typed_for_the_form_is_forgotten(tmp_path: Path) -> None:
    engine = SlowEngine(tmp_path)
    async with trading(engine), cockpit(tmp_path, WIDE) as (app, _):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        burst(app, "r", *"PFaP")
        await eventually(lambda: line_with(app, "reading the catalogue"))
        burst(app, "escape")
        await eventually(lambda: app.screen is app.live)
        burst(app, "2", "p")
        await eventually(lambda: engine.commands)
        assert engine.commands == [Pause(id="sma-1")]
        engine.go.set()


async def test_b_and_all_that_is_typed_behind_it_at_once_is_a_run(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        with_runs(engine)
        await eventually(lambda: app.catalogue.offers)
        burst(app, "b", *"sma", "tab", "ctrl+n", "tab", "tab", "tab", "tab", "end", "7", "enter")
        await eventually(lambda: engine.commands)
        assert engine.commands == [Backtest(source="tape:ETHUSDT", strategy="sma_crossover", params=SMA)]


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_a_key_behind_the_one_for_a_screen_is_about_what_is_listed_there(tmp_path: Path, size: tuple[int, int]) -> None:
    engine = LateLab(tmp_path)
    async with trading(engine), cockpit(tmp_path, size) as (app, _):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        with_runs(engine, run_row(1))
        await eventually(lambda: app.catalogue.offers)
        burst(app, "f2", "b")
        await eventually(lambda: app.deck is app.lab and app.keys_in._waiting)
        assert app.uncovered
        engine.go.set()
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:BTCUSDT"))


async def test_a_key_waits_for_no_screen_of_an_engine_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck, "PATIENCE", 0.5)
    engine = LateLab(tmp_path)
    async with trading(engine), cockpit(tmp_path, MIDDLE) as (app, _):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        burst(app, "f2", "f6")
        await eventually(lambda: app.deck is app.lab)
        await eventually(lambda: app.deck is app.system)
        assert app.lab.view is None
        engine.go.set()


async def test_keys_behind_the_one_that_ends_the_screen_end_with_it(tmp_path: Path) -> None:
    engine = LateLab(tmp_path)
    async with trading(engine), cockpit(tmp_path, MIDDLE) as (app, _):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        burst(app, "f2", "x")
        await eventually(lambda: app.deck is app.lab and app.keys_in._waiting)
        app.exit()
        engine.go.set()
    assert app.keys_in._waiting
    await app.keys_in._look()
    await app.keys_in.take(events.Key("y", "y"))


async def test_a_and_all_that_is_typed_behind_it_at_once_is_a_rule(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, _):
        burst(app, "a", *"dr", "tab", "tab", "end", *["backspace"] * 5, *"7.5", "enter")
        await eventually(lambda: engine.commands)
        assert engine.commands == [SetAlert(rule=DrawdownRule(strategy="all", percent=7.5))]


async def test_other_dialogs_and_the_filter_lose_nothing_either(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, _):
        burst(app, "s", *"adausdt", "enter")
        await eventually(lambda: engine.commands == [Watch(symbols=["ADAUSDT"])])
        burst(app, "escape", "2", "f", "f")
        await eventually(lambda: engine.commands[1:] == [Flatten(id="sma-1")])
        burst(app, "1", "slash", *"xrp")
        await eventually(lambda: isinstance(app.focused, Input) and app.focused.value == "xrp")
        burst(app, "escape", "colon", *"ETHUSDT")
        await eventually(lambda: isinstance(app.focused, Input) and app.focused.value == "ETHUSDT")


async def test_enter_behind_a_name_goes_to_that_name_and_not_to_what_was_listed_before(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        for typed, arrived in (
            ("ETHU", lambda: app.live.prices.listing.cursor_key == "binance:ETHUSDT"),
            ("macd", lambda: app.live.pane_name == "strategies" and app.live.strategies.listing.cursor_key == "macd"),
            ("Laten", lambda: app.deck.NAME == "system" and app.deck.pane_name == "latency"),
        ):
            burst(app, "colon", *typed, "enter")
            await eventually(arrived)
        burst(app, "ctrl+p", *"pause all", "enter")
        await eventually(lambda: engine.commands == [Pause(id=None)])


async def test_names_from_outside_are_no_markup_where_one_jumps(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        engine.prices = [price_row("binance:[@click=app.quit]X[/]"), *engine.prices]
        engine.moved("prices")
        await eventually(lambda: len(app.live.prices.symbols) == 4)
        burst(app, "colon")
        await eventually(lambda: line_with(app, "[@click=app.quit]X[/]  symbol"))


async def test_a_key_whose_widget_goes_away_holds_up_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAhead, "through", lambda self, message: message.stop())
    monkeypatch.setattr(typeahead, "PATIENCE", 0.2)
    async with opened(tmp_path, MIDDLE) as (engine, app, _):
        burst(app, "2", "p", "P")
        await eventually(lambda: engine.commands == [Pause(id="sma-1"), Pause(id=None)])


async def test_a_form_that_is_open_takes_up_strategies_that_came_meanwhile(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: app.catalogue.offers)
        fresh = {"name": "zscore", "sentence": "Bets on the mean.", "legs": 1, "params": []}
        engine.catalogue = {**CATALOGUE, "strategies": [*_strategies(), fresh]}
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts momentum"))
        await eventually(lambda: len(app.catalogue.offers) == 3)
        await pilot.press("z")
        await eventually(lambda: line_with(app, "Bets on the mean."))


def _strategies() -> Iterator[Any]:
    strategies = CATALOGUE["strategies"]
    assert isinstance(strategies, list)
    yield from strategies
