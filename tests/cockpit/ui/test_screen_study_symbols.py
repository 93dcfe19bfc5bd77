"""Studies over several symbols on the lab's screen: asked for with folders, tapes and names, and shown symbol by symbol."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest
from fake_coins import COINS, coins_report, coins_row, with_coins
from fake_engine import TERMS, FakeEngine
from fake_lab import STUDY, running_study, with_runs, with_studies
from form_rig import entry, in_study_form, sent, told_of
from screen_rig import SMALL, WIDE, cockpit, eventually, line_with, lines_of, opened, text_of, trading

from cockpit.forms.many import SourcesEntry
from core.commands import Backtest, Optimize


async def test_the_verdict_of_several_symbols_tells_each_of_them_and_what_chance_says_of_the_best(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_coins(engine, coins_row())
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "2 Verdict: run-9: study of sma_crossover over coins"))
        await eventually(lambda: line_with(app, "best", "fast 8, slow 50 on ETHUSDT"))
        assert line_with(app, "run-9", "coins", "holds, best of 270: ETHUSDT")
        assert line_with(app, "Sharpe", "net P&L", "tested", "best there")
        assert line_with(app, "ETHUSDT", "1.80", "+1,260.00", "+90.00", "fast 8, slow 50")
        assert line_with(app, "SOLUSDT", "0.80", "+560.00", "-110.00")
        assert line_with(app, "out of sample (rolling, ETHUSDT)", "+90.00 USDT")
        assert not line_with(app, "out of sample (rolling, BTCUSDT)")
        assert line_with(app, "drawn again", "-40.00 to +1,300.00 USDT")
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "↑ ↓ scroll"))
        assert line_with(app, "out of sample (rolling, SOLUSDT)", "-110.00 USDT")
        await pilot.press("end")
        await eventually(lambda: line_with(app, "10,000 paths of its periods, 0.2 % lost half the capital"))
        assert line_with(app, "100 runs, prices off by 1 bp, costs times 0.5 to 2: 13 % lost")
        assert line_with(app, "symbols", "3: all it holds")
        assert line_with(app, "judged", "rolling, 3 folds, 70 % to choose on, embargo 1")
        assert line_with(app, "note: binance:SOLUSDT: 2 rows were out of order")
        assert line_with(app, "left out: XRPUSDT: no table of columns")


async def test_the_map_is_of_the_symbol_of_the_trial_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_coins(engine, coins_row())
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Map: on ETHUSDT: Sharpe by fast → and slow ↑"))
        assert line_with(app, "4 Ranking", "best 270 of 270")
        assert line_with(app, "▶", "ETHUSDT", "8", "50", "1.80")
        assert "binance:ETHUSDT" not in text_of(app)
        await pilot.press("4", "end")
        await eventually(lambda: line_with(app, "3 Map: on SOLUSDT: Sharpe by fast"))


async def test_b_makes_a_run_of_the_trial_on_its_own_symbol(tmp_path: Path) -> None:
    (tmp_path / "coins").mkdir()
    for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
        (tmp_path / "coins" / f"{name}-1m.csv").write_text("x")
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_coins(engine, coins_row())
        told = coins_report(coins_row())
        told["detail"]["origins"] = {symbol: str(tmp_path / "coins" / f"{symbol[8:]}-1m.csv") for symbol in COINS}
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "best 270 of 270"))
        await pilot.press("4", "end", "b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over SOLUSDT-1m.csv: 0.5 a unit"))
        command = await sent(engine, pilot, Backtest)
        assert (command.source, command.symbol) == (str(tmp_path / "coins" / "SOLUSDT-1m.csv"), None)


async def test_a_trial_on_every_symbol_of_the_tape_is_run_on_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(STUDY, sources=["tape:*@2024-08-08.."])
        row = coins_row(order=order)
        with_coins(engine, row)
        told = coins_report(row)
        told["detail"]["origins"] = {symbol: f"tape:{symbol}@2024-08-08.." for symbol in COINS}
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "best 270 of 270"))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:ETHUSDT@2024-08-08..:"))


async def test_b_on_a_study_under_way_begins_with_a_symbol_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(STUDY, sources=["tape:*"])
        with_studies(engine, running_study(9, order=order, best=None, series=2, symbol=COINS[1]))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "43/90 trials"))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:ETHUSDT:"))


# The form


async def test_a_folder_and_a_file_are_tried_at_once_and_symbols_of_them_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "coins").mkdir()
    (tmp_path / "SOLUSDT-1m.csv").write_text("x")
    sources = f"{tmp_path / 'coins'}, {tmp_path / 'SOLUSDT-1m.csv'}"
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        held = {"coins": ["BTCUSDT", "ETHUSDT"], "SOLUSDT-1m.csv": ["SOLUSDT"]}
        engine.answers["source"] = lambda args: {"symbols": held[Path(args["path"]).name], "wrong": ""}
        await in_study_form(app, pilot)
        entry(app, "source").text = f"{sources}, {tmp_path / 'none'}"
        await eventually(lambda: line_with(app, "source none is no file or folder here"))
        entry(app, "source").text = f"{sources}, {tmp_path / 'coins'}"
        await eventually(lambda: line_with(app, "source coins is named twice"))
        entry(app, "source").text = sources
        await eventually(lambda: line_with(app, "symbols", "all 3 it holds: BTCUSDT, ETHUSDT, SOLUSDT"))
        await eventually(lambda: line_with(app, "momentum over coins, SOLUSDT-1m.csv, on each of 3 symbols"))
        entry(app, "symbols").text = "doge"
        await eventually(lambda: line_with(app, "symbols has DOGE, which is not in it: it holds BTCUSDT, ETHUSDT, SOLUSDT"))
        entry(app, "symbols").text = "ethusdt, sol/usdt"
        await eventually(lambda: line_with(app, "symbols", "2 of the 3 it holds"))
        entry(app, "lookback").text = "5:15:5"
        await eventually(lambda: line_with(app, "all 3 combinations of momentum", "on each of 2 symbols"))
        command = await sent(engine, pilot, Optimize)
        assert command.sources == sources.split(", ")
        assert command.symbols == ["ETHUSDT", "SOL/USDT"]


async def test_every_series_of_the_tape_is_offered_and_its_symbols_are_gone_through(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await in_study_form(app, pilot)
        for words in ("tape:ETHUSDT", "tape:*"):
            await pilot.press("ctrl+n")
            await eventually(partial(line_with, app, "source", words))
        await eventually(lambda: line_with(app, "symbols", "all 2 it holds: BTCUSDT, ETHUSDT"))
        await pilot.press("down", "ctrl+n", "ctrl+n")
        await eventually(lambda: entry(app, "symbols").text == "ETHUSDT")
        entry(app, "source").text = "tape:*@soon.."
        await eventually(lambda: line_with(app, "source has a time that is none"))
        entry(app, "source").text = "tape:*@2024-08-08.."
        await pilot.press("ctrl+n")
        await eventually(lambda: entry(app, "symbols").text == "")
        command = await sent(engine, pilot, Optimize)
        assert (command.sources, command.symbols) == (["tape:*@2024-08-08.."], [])


async def test_how_the_choice_is_judged_is_asked_within_its_bounds(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await in_study_form(app, pilot)
        cases = [
            ("folds", "1", "folds must be at least 2"),
            ("train", "1", "train must be below 1"),
            ("embargo", "-1", "embargo must be at least 0"),
            ("monte_carlo", "0", "monte carlo must be at least 1"),
        ]
        await told_of(app, cases)
        for name, text in (("validate", "rolling"), ("folds", "8"), ("train", "0.8"), ("embargo", "3"), ("monte_carlo", "5000")):
            entry(app, name).text = text
        await eventually(lambda: line_with(app, "judged by rolling"))
        command = await sent(engine, pilot, Optimize)
        assert (command.validate, command.folds, command.train) == ("rolling", 8, 0.8)
        assert (command.embargo, command.monte_carlo) == (3, 5000)


async def test_a_parameter_may_be_called_as_a_field_of_the_form(tmp_path: Path) -> None:
    engine = trading(FakeEngine(tmp_path))
    own = {"name": "folds", "type": "int", "default": 3, "description": "of paper", "ge": 1}
    engine.catalogue = {"strategies": [{"name": "crane", "sentence": "Bets on paper.", "legs": 1, "params": [own]}], "terms": TERMS}
    async with engine, cockpit(tmp_path, WIDE) as (app, pilot):
        with_runs(engine)
        await eventually(lambda: line_with(app, "BTCUSDT"))
        await pilot.press("f2", "s")
        await eventually(lambda: line_with(app, "Enter tries 1 combination of crane"))
        command = await sent(engine, pilot, Optimize)
        assert (command.params, command.folds) == ({"folds": 3}, 5)


@pytest.mark.slow
async def test_on_a_small_screen_every_field_of_a_study_can_be_gone_to_with_its_help_and_what_enter_does_in_sight(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        with_runs(engine)
        await in_study_form(app, pilot)
        fields = [one for one in app.screen.query("Entry")]
        seen: list[str] = []
        for one in fields:
            await eventually(lambda one=one: app.focused is one.control)  # type: ignore[misc, attr-defined]
            await eventually(lambda one=one: any(line.startswith(f"│ {one.label[:16]}") for line in lines_of(app)))  # type: ignore[misc, attr-defined]
            hint = one.hint()  # type: ignore[attr-defined]
            await eventually(lambda hint=hint: all(word in text_of(app) for word in hint.split()))  # type: ignore[misc]
            assert line_with(app, "Enter tries")
            seen.append(one.label)  # type: ignore[attr-defined]
            await pilot.press("down")
        assert {"symbols", "train", "embargo", "monte carlo", "also", "gaps"} <= set(seen)
        assert "esc leaves" in text_of(app)


async def test_the_last_of_several_sources_is_completed(tmp_path: Path) -> None:
    (tmp_path / "coins").mkdir()
    suggester = SourcesEntry("", []).suggester_of(["tape:BTCUSDT"])
    assert await suggester.get_suggestion(f"{tmp_path}/x.csv, {tmp_path}/co") == f"{tmp_path}/x.csv, {tmp_path}/coins/"
    assert await suggester.get_suggestion("a.csv, tape:B") == "a.csv, tape:BTCUSDT"
    assert await suggester.get_suggestion("a.csv, ") is None
