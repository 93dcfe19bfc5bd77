"""Strategies of two legs on the lab's screen: what the forms ask and refuse, what is sent, and how a run and a study of them are shown."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from fake_engine import FakeEngine, strategy_row
from fake_lab import run_row, with_runs
from fake_legs import ORDER, legs_row, legs_study, of_legs, with_legs
from form_rig import entry, sent, told_of
from screen_rig import SMALL, WIDE, cockpit, eventually, line_with, text_of, trading
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from core.commands import Backtest, Optimize, Register

Opened = tuple[FakeEngine, CockpitApp, Pilot[None]]


@asynccontextmanager
async def opened(home: Path, size: tuple[int, int] = WIDE) -> AsyncIterator[Opened]:
    """An engine that trades and knows `pairs`, and the app showing it."""
    async with of_legs(trading(FakeEngine(home))) as engine, cockpit(home, size) as (app, pilot):
        with_runs(engine)
        await eventually(lambda: "BTCUSDT" in text_of(app) and app.catalogue.offers)
        yield engine, app, pilot


async def in_form(app: CockpitApp, pilot: Pilot[None], key: str = "b") -> None:
    """The form of a run or a study, about `pairs`."""
    await pilot.press("f2", key)
    await eventually(lambda: line_with(app, "Enter"))
    entry(app, "strategy").text = "pairs"
    await eventually(lambda: line_with(app, "window"))


async def test_a_strategy_of_two_legs_is_run_over_a_tape_of_each(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await in_form(app, pilot)
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:BTCUSDT, tape:ETHUSDT: 1 a unit, long or short"))
        command = await sent(engine, pilot, Backtest)
        assert (command.sources, command.symbol) == (["tape:BTCUSDT", "tape:ETHUSDT"], None)
        assert command.terms.side == "long_short"
        await eventually(lambda: line_with(app, "▶", "run-1", "pairs", "tape:BTCUSDT, tape:ETHUSDT", "queued"))


async def test_what_was_put_there_for_two_legs_is_taken_back_for_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await in_form(app, pilot)
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:BTCUSDT, tape:ETHUSDT"))
        entry(app, "strategy").text = "momentum"
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:BTCUSDT: 1 a unit, long or flat"))
        entry(app, "strategy").text = "pairs"
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:BTCUSDT, tape:ETHUSDT: 1 a unit, long or short"))
        entry(app, "source").text = "tape:ETHUSDT, tape:BTCUSDT"
        entry(app, "strategy").text = "momentum"
        await eventually(lambda: line_with(app, "source", "tape:ETHUSDT is read alone: the strategy trades one symbol"))


async def test_ctrl_n_goes_through_the_tapes_for_each_leg_and_of_every_tape_through_the_symbols(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await in_form(app, pilot)
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:BTCUSDT, tape:ETHUSDT"))
        for words in ("tape:ETHUSDT, tape:BTCUSDT", "tape:*"):
            await pilot.press("ctrl+n")
            await eventually(partial(line_with, app, "source", words))
        await eventually(lambda: line_with(app, "symbol is to be given: the strategy trades 2 symbols, with a comma between"))
        assert line_with(app, "it holds BTCUSDT, ETHUSDT")
        entry(app, "symbol").control.focus()
        await pilot.press("ctrl+n")
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:*, the rows of BTCUSDT and ETHUSDT"))
        await pilot.press("ctrl+n")
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:*, the rows of ETHUSDT and BTCUSDT"))
        command = await sent(engine, pilot, Backtest)
        assert (command.sources, command.symbol) == (["tape:*"], "ETHUSDT,BTCUSDT")


async def test_what_is_wrong_with_the_legs_is_said_while_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    for name in ("BTCUSDT-1m.csv", "BTCUSDT-1m-more.csv"):
        (tmp_path / name).write_text("x")
    held = {"both": ["BTCUSDT", "ETHUSDT", "SOLUSDT"], "BTCUSDT-1m.csv": ["BTCUSDT"], "BTCUSDT-1m-more.csv": ["BTCUSDT"]}
    async with opened(tmp_path) as (engine, app, pilot):
        engine.answers["source"] = lambda args: {"symbols": held.get(Path(args["path"]).name, []), "wrong": ""}
        await in_form(app, pilot)
        await eventually(lambda: line_with(app, "Enter runs pairs"))
        files = f"{tmp_path}/BTCUSDT-1m.csv, {tmp_path}/BTCUSDT-1m-more.csv"
        cases = [
            ("source", "tape:BTCUSDT", "source is of 1, and the strategy trades 2 symbols: one for each with commas"),
            ("source", "tape:BTCUSDT, tape:BTCUSDT", "source tape:BTCUSDT is named twice"),
            ("source", "tape:BTCUSDT, tape:btcusdt@2024-08-08..", "source has BTCUSDT twice: each leg needs a symbol of its own"),
            ("source", "tape:BTCUSDT, tape:DOGEUSDT", "source tape:DOGEUSDT is not on the tape, which holds BTCUSDT, ETHUSDT"),
            ("source", files, "source has BTCUSDT twice: each leg needs a symbol of its own"),
            ("symbol", "BTCUSDT", "symbol has 1, and the strategy trades 2 symbols, with a comma between"),
            ("symbol", "BTCUSDT,btc/usdt", "symbol has BTC/USDT twice: each leg needs a symbol of its own"),
            ("symbol", "BTCUSDT,XRPUSDT", "symbol has XRPUSDT, which is not in it: it holds BTCUSDT, ETHUSDT"),
            ("costs", "measured", "costs are measured of one symbol, and the strategy trades 2: leave it empty"),
            ("side", "long_flat", "pairs holds its legs against each other: side=long_flat would leave one out"),
            ("stop_loss_pct", "2", "pairs holds its legs against each other: stop_loss_pct would close one alone"),
        ]
        await told_of(app, cases)
        entry(app, "source").text = str(tmp_path / "both")
        await eventually(lambda: line_with(app, "symbol is to be given", "it holds BTCUSDT, ETHUSDT, SOLUSDT"))
        entry(app, "symbol").text = "solusdt, btcusdt"
        await eventually(lambda: line_with(app, "Enter runs pairs over both, the rows of SOLUSDT and BTCUSDT"))
        command = await sent(engine, pilot, Backtest)
        assert (command.sources, command.symbol) == ([str(tmp_path / "both")], "SOLUSDT,BTCUSDT")


async def test_gaps_are_asked_of_the_tapes_of_the_legs_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        asked: list[list[str]] = []
        engine.answers["gaps"] = lambda args: asked.append(args["sources"])
        await in_form(app, pilot)
        await eventually(lambda: asked[-1:] == [["tape:BTCUSDT", "tape:ETHUSDT"]])
        entry(app, "source").text = "tape:*@2024-08-08.."
        entry(app, "symbol").text = "ETHUSDT, BTCUSDT"
        await eventually(lambda: asked[-1] == ["tape:ETHUSDT@2024-08-08..", "tape:BTCUSDT@2024-08-08.."])


async def test_a_run_of_two_legs_shows_both_in_the_list_the_result_and_the_trades(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        with_legs(engine, legs_row(2), run_row(1))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Equity: run-2", "all legs together, ends at 11,234.50"))
        assert line_with(app, "run-2", "pairs", "tape:BTCUSDT, tape:ETHUSDT", "✓ done")
        assert line_with(app, "2 Result: run-2: pairs over tape:BTCUSDT, tape:ETHUSDT")
        assert line_with(app, "net P&L", "+1,234.50  USDT, +12.35 % of capital")
        assert line_with(app, "BTCUSDT", "-11.50", "USDT, 1 of the newest 2 trades")
        assert line_with(app, "ETHUSDT", "+42.50", "USDT, 1 of the newest 2 trades")
        assert line_with(app, "60,191 ticks of BTCUSDT, ETHUSDT, tape")
        assert line_with(app, "time (UTC)", "symbol", "side")
        assert line_with(app, "13:02:13", "ETHUSDT", "sell", "2,684.25")
        assert line_with(app, "13:02:12", "BTCUSDT", "buy", "61,651.00")
        await pilot.press("4", "enter")
        await eventually(lambda: line_with(app, "what", "sell 0.50 ETHUSDT at 2,684.25"))
        await pilot.press("escape", "end", "enter")
        await eventually(lambda: line_with(app, "decided", "signal 314"))
        await pilot.press("escape", "1", "end")
        await eventually(lambda: line_with(app, "2 Result: run-1"))
        await eventually(lambda: line_with(app, "time (UTC)", "side") and not line_with(app, "time (UTC)", "symbol"))


async def test_on_a_small_screen_the_fills_still_say_their_leg(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        with_legs(engine, legs_row(2))
        await pilot.press("f2", "4")
        await eventually(lambda: line_with(app, "13:02:13", "ETHUSDT", "sell"))


async def test_a_run_of_two_legs_is_made_again_compared_registered_and_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        named = msgspec.structs.replace(ORDER, source="/data/both", further=[], symbol="BTCUSDT,ETHUSDT")
        with_legs(engine, legs_row(2), legs_row(1, order=named))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Equity: run-2"))
        assert line_with(app, "run-1", "both: BTCUSDT, ETHUSDT")
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:BTCUSDT, tape:ETHUSDT: 0.5 a unit, long or short"))
        assert await sent(engine, pilot, Backtest) == ORDER
        with_legs(engine, legs_row(3), legs_row(1, order=named))
        await eventually(lambda: app.uncovered and line_with(app, "▶", "run-3", "✓ done"))
        await pilot.press("c", "down")
        await eventually(lambda: line_with(app, "B pairs over both: BTCUSDT, ETHUSDT"))
        await pilot.press("c", "r")
        await eventually(lambda: line_with(app, "Register pairs on BTCUSDT, ETHUSDT as run-1 tested it?"))
        await pilot.press("r")
        registered = Register(name="pairs", symbols=["BTCUSDT", "ETHUSDT"], params=ORDER.params, terms=ORDER.terms)
        await eventually(lambda: registered in engine.commands)
        await pilot.press("e")
        await eventually(lambda: line_with(app, "run-1.json"))
        written = json.loads((tmp_path / "exports" / "run-1.json").read_text())
        assert written["order"]["symbol"] == "BTCUSDT,ETHUSDT"
        fills = (tmp_path / "exports" / "run-1-fills.csv").read_text()
        assert "binance:BTCUSDT" in fills
        assert "binance:ETHUSDT" in fills


async def test_b_on_a_live_strategy_of_two_legs_runs_it_over_the_tapes_of_both(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        row = strategy_row("pairs-1", name="pairs", symbols=["binance:ETHUSDT", "binance:BTCUSDT"], params={"window": 120})
        engine.strategies = [row]
        engine.answers["order"] = lambda args: Register(name="pairs", symbols=row.symbols, terms=ORDER.terms)
        engine.moved("strategies")
        await eventually(lambda: line_with(app, "pairs-1"))
        await pilot.press("2", "b")
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:ETHUSDT, tape:BTCUSDT: 0.5 a unit, long or short"))
        command = await sent(engine, pilot, Backtest)
        assert (command.params, command.sources) == ({"window": 120}, ["tape:ETHUSDT", "tape:BTCUSDT"])


async def test_a_study_asks_for_the_symbols_of_the_legs_and_takes_others_of_as_many(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await in_form(app, pilot, "s")
        await eventually(lambda: line_with(app, "Enter tries 1 combination of pairs over tape:BTCUSDT, tape:ETHUSDT,"))
        entry(app, "window").text = "30,60,90"
        await told_of(
            app,
            [
                ("also", "momentum", "also has momentum, which is no strategy of 2 symbols; there are pairs"),
                ("symbols", "BTCUSDT", "symbols has 1, and the strategy trades 2 symbols, with a comma between"),
                ("source", "tape:*", "symbols is to be given: the strategy trades 2 symbols"),
            ],
        )
        await eventually(lambda: line_with(app, "Enter tries all 3 combinations of pairs over tape:BTCUSDT, tape:ETHUSDT, where"))
        entry(app, "source").text = "tape:*"
        entry(app, "symbols").text = "ethusdt,btcusdt"
        await eventually(lambda: line_with(app, "Enter tries all 3 combinations of pairs over tape:*, where"))
        command = await sent(engine, pilot, Optimize)
        assert (command.sources, command.symbols, command.ranges) == (["tape:*"], ["ETHUSDT", "BTCUSDT"], ["window=30,60,90"])
        assert command.terms.side == "long_short"


async def test_a_study_of_two_legs_is_shown_made_again_run_and_registered_as_both(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        with_legs(engine, legs_study(9))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "4 Ranking", "best 3 of 90"))
        assert line_with(app, "net P&L", "USDT, Sharpe")
        await pilot.press("s")
        await eventually(lambda: line_with(app, "Enter tries all 3 combinations of pairs over tape:*, where"))
        assert entry(app, "symbols").text == "BTCUSDT, ETHUSDT"
        await pilot.press("escape", "r")
        await eventually(lambda: line_with(app, "Register pairs on BTCUSDT, ETHUSDT as run-9 tried it?"))
        await pilot.press("escape", "b")
        await eventually(lambda: line_with(app, "Enter runs pairs over tape:*, the rows of BTCUSDT and ETHUSDT"))
        command = await sent(engine, pilot, Backtest)
        assert (command.sources, command.symbol, command.params) == (["tape:*"], "BTCUSDT,ETHUSDT", {"window": 90})
