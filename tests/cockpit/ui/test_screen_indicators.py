"""Indicators on the chart, on a scripted engine: chosen in a list, remembered, drawn; variants made, changed, deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine
from fake_indicators import Lines
from form_rig import HOSTILE, entry, told_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened, text_of
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.forms.drawn import DrawnList
from cockpit.forms.variant import VariantForm, add_variant, delete_variant, edit_variant
from cockpit.settings import Drawn, Left, LeftChart, Settings, leave_in, left_in
from core.commands import RemoveVariant, SetVariant
from core.variant import Variant
from core.view import Ask, Done, Request


def drawn(app: CockpitApp) -> str:
    return app.live.chart._canvas.text()


async def in_list(app: CockpitApp, pilot: Pilot[None], size_key: str = "l") -> None:
    """The list, once it has all there is."""
    await pilot.press(size_key)
    await eventually(lambda: isinstance(app.screen, DrawnList) and line_with(app, "○ vwap") and app.screen.settled)


async def to(app: CockpitApp, pilot: Pilot[None], name: str) -> None:
    """Put the list's cursor on a line."""
    screen = app.screen
    assert isinstance(screen, DrawnList)
    await pilot.press("home")
    for _ in range(20):
        row = screen._chosen
        if row is not None and (row.drawn.name if row.drawn else "trend") == name:
            return
        await pilot.press("down")
    raise AssertionError(f"{name} is not in the list")


async def switch(app: CockpitApp, pilot: Pilot[None], *names: str) -> None:
    for name in names:
        await to(app, pilot, name)
        await pilot.press("space")


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_is_chosen_in_the_list_is_drawn_at_once_and_remembered(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        Lines(engine)
        await pilot.press("5")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await in_list(app, pilot)
        await switch(app, pilot, "sma", "bollinger", "fast_rsi", "trend")
        assert line_with(app, "● bollinger")
        await eventually(lambda: "fast_rsi" in drawn(app))
        await pilot.press("escape")
        await eventually(lambda: all(word in drawn(app) for word in ("a ", "sma 6", "bollinger middle 6", "uptrend 82 %, +1.24 %")))
        assert "(0-100)" in drawn(app)
        assert "◇" in drawn(app)
    assert left_in(tmp_path).chart.drawn == [Drawn("sma"), Drawn("bollinger"), Drawn("fast_rsi", True)]
    async with opened(tmp_path, size) as (engine, app, pilot):
        Lines(engine)
        await pilot.press("5")
        await eventually(lambda: "fast_rsi" in drawn(app) and "uptrend" in drawn(app))
        await in_list(app, pilot)
        await switch(app, pilot, "bollinger")
        await eventually(lambda: "bollinger" not in drawn(app) and "sma 6" in drawn(app))
        await pilot.press("c")
        await eventually(lambda: "sma 6" not in drawn(app) and "uptrend" not in drawn(app) and "├" not in drawn(app))
        await pilot.press("escape")
    assert left_in(tmp_path).chart == LeftChart(drawn=[], trend=False)


def charted_with(home: Path, *names: Drawn, trend: bool = False) -> None:
    leave_in(home, Left(chart=LeftChart(drawn=list(names), trend=trend)))


async def test_lines_are_asked_of_the_symbol_the_interval_and_the_bars_in_sight(tmp_path: Path) -> None:
    charted_with(tmp_path, Drawn("sma"))
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        lines = Lines(engine)
        await eventually(lambda: "a " in drawn(app) and lines.asked)
        assert lines.asked[0] == (
            "indicator_series",
            {"symbol": "binance:BTCUSDT", "interval": "1m", "count": 250, "indicators": [{"indicator": "sma", "params": {}}]},
        )
        await pilot.press("down", "i")
        await eventually(lambda: lines.asked[-1][1]["symbol"] == "binance:ETHUSDT" and lines.asked[-1][1]["interval"] == "5m")
        await pilot.press("m")
        await frames(engine)
        many = len(lines.asked)
        await frames(engine, 20)
        assert len(lines.asked) == many, "equity has no lines"


async def test_the_legend_reads_the_values_at_the_crosshair(tmp_path: Path) -> None:
    charted_with(tmp_path, Drawn("slow", True), Drawn("rsi"))
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        await eventually(lambda: "slow 6" in drawn(app))
        newest = drawn(app).split("\n")[0]
        await pilot.press("5", "left", *["left"] * 9)
        await eventually(lambda: "slow 6" in drawn(app) and drawn(app).split("\n")[0] != newest)


async def test_a_slow_analyst_holds_up_neither_bars_nor_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charted_with(tmp_path, Drawn("sma"))
    held = asyncio.Event()
    real = FakeEngine.answer

    async def answer(self: FakeEngine, request: Request) -> Any:
        if isinstance(request, Ask) and request.what == "indicator_series":
            await held.wait()
            return Done({"state": "ready", "note": "", "asof_ns": 0, "series": []})
        return await real(self, request)

    monkeypatch.setattr(FakeEngine, "answer", answer)
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("down")
        await eventually(lambda: "2,684.10 ▸" in drawn(app))
        before = sum(what == "bars" for what, _ in engine.asked)
        await eventually(lambda: sum(what == "bars" for what, _ in engine.asked) > before)
        held.set()


@pytest.mark.slow
async def test_why_there_are_no_lines_is_said_under_the_chart(tmp_path: Path) -> None:
    charted_with(tmp_path, Drawn("sma"), Drawn("gone", True))
    async with opened(tmp_path, WIDE) as (engine, app, _):
        await eventually(lambda: line_with(app, "'indicator_series' is not a question"))
        lines = Lines(engine)
        lines.state = {"state": "starting", "note": "", "asof_ns": 0}
        await eventually(lambda: line_with(app, "the analyst is starting"))
        lines.state = {"state": "ready", "note": "", "asof_ns": 0}
        gone = {"name": "gone", "line": "", "unit": "", "panel": "lower", "ts_ns": [], "values": [], "note": f"no variant {HOSTILE}"}
        lines.answers["gone"] = [gone]
        await eventually(lambda: "gone no variant" in drawn(app) and "sma 6" in drawn(app))
        assert "├" not in drawn(app)
        assert "\x1b" not in text_of(app)
        assert not line_with(app, "the analyst is starting")


async def test_without_an_answer_the_list_says_why_and_still_switches_what_is_drawn(tmp_path: Path) -> None:
    charted_with(tmp_path, Drawn("sma"))
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("l")
        await eventually(lambda: line_with(app, "'indicators' is not a question") and line_with(app, "● sma"))
        await switch(app, pilot, "sma")
        assert app.live.chart.indicated.drawn == []


async def test_the_list_waits_for_an_analyst_that_starts_and_says_what_is_wrong_in_the_file(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        lines = Lines(engine)
        whole = lines.catalogue
        lines.catalogue = {"state": "starting", "note": "", "asof_ns": 0, "indicators": [], "variants": []}
        await pilot.press("l")
        await eventually(lambda: line_with(app, "the analyst is starting: it knows the indicators in a moment"))
        lines.catalogue = {**whole, "wrong": ["indicators.toml: line 3: mine: no indicator 'rsj'; did you mean rsi?"]}
        await eventually(lambda: line_with(app, "○ vwap") and line_with(app, "line 3: mine: no indicator 'rsj'"))


async def test_the_list_shows_variants_made_elsewhere_and_its_cursor_stays_on_what_it_is_on(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        lines = Lines(engine)
        await in_list(app, pilot)
        await to(app, pilot, "sma")
        lines.catalogue["variants"] = [{"name": "mine", "indicator": "rsi"}, *lines.catalogue["variants"]]
        await eventually(lambda: line_with(app, "○ mine", "rsi; general"))
        await pilot.press("space")
        assert app.live.chart.indicated.drawn == [Drawn("sma")]


async def test_no_more_than_eight_are_drawn(tmp_path: Path) -> None:
    charted_with(tmp_path, *(Drawn(f"one_{number}") for number in range(8)))
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        await in_list(app, pilot)
        await switch(app, pilot, "sma")
        await eventually(lambda: line_with(app, "8 are drawn already: switch one off first"))
        assert len(app.live.chart.indicated.drawn) == 8


async def test_l_shows_the_price_from_wherever_it_is_pressed(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        Lines(engine)
        await pilot.press("m")
        await eventually(lambda: line_with(app, "Equity of all"))
        await in_list(app, pilot)
        await pilot.press("escape")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        assert app.live.pane is app.live.chart


async def in_form(app: CockpitApp, word: str = "Enter keeps") -> None:
    await eventually(lambda: isinstance(app.screen, VariantForm) and line_with(app, word) and app.screen.settled)


async def test_n_makes_a_variant_of_what_is_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        await in_list(app, pilot)
        await to(app, pilot, "rsi")
        await pilot.press("n")
        await in_form(app, "Enter keeps rsi_1: rsi with period 14, interval 1m, on every symbol; its line rsi (0-100), under the volume")
        assert line_with(app, "period", "14", "≥ 1, ≤ 10,000 · moves that are averaged")
        entry(app, "name").text = "slow_rsi"
        entry(app, "period").text = "28"
        entry(app, "type").text = "risk"
        entry(app, "symbols").text = "btcusdt, DOGEUSDT"
        await eventually(lambda: line_with(app, "DOGEUSDT is not streamed: no value until then"))
        assert line_with(app, "how risky it is, 0 to 100: values outside are flagged")
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        wanted = Variant(
            name="slow_rsi", indicator="rsi", type="risk", line="rsi", params={"period": 28, "interval": "1m"},
            symbols=["BTCUSDT", "DOGEUSDT"],
        )  # fmt: skip
        assert engine.commands == [SetVariant(variant=wanted, anew=True)]
        await eventually(lambda: line_with(app, "slow_rsi is kept"))
        await pilot.press("escape")
        await in_list(app, pilot)
        assert line_with(app, "○ slow_rsi", "rsi period 28, interval 1m; risk")


async def test_what_is_wrong_is_said_while_it_is_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        add_variant(app, "bollinger", "binance:ETHUSDT")
        await in_form(app, "on ETHUSDT; its line middle")
        cases = (
            ("name", "", "name needs a value"),
            ("name", "7up", "must be a letter, then letters, digits, _ and -, 64 at most"),
            ("name", "sma", "is an indicator: give it another name"),
            ("name", "slow", "is a variant already: give it another name"),
            ("period", "1", "period must be at least 2"),
            ("k", "0", "k must be above 0"),
            ("interval", "soon", "interval is not an interval"),
            ("symbols", "a b\x07", "is not a symbol"),
        )
        await told_of(app, cases)
        entry(app, "period").text = "zero"
        await pilot.press("enter")
        await eventually(lambda: app.focused is entry(app, "period").control)
        assert not engine.commands


async def test_another_indicator_has_its_own_fields_and_a_name_typed_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        Lines(engine)
        add_variant(app, "bollinger")
        await in_form(app, "Enter keeps bollinger_1")
        entry(app, "line").text = "z"
        await eventually(lambda: line_with(app, "line", "z (z), under the volume"))
        entry(app, "indicator").text = "vwap"
        await in_form(app, "Enter keeps vwap_1: vwap, on every symbol; its line vwap (price), over the candles; a figure like others.")
        assert not line_with(app, "period")
        entry(app, "name").text = "mine"
        entry(app, "indicator").text = "sma"
        await in_form(app, "Enter keeps mine: sma with period 20")


async def test_e_changes_a_variant_and_its_name_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        Lines(engine)
        await in_list(app, pilot)
        await to(app, pilot, "fast_rsi")
        await pilot.press("e")
        await in_form(app, "Enter changes fast_rsi")
        assert line_with(app, "Change fast_rsi")
        assert [found.field.name for found in app.screen.query("Entry")] == ["indicator", "period", "interval", "line", "type", "symbols"]  # type: ignore[attr-defined]
        assert entry(app, "period").text == "7"
        assert entry(app, "symbols").text == "BTCUSDT"
        entry(app, "period").text = "9"
        entry(app, "symbols").text = ""
        await eventually(lambda: entry(app, "symbols").read() == [])
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        wanted = Variant(name="fast_rsi", indicator="rsi", type="risk", line="rsi", params={"period": 9, "interval": "1m"})
        assert engine.commands == [SetVariant(variant=wanted)]
        await eventually(lambda: isinstance(app.screen, DrawnList) and line_with(app, "fast_rsi", "period 9"))


async def test_x_deletes_a_variant_after_asking_and_it_is_drawn_no_more(tmp_path: Path) -> None:
    charted_with(tmp_path, Drawn("slow", True), Drawn("sma"))
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        await in_list(app, pilot)
        await to(app, pilot, "slow")
        await pilot.press("x")
        await eventually(lambda: line_with(app, "Delete the variant slow?"))
        await pilot.press("escape")
        await eventually(lambda: isinstance(app.screen, DrawnList))
        await to(app, pilot, "slow")
        await pilot.press("x")
        await eventually(lambda: line_with(app, "Delete the variant slow?"))
        await pilot.press("d")
        await eventually(lambda: engine.commands == [RemoveVariant(name="slow")])
        await eventually(lambda: app.live.chart.indicated.drawn == [Drawn("sma")])
        await eventually(lambda: isinstance(app.screen, DrawnList) and not line_with(app, "slow  "))


async def test_what_is_no_variant_is_neither_changed_nor_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        await in_list(app, pilot)
        await to(app, pilot, "sma")
        await pilot.press("e")
        await eventually(lambda: line_with(app, "e changes variants: n makes one of this indicator"))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "x deletes variants: space takes this off the chart"))
        assert isinstance(app.screen, DrawnList)


async def test_a_refusal_is_said_in_the_form_and_nothing_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        engine.refuse[SetVariant] = "rsi_1: from_s must be more than to_s"
        add_variant(app, "rsi")
        await in_form(app)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: rsi_1: from_s must be more than to_s"))
        assert entry(app, "name").text == "rsi_1"


async def test_a_variant_that_is_gone_cannot_be_changed_and_that_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        Lines(engine)
        edit_variant(app, "nobody", "binance:BTCUSDT")
        await eventually(lambda: line_with(app, "there is no variant nobody any more"))


async def test_without_the_engines_indicators_the_form_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        add_variant(app)
        await eventually(lambda: line_with(app, "'indicators' is not a question"))
        await pilot.press("enter", "escape")
        await eventually(lambda: app.uncovered)


async def test_a_screen_that_only_looks_draws_lines_and_changes_no_variant(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        app.settings = Settings(read_only=True)
        await in_list(app, pilot)
        await switch(app, pilot, "sma")
        assert app.live.chart.indicated.drawn == [Drawn("sma")]
        for open_one in (add_variant, edit_variant, delete_variant):
            open_one(app, "slow")
            await eventually(lambda: line_with(app, "read-only: this screen looks, and does nothing"))
            app.clear_notifications()
        assert isinstance(app.screen, DrawnList)
        assert not engine.commands


async def test_ctrl_r_brings_back_what_was_sent_the_last_time(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        Lines(engine)
        add_variant(app, "rsi")
        await in_form(app)
        entry(app, "period").text = "33"
        await pilot.press("enter")
        await eventually(lambda: app.uncovered)
        add_variant(app, "rsi")
        await in_form(app)
        await pilot.press("ctrl+r")
        await eventually(lambda: entry(app, "period").text == "33")
        assert entry(app, "name").text == "rsi_2", "the other one is there now"
