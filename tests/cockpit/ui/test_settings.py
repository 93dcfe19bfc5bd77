"""How a person wants the screen: keys of one's own, the theme, how often it asks, and looking only."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeEngine
from screen_rig import cockpit, eventually, line_with, lines_of, opened, text_of, trading

from cockpit.actions import ACTIONS, keys_for
from cockpit.app import CockpitApp
from cockpit.keymap import keymap_of
from cockpit.settings import Left, LeftChart, Settings, leave_in, left_in, settings_of
from core.config import load
from core.errors import ConfigError


def configured(home: Path, text: str) -> Settings:
    home.mkdir(exist_ok=True)
    (home / "cockpit.toml").write_text(text)
    return settings_of(load(home, env={}))


def test_keys_as_people_write_them_become_textuals(tmp_path: Path) -> None:
    settings = configured(tmp_path, '[ui]\nrefresh_hz = 4\ntheme = "mono"\n[ui.keys]\nflatten_all = "ctrl+f,F9"\nhelp = "?"\n')
    assert settings.keymap == {"flatten_all": "ctrl+f,f9", "help": "question_mark"}
    assert settings.theme == "cockpit-mono"
    assert settings.period_s == 0.25


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"flaten": "x"}, "did you mean flatten"),
        ({"xyzzy": "x"}, "the actions are"),
        ({"flatten": "hyper+x"}, "allowed are keys such as"),
        ({"flatten": ""}, "allowed are keys such as"),
        ({"flatten": "p"}, "p would do both pause and flatten"),
        ({"theme": "1"}, "1 would do both prices and theme"),
    ],
)
def test_a_keymap_that_cannot_be_is_refused_in_one_line(keys: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        keymap_of(keys)
    assert str(refused.value).count("\n") == 0


def test_the_keys_there_are_do_one_thing_each() -> None:
    assert keymap_of({}) == {}
    assert keymap_of({action.id: action.keys for action in ACTIONS})


def test_two_actions_may_change_places() -> None:
    keymap = keymap_of({"pause": "f", "flatten": "p"})
    assert ("f", "pause") in keys_for("live", "strategies", keymap)


async def test_a_key_of_ones_own_does_it_is_shown_and_the_old_one_does_nothing(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        app = CockpitApp(tmp_path, Settings(keymap=keymap_of({"help": "F9"})))
        async with app.run_test(size=(120, 40)) as pilot:
            await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
            assert "F9 help" in text_of(app)
            await pilot.press("question_mark")
            assert len(app.screen_stack) == 1
            await pilot.press("f9")
            await eventually(lambda: "what can be done here" in text_of(app))


async def test_the_theme_is_as_it_was_left_unless_the_configuration_says_otherwise(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await pilot.press("t")
        chosen = app.theme
    assert chosen != "cockpit-dark"
    async with opened(tmp_path) as (_, app, _):
        assert app.theme == chosen
    async with CockpitApp(tmp_path, Settings(theme="cockpit-dark")).run_test() as pilot:
        assert pilot.app.theme == "cockpit-dark"


@pytest.mark.parametrize("text", ["", "{", '{"theme": 1}', '{"theme": "no such"}', '{"theme": "cockpit-dark", "layouts": []}'])
def test_what_cannot_be_read_of_the_last_time_counts_as_never(tmp_path: Path, text: str) -> None:
    (tmp_path / "screen.json").write_text(text)
    assert left_in(tmp_path) == Left()


def test_a_folder_that_cannot_be_written_loses_only_the_habit(tmp_path: Path) -> None:
    leave_in(tmp_path / "gone", Left("cockpit-light"))
    assert left_in(tmp_path / "gone") == Left()


async def test_a_screen_that_only_looks_says_so_and_sends_nothing(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        app = CockpitApp(tmp_path, Settings(read_only=True))
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
            assert line_with(app, "READ-ONLY")
            await pilot.press("P")
            await eventually(lambda: "does nothing" in text_of(app))
            await pilot.press("F", "r", "b")
            await pilot.pause()
            assert len(app.screen_stack) == 1
            assert "flatten" not in lines_of(app)[-1]
            await pilot.press("q")
            await eventually(lambda: "keeps running" in app.farewell)
            assert not engine.commands


async def test_the_screen_of_somebody_beside_us_shows_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, first, _), cockpit(tmp_path) as (second, _):
        await eventually(lambda: "BTCUSDT" in text_of(second))
        assert "BTCUSDT" in text_of(first)


async def test_d_offers_the_demo_and_leaves_for_it_when_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await pilot.press("d")
        await eventually(lambda: "Open the demo?" in text_of(app))
        await pilot.press("escape")
        assert not app.wants_demo
        await pilot.press("d", "d")
        await eventually(lambda: app.wants_demo)


async def test_who_is_in_the_demo_is_told_so(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        engine.header.mode = "demo"
        async with cockpit(tmp_path) as (app, pilot):
            await eventually(lambda: "DEMO" in text_of(app))
            await pilot.press("d")
            await eventually(lambda: "this is the demo" in text_of(app))


async def test_a_layout_is_chosen_and_remembered(tmp_path: Path) -> None:
    async with opened(tmp_path, (160, 48)) as (_, app, pilot):
        usual = app.live.chart.size.width
        await pilot.press("L")
        await eventually(lambda: app.live.chart.size.width > usual + 10)
        assert app.live.layout_name == "chart"
    async with opened(tmp_path, (160, 48)) as (_, app, pilot):
        await eventually(lambda: app.live.chart.size.width > usual + 10)
        await pilot.press("L", "L")
        await eventually(lambda: app.live.chart.size.width == usual)


async def test_the_chart_comes_back_as_it_was_left(tmp_path: Path) -> None:
    async with opened(tmp_path, (160, 48)) as (_, app, pilot):
        await pilot.press("i", "i", "right_square_bracket", "right_square_bracket", "m", "i")
    async with opened(tmp_path, (160, 48)) as (_, app, pilot):
        await eventually(lambda: line_with(app, "5 Equity of all strategies, 3 h"))
        await pilot.press("m", "m")
        await eventually(lambda: line_with(app, "5 BTCUSDT 15m x5"))


@pytest.mark.parametrize(("kind", "interval", "zoom"), [("pie", "7m", 99), ("", "", -99)])
async def test_a_chart_left_as_none_can_be_is_one_that_can(tmp_path: Path, kind: str, interval: str, zoom: int) -> None:
    leave_in(tmp_path, Left(chart=LeftChart(kind, interval, zoom, zoom)))
    async with opened(tmp_path, (160, 48)) as (_, app, pilot):
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m"))
        await pilot.press("m", "left_square_bracket", "right_square_bracket")
        await eventually(lambda: line_with(app, "5 Equity of all strategies"))
