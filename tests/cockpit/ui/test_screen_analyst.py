"""The analyst's screen: what it asks, what it shows of the answers, and what its keys do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_analyst import INTERVALS, READY, SYMBOLS, FakeAnalyst, scan_state, trends, value
from fake_engine import CATALOGUE, NOON, FakeEngine
from fake_indicators import CATALOGUE as INDICATORS
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, frames, line_with, text_of, trading
from textual.pilot import Pilot
from textual.widgets import OptionList

from cockpit.app import CockpitApp
from cockpit.forms.evidence import EvidenceDialog
from core.commands import Register, RemoveVariant

Opened = tuple[FakeAnalyst, FakeEngine, CockpitApp, "Pilot[None]"]

BTC, ETH, SOL = SYMBOLS[:3]


@asynccontextmanager
async def analysed(home: Path, size: tuple[int, int] = WIDE, symbols: tuple[str, ...] = SYMBOLS, **answers: Any) -> AsyncIterator[Opened]:
    """The analyst's screen on an engine that answers; `answers` replaces some of its answers."""
    async with trading(FakeEngine(home)) as engine:
        analyst = FakeAnalyst(engine, symbols)
        for what, answer in answers.items():
            analyst.answers[what] = answer if callable(answer) else lambda _, answer=answer: answer
        async with cockpit(home, size) as (app, pilot):
            await eventually(lambda: "DOGEUSDT" in text_of(app) or (len(symbols) < 6 and engine.pulls and app.live.header))
            await pilot.press("f3")
            yield analyst, engine, app, pilot


def asked(analyst: FakeAnalyst, what: str) -> dict[str, Any]:
    """What was asked last with this word."""
    return next((args for word, args in reversed(analyst.asked) if word == what), {"never": True})


# What it asks


async def test_it_asks_the_words_of_the_contract_and_no_others(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, _, _):
        words = {"trends", "pair", "correlations", "scan_state", "indicator_values"}
        await eventually(lambda: analyst.words() == words)
        assert asked(analyst, "trends") == {"intervals": list(INTERVALS)}
        assert asked(analyst, "pair") == {"a": BTC, "b": ETH, "interval": "1m", "window": 60, "method": "ols"}
        assert asked(analyst, "correlations") == {"interval": "5m", "count": 500}
        assert asked(analyst, "scan_state") == {}
        assert asked(analyst, "indicator_values") == {"symbol": BTC}


async def test_where_one_pane_is_shown_only_that_one_asks(tmp_path: Path) -> None:
    async with analysed(tmp_path, SMALL) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT", "up   97%"))
        assert analyst.words() == {"trends"}
        await pilot.press("5")
        await eventually(lambda: line_with(app, "fast_rsi"))
        assert analyst.words() == {"trends", "indicator_values"}


async def test_nothing_is_asked_while_another_screen_is_shown(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, engine, app, pilot):
        await eventually(lambda: len(analyst.words()) == 5)
        await pilot.press("f1")
        await frames(engine, 2)
        count = len(analyst.asked)
        for question in (app.analyst.trends.question, app.analyst.scanner.question):
            question.ask_soon()
        await frames(engine, 6)
        assert len(analyst.asked) == count


async def test_a_pane_asks_again_when_it_is_due_and_not_before(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, _):
        await eventually(lambda: len(analyst.words()) == 5)
        question = app.analyst.trends.question
        question.ask_soon()
        assert question.begin(1e9)
        assert not question.begin(1e9 + 5)  # one is under way
        await question.ask(app)
        assert not question.begin(1e9 + 0.5)
        assert question.begin(1e9 + 1.5)


async def test_an_answer_that_says_the_same_is_not_drawn_again(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, _):
        question = app.analyst.trends.question
        await eventually(lambda: question.found)
        before, count = question.found, len(analyst.asked)
        analyst.answers["trends"] = lambda _: {**trends(), "asof_ns": NOON + 10**9}
        question.ask_soon()
        await eventually(lambda: question.found is not None and question.found.asof_ns == NOON + 10**9)
        assert question.found is before
        assert len(analyst.asked) > count


async def test_an_answer_that_is_not_of_now_says_of_when_it_is(tmp_path: Path) -> None:
    async with analysed(tmp_path, trends={**trends(), "asof_ns": NOON - 90 * 10**9}) as (analyst, _, app, _):
        await eventually(lambda: line_with(app, "1 Trends", "as of 14:00:41Z"))
        analyst.answers["trends"] = lambda _: trends()
        await eventually(lambda: line_with(app, "1 Trends", "8 pending") and not line_with(app, "as of"))


# Trends


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (MIDDLE, ("▲ uptrend   97 %", "▼ downtrend 91 %", "≈ volatile  64 %", "PENDING 23 bars")),
        (WIDE, ("▲ up   97%", "▼ down 91%", "≈ wild 64%", "PENDING 23")),
        (SMALL, ("▲ up   97%", "▼ down 91%", "≈ wild 64%", "PENDING 23")),
    ],
    ids=str,
)
async def test_a_cell_tells_its_trend_how_sure_and_what_is_missing(tmp_path: Path, size: tuple[int, int], words: tuple[str, ...]) -> None:
    async with analysed(tmp_path, size) as (_, _, app, _):
        await eventually(lambda: line_with(app, "▶BTCUSDT", *words))


async def test_the_cell_under_the_cursor_is_told_in_words(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "BTCUSDT 1m", "▲ uptrend, 97 % sure", "+1.24 % over 1,000 bars"))
        await pilot.press("end", *["right"] * 5)
        await eventually(lambda: line_with(app, "DOGEUSDT 1d", "bars are being read"))
        await pilot.press("up", "up", "up", "left", "left", "left")
        await eventually(lambda: line_with(app, "SOLUSDT 15m", "sideways, 55 % sure"))
        await pilot.press("left")
        await eventually(lambda: line_with(app, "SOLUSDT 5m", "PENDING: 23 more bars needed"))


async def test_the_indicators_are_those_of_the_symbol_under_the_cursor(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT"))
        await pilot.press("down")
        await eventually(lambda: asked(analyst, "indicator_values") == {"symbol": ETH})
        await eventually(lambda: line_with(app, "5 Indicators", "ETHUSDT, 4 variants"))


async def test_enter_opens_the_evidence_and_a_suggestion_is_backtested_from_there(tmp_path: Path) -> None:
    async with analysed(tmp_path, MIDDLE) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT", "97 %"))
        await pilot.press("right", "enter")
        await eventually(lambda: line_with(app, "BTCUSDT 5m: ▲ uptrend, 97 % sure"))
        assert asked(analyst, "trend") == {"symbol": BTC, "interval": "5m"}
        assert line_with(app, "price", "60,407.11 to 61,993.03, +1.24 % over 1,000 bars")
        assert line_with(app, "◆ adx", "38.9", "a direction, by Wilder's bounds")
        assert line_with(app, "momentum", "bets that a strong move goes on")
        await pilot.press("down", "b")
        await eventually(lambda: line_with(app, "Run a strategy over recorded data"))
        await eventually(lambda: line_with(app, "strategy", "momentum"))
        assert line_with(app, "source", "tape:BTCUSDT")
        assert line_with(app, "interval", "5m", "length of a bar")
        assert line_with(app, "side", "long_short")


async def test_b_on_a_trend_opens_the_form_of_what_fits_it_best(tmp_path: Path) -> None:
    async with analysed(tmp_path, MIDDLE) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT", "97 %"))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "strategy", "sma_crossover"))
        assert line_with(app, "source", "tape:BTCUSDT")


async def test_what_has_no_evidence_says_so_and_opens_nothing(tmp_path: Path) -> None:
    nothing = {**READY, "trend": None, "status": "PENDING: 23 more bars needed"}
    async with analysed(tmp_path, trend=nothing) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "BTCUSDT 1m: PENDING: 23 more bars needed"))
        assert app.uncovered


# The pair


async def test_a_pair_is_drawn_with_its_figures_and_what_they_say(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, _):
        await eventually(lambda: line_with(app, "2 Pair BTCUSDT / ETHUSDT 1m", "window 60, least squares"))
        await eventually(lambda: line_with(app, "z-score", "BTCUSDT is dear against ETHUSDT"))
        for words in (
            ("prices", "BTCUSDT", "ETHUSDT"),
            ("spread", "mean", "±2 deviations"),
            ("p 0.0041", "half-life 9.6 bars", "hedge 0.8312"),
        ):
            assert line_with(app, *words)
        assert line_with(app, "◆ cointegrated: p = 0.004")
        await eventually(lambda: line_with(app, "! 2 of 1,002 bars"))
        assert any(0x2800 < ord(letter) < 0x2900 for letter in text_of(app))


async def test_interval_window_and_method_of_the_pair_can_be_changed(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, _, pilot):
        await pilot.press("2", "i", "w", "m")
        told = {"a": BTC, "b": ETH, "interval": "5m", "window": 120, "method": "huber"}
        await eventually(lambda: asked(analyst, "pair") == told)
        await pilot.press("I", "m")
        await eventually(lambda: asked(analyst, "pair") == {**told, "interval": "1m", "method": "theil_sen"})


async def test_an_answer_about_another_pair_is_not_shown(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, _):
        pair = app.analyst.pair
        await eventually(lambda: pair.question.found)
        pair.choose(b=SOL)
        assert pair.question.found is None
        await eventually(lambda: line_with(app, "2 Pair BTCUSDT / SOLUSDT", "window 60"))


async def test_a_pair_is_chosen_by_its_symbols(tmp_path: Path) -> None:
    async with analysed(tmp_path, MIDDLE) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT"))
        await pilot.press("slash")
        await eventually(lambda: line_with(app, "Two markets beside each other"))
        await pilot.press(*"ethusdt")
        await eventually(lambda: line_with(app, "is the other leg: a pair needs two"))
        await pilot.press("down", *"xrpusdt", "down", "right", "enter")
        told = {"a": ETH, "b": SYMBOLS[3], "interval": "5m", "window": 60, "method": "ols"}
        await eventually(lambda: asked(analyst, "pair") == told)
        assert app.analyst.pane is app.analyst.pair


async def test_r_registers_the_pair_where_the_catalogue_has_a_strategy_for_it(tmp_path: Path) -> None:
    pairs = {
        "name": "pairs",
        "sentence": "Bets that two markets come back to each other.",
        "legs": 2,
        "params": [
            {"name": "interval", "type": "interval", "default": "5m"},
            {"name": "window", "type": "int", "default": 100, "ge": 3},
            {"name": "entry_z", "type": "float", "default": 2.0},
        ],
    }
    async with analysed(tmp_path, MIDDLE) as (_, engine, app, pilot):
        engine.catalogue = {**CATALOGUE, "strategies": [*CATALOGUE["strategies"], pairs]}
        await app.catalogue.fetch()
        await pilot.press("2", "i", "r")
        await eventually(lambda: line_with(app, "strategy", "pairs") and line_with(app, "window", "60"))
        assert line_with(app, "symbols", "BTCUSDT, ETHUSDT")
        assert line_with(app, "interval", "5m")
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        command = engine.commands[0]
        assert isinstance(command, Register)
        assert (command.name, command.symbols) == ("pairs", ["BTCUSDT", "ETHUSDT"])
        assert command.params == {"interval": "5m", "window": 60, "entry_z": 2.0}
        assert command.terms.side == "long_short", "one leg of a pair is short"


async def test_without_such_a_strategy_r_says_so(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, pilot):
        await pilot.press("2", "r")
        await eventually(lambda: line_with(app, "no strategy `pairs` is in the catalogue"))
        assert app.uncovered


# Correlations


async def test_the_cell_under_the_cursor_names_its_pair_and_enter_shows_it(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "XRP", "-0.60", "-0.71"))
        await pilot.press("3", "down")
        await eventually(lambda: line_with(app, "SOL / BTC", "+0.71 clearly together · 499 bars"))
        await eventually(lambda: asked(analyst, "pair")["a"] == SOL and asked(analyst, "pair")["b"] == BTC)
        await pilot.press("enter")
        await eventually(lambda: app.analyst.pane is app.analyst.pair)


async def test_correlations_of_longer_bars(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, pilot):
        await pilot.press("3", "i")
        await eventually(lambda: asked(analyst, "correlations") == {"interval": "15m", "count": 500})
        await eventually(lambda: line_with(app, "3 Correlations 15m"))


# The scanner


async def test_pairs_are_ranked_with_their_figures_or_why_there_are_none(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, _):
        await eventually(lambda: line_with(app, "▶BTCUSDT / ETHUSDT", "◆", "<0.0001", "+2.61", "9.6", "0.8312", "+0.71", "499"))
        assert line_with(app, "ADAUSDT / DOGEUSDT", "PENDING: 18 more bars needed")
        assert line_with(app, "6 of 15 pairs q < 0.05")
        assert line_with(app, "13 pairs tested on 5m bars, 2 not (w: why)")


async def test_a_scan_says_on_which_bars_it_was_made_and_which_the_next_takes_and_why_z_is_not_known(tmp_path: Path) -> None:
    done = scan_state()
    for row in done["rows"]:
        row |= {"zscore": None, "n": min(row["n"], 73)}
    async with analysed(tmp_path, SMALL, scan_state=done | {"window": 120}) as (_, _, app, pilot):
        await pilot.press("4")
        await eventually(lambda: line_with(app, "13 pairs tested on 5m bars", "z needs 120 bars"))
        await pilot.press("i")
        await eventually(lambda: line_with(app, "13 pairs tested on 5m bars", "z needs 120 bars", "s again on 15m"))


async def test_a_pair_is_drawn_and_registered_on_the_bars_its_figures_are_of(tmp_path: Path) -> None:
    async with analysed(tmp_path, scan_state=scan_state() | {"interval": "15m", "window": 90}) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT / ETHUSDT"))
        await pilot.press("4", "enter")
        await eventually(lambda: (asked(analyst, "pair")["interval"], asked(analyst, "pair")["window"]) == ("15m", 90))
        await pilot.press("3", "down")
        await eventually(lambda: asked(analyst, "pair")["interval"] == "5m")


async def test_enter_says_why_where_there_is_nothing_to_read(tmp_path: Path) -> None:
    nothing = {**READY, "state": "starting", "note": "the analyst starts"}
    async with analysed(tmp_path, SMALL, pair=nothing, indicator_values={**READY, "values": []}) as (_, _, app, pilot):
        await pilot.press("2", "enter")
        await eventually(lambda: line_with(app, "nothing is known of BTCUSDT / ETHUSDT yet"))
        await pilot.press("5", "enter")
        await eventually(lambda: line_with(app, "no variant is under the cursor: n makes one"))


async def test_pgdn_reads_on_in_the_evidence_and_leaves_the_chosen_strategy(tmp_path: Path) -> None:
    async with analysed(tmp_path, SMALL) as (_, _, app, pilot):
        await eventually(lambda: app.analyst.trends.cursor[0])
        await pilot.press("1", "home", "enter")
        await eventually(lambda: isinstance(app.screen, EvidenceDialog))
        text, listed = app.screen.query_one("#text"), app.screen.query_one(OptionList)
        await eventually(lambda: text.max_scroll_y > 0)
        await pilot.press("pagedown")
        await eventually(lambda: text.scroll_y > 0)
        assert listed.highlighted == 0


async def test_one_pane_alone_says_by_which_bars_and_of_which_symbol_its_figures_are(tmp_path: Path) -> None:
    async with analysed(tmp_path, SMALL) as (_, _, app, pilot):
        await pilot.press("3")
        await eventually(lambda: line_with(app, "3 Correlations 5m"))
        await pilot.press("i")
        await eventually(lambda: line_with(app, "3 Correlations 15m"))
        await pilot.press("5")
        await eventually(lambda: line_with(app, "5 Indicators BTCUSDT") and not line_with(app, "Correlations 15m"))


async def test_a_scan_is_started_told_of_and_cancelled(tmp_path: Path) -> None:
    stage = ["idle"]

    def start(_: dict[str, Any]) -> dict[str, Any]:
        stage[0] = "running"
        return READY

    def end(_: dict[str, Any]) -> dict[str, Any]:
        stage[0] = "cancelled"
        return READY

    async with analysed(tmp_path, scan=start, scan_cancel=end, scan_state=lambda _: scan_state(stage[0])) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "s tests every two symbols for cointegration"))
        await pilot.press("4", "x")
        await eventually(lambda: line_with(app, "no scan is under way: s starts one"))
        await pilot.press("i", "s")
        await eventually(lambda: asked(analyst, "scan") == {"interval": "15m", "window": 60})
        await eventually(lambda: line_with(app, "40 %", "6 of 15 pairs", "12s left", "x cancels"))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "Cancelled after 0 of 15 pairs"))
        assert asked(analyst, "scan_cancel") == {}


async def test_a_refused_scan_says_why(tmp_path: Path) -> None:
    refused = {**READY, "note": "a scan is under way"}
    async with analysed(tmp_path, scan=refused) as (_, _, app, pilot):
        await pilot.press("4", "s")
        await eventually(lambda: line_with(app, "a scan is under way"))


async def test_the_pair_follows_the_cursor_of_the_scanner_and_enter_goes_there(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT / ETHUSDT"))
        await pilot.press("4", "down")
        await eventually(lambda: asked(analyst, "pair")["b"] == SOL)
        assert app.analyst.pane is app.analyst.scanner
        await pilot.press("enter")
        await eventually(lambda: app.analyst.pane is app.analyst.pair)


async def test_w_in_the_scanner_says_why_pairs_were_not_tested(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT / ETHUSDT"))
        await pilot.press("4", "w")
        await eventually(lambda: line_with(app, "2 pairs: PENDING: 18 more bars needed"))
        assert line_with(app, "XRPUSDT / DOGEUSDT, 12 bars in common")


# Indicators


async def test_variants_are_told_with_unit_age_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "▶fast_rsi", "61.234", "0 to 100", "rsi", "general"))
        assert line_with(app, "crash", "112.400", "!", "risk")
        assert line_with(app, "slow_sma", "PENDING: 63 more bars needed")
        await pilot.press("5", "down", "enter")
        await eventually(lambda: line_with(app, "flagged", "outside of what its type allows"))


async def test_a_value_that_rests_on_bars_of_the_venue_is_marked_and_says_on_how_many(tmp_path: Path) -> None:
    found = {
        **READY,
        "values": [value("slow", venue_bars=187), value("soon", value=None, venue_bars=3, note="PENDING: 9 more bars needed")],
    }
    async with analysed(tmp_path, indicator_values=found) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "▶slow", "61.234", " v ", "0 to 100"))
        assert line_with(app, "soon", "PENDING: 9 more bars needed")
        await pilot.press("5", "enter")
        await eventually(lambda: line_with(app, "rests on", "187 bars of the venue's own, from before our prints"))


async def test_without_variants_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    async with analysed(tmp_path, indicator_values={**READY, "values": []}) as (_, _, app, _):
        await eventually(lambda: line_with(app, "No indicator follows BTCUSDT yet"))
        assert line_with(app, "cockpit indicators add fast_rsi rsi --param period=7")


async def test_variants_are_added_changed_and_deleted_where_their_values_are(tmp_path: Path) -> None:
    async with analysed(tmp_path, indicators=INDICATORS) as (_, engine, app, pilot):
        await eventually(lambda: line_with(app, "▶fast_rsi"))
        await pilot.press("5", "e")
        await eventually(lambda: line_with(app, "Change fast_rsi") and line_with(app, "period", "7"))
        await pilot.press("escape", "n")
        await eventually(lambda: line_with(app, "symbols", "BTCUSDT") and not line_with(app, "Change fast_rsi"))
        await pilot.press("escape", "d")
        await eventually(lambda: line_with(app, "Delete the variant fast_rsi?"))
        await pilot.press("d")
        await eventually(lambda: engine.commands == [RemoveVariant(name="fast_rsi")])


async def test_without_a_variant_under_the_cursor_there_is_none_to_change(tmp_path: Path) -> None:
    async with analysed(tmp_path, indicator_values={**READY, "values": []}) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "No indicator follows BTCUSDT yet"))
        for key in "ed":
            await pilot.press("5", key)
            await eventually(lambda: line_with(app, "no variant is under the cursor: n makes one"))
            app.clear_notifications()
        assert app.uncovered


# When all is not well


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=str)
async def test_an_analyst_that_starts_or_failed_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    async with analysed(tmp_path, size, trends={"state": "starting", "note": "", "asof_ns": NOON}) as (analyst, _, app, _):
        await eventually(lambda: line_with(app, "The analyst is starting"))
        analyst.answers["trends"] = lambda _: {"state": "failed", "note": "it ended with 11", "asof_ns": NOON}
        await eventually(lambda: line_with(app, "analyst failed: it ended with 11"))
        analyst.answers["trends"] = lambda _: trends()
        await eventually(lambda: line_with(app, "▶BTCUSDT", "up   97%"))
        analyst.answers["trends"] = lambda _: {**trends(), "state": "failed", "note": "it ended with 11"}
        await eventually(lambda: line_with(app, "▶BTCUSDT", "up   97%") and line_with(app, "the analyst failed: it ended with 11"))


@pytest.mark.parametrize("answer", [{"rows": []}, {**READY, "rows": [{"cells": 3}]}, None, []], ids=str)
async def test_an_engine_that_answers_otherwise_is_called_older(tmp_path: Path, answer: Any) -> None:
    async with analysed(tmp_path, trends=answer) as (_, _, app, _):
        await eventually(lambda: line_with(app, "This engine is older than the screen: restart it"))


async def test_an_engine_that_knows_no_such_question_is_called_older(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)), cockpit(tmp_path, WIDE) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app))
        await pilot.press("f3")
        await eventually(lambda: text_of(app).count("This engine is older") == 5)
        await pilot.press("4", "s")
        await eventually(lambda: line_with(app, "this engine is older: restart it"))


async def test_what_was_told_stays_when_the_engine_is_gone_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, engine, app, _):
        await eventually(lambda: line_with(app, "▶BTCUSDT", "up   97%"))
        await engine.stop()
        await eventually(lambda: line_with(app, "engine gone"))
        assert line_with(app, "▶BTCUSDT", "up   97%")
        count = len(analyst.asked)
        await engine.start()
        await eventually(lambda: len(analyst.asked) > count)


async def test_without_two_symbols_it_is_said_what_to_do(tmp_path: Path) -> None:
    bare: dict[str, Any] = {"trends": {**READY, "rows": []}, "correlations": {**READY, "symbols": [], "matrix": [], "bars": []}}
    async with analysed(tmp_path, symbols=(), **bare) as (_, _, app, pilot):
        await eventually(lambda: line_with(app, "No symbol is streamed yet"))
        await eventually(lambda: line_with(app, "A correlation needs two symbols"))
        await pilot.press("slash")
        await eventually(lambda: line_with(app, "a pair needs two symbols: F1, then s adds some"))


async def test_what_engines_say_reaches_the_terminal_as_letters_only(tmp_path: Path) -> None:
    evil = {**trends(), "note": "\x1b]0;pwned\x07hm"}
    evil["rows"][0]["cells"]["1m"] = {"trend": None, "why": "\x1b[2Jgone\x07"}
    async with analysed(tmp_path, trends=evil) as (_, _, app, _):
        await eventually(lambda: line_with(app, "BTCUSDT 1m", "gone"))
        assert not {"\x1b", "\x07"} & set(text_of(app))


async def test_nothing_is_done_by_a_screen_that_only_looks(tmp_path: Path) -> None:
    async with analysed(tmp_path) as (analyst, _, app, pilot):
        await eventually(lambda: line_with(app, "▶BTCUSDT"))
        app.settings = type(app.settings)(read_only=True)
        for key in ("r", "b", "s"):
            await pilot.press("2", key)
            await eventually(lambda: line_with(app, "read-only: this screen looks, and does nothing"))
            app.clear_notifications()
        assert "scan" not in analyst.words()
