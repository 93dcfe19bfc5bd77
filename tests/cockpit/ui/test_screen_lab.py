"""The lab on a scripted engine: the list of runs, what came out of one, two side by side, every key, and the form of a run."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import msgspec
import pytest
from fake_engine import NOON, FakeEngine
from fake_lab import FIGURES, HOUR, ORDER, failed_row, report, run_row, running_row, waiting_row, with_runs
from form_rig import HOSTILE, entry, sent
from screen_rig import MIDDLE, SMALL, WIDE, burst, eventually, line_with, lines_of, opened, text_of
from textual.pilot import Pilot

from cockpit import figures
from cockpit.app import CockpitApp
from cockpit.panes.result import SHARPE_NS
from core.commands import Backtest, CancelRun, Register, Terms
from core.research.metrics import LEAST_SPAN_NS
from core.view import LabView


async def in_lab(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None]) -> None:
    """F2, once its first run's result is there."""
    await pilot.press("f2")
    if any(row.state == "done" for row in engine.lab.runs[:1]):
        await eventually(lambda: line_with(app, "3 Equity: run-") and "┤" in text_of(app))
    else:
        await eventually(lambda: line_with(app, "1 Runs"))


@pytest.mark.parametrize("size", [WIDE, MIDDLE])
async def test_f2_shows_the_runs_and_of_the_chosen_one_figures_curve_and_trades(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        with_runs(engine, running_row(4), waiting_row(3), failed_row(2, "none.csv: no such file"), run_row(1), total=41)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "1 Runs", "1 of 2 running, 1 queued · 41 in this home"))
        for words in (
            ("run-4", "43 %", "s left"),
            ("run-3", "◌ queued"),
            ("run-2", "✖ failed: none.csv: no such file"),
            ("run-1", "sma_crossover", "tape:BTCUSDT", "✓ done 1.00 s", "+1,234.50", "+12.35", "1.21"),
            ("It is under way …",),
        ):
            await eventually(partial(line_with, app, *words))
        await pilot.press("end")
        await eventually(lambda: line_with(app, "net P&L", "+1,234.50  USDT, +12.35 % of capital"))
        await eventually(lambda: line_with(app, "3 Equity: run-1", "ends at 11,234.50"))
        assert line_with(app, "max drawdown", "123.40  USDT")
        assert line_with(app, "Sharpe", "1.73")
        assert line_with(app, "11,234.50 ┤")
        assert line_with(app, "-123.40 ┤")
        assert line_with(app, "4 Trades", "newest 2 of 625 fills")
        assert line_with(app, "▶2026-11-20 13:02:13", "sell", "0.50", "+42.50", "stop loss")
        if size == WIDE:
            assert line_with(app, "params", "fast 5, slow 20, interval 1s")
            assert line_with(app, "terms", "0.5 a unit, long or short, capital 10,000")
            assert line_with(app, "note: 3 of the ticks came too late")
        assert "F1" in lines_of(app)[-1]
        assert lines_of(app)[-1].count(" register ") == 1


async def test_a_small_screen_shows_one_part_at_a_time_and_enter_goes_to_the_result(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        with_runs(engine, run_row(2), running_row(1))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "▶", "run-2", "✓ done"))
        *tabs, last = (word.strip() for word in lines_of(app)[1].split("│"))
        assert tabs == ["1 Runs(1)", "2 Result", "3 Equity"]
        assert last.split(maxsplit=2) == ["4", "Trades", "1 of 2 running · 2 in this home"]
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "net P&L", "+1,234.50"))
        for key, words in (("3", "11,234.50 ┤"), ("4", "stop loss"), ("1", "run-2")):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))


async def test_an_empty_lab_says_what_to_press(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "No run yet: press b to run a strategy over recorded data."))
        assert line_with(app, "drawn here")
        assert line_with(app, "are listed here")
        for key, words in (("x", "no run yet"), ("c", "no run yet"), ("e", "no run yet")):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))


async def test_runs_are_pulled_only_while_the_lab_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, _app, pilot):
        assert not any("lab" in pull.panes for pull in engine.pulls)
        await pilot.press("f2")
        await eventually(lambda: set(engine.pulls[-1].panes) == {"header", "alerts", "strategies", "lab"})
        await pilot.press("f1")
        await eventually(lambda: "lab" not in engine.pulls[-1].panes)


async def test_a_run_that_ends_while_another_screen_is_shown_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, running_row(2), running_row(1))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "run-1", "43 %"))
        await pilot.press("f1")
        await eventually(lambda: line_with(app, "1 Prices"))
        with_runs(engine, running_row(2), run_row(1))
        await eventually(lambda: line_with(app, "run-1 is done: sma_crossover made +1,234.50 USDT (F2)"))
        with_runs(engine, failed_row(2, "out of memory"), run_row(1))
        await eventually(lambda: line_with(app, "run-2 failed: out of memory (F2)"))
        await eventually(lambda: "lab" not in engine.pulls[-1].panes)


async def test_o_sorts_the_runs_by_what_they_made(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        rows = [run_row(n, figures={**FIGURES, "net_pnl": made}) for n, made in ((3, 10.0), (2, 30.0), (1, 20.0))]
        with_runs(engine, *rows)
        await in_lab(engine, app, pilot)
        await pilot.press(*"ooooooo")
        await eventually(lambda: line_with(app, "▾net P&L"))
        await eventually(lambda: [row.key for row in app.lab.runs.listing.shown] == ["run-2", "run-1", "run-3"])
        await pilot.press("O")
        await eventually(lambda: [row.key for row in app.lab.runs.listing.shown] == ["run-3", "run-1", "run-2"])


async def test_progress_moves_and_the_result_comes_by_itself(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, running_row(1, None))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "run-1", "● running  25.0k rows"))
        with_runs(engine, running_row(1, 0.17, reading=True))
        await eventually(lambda: line_with(app, "run-1", "● reading 17 %  25.0k rows"))
        assert line_with(app, "x cancels it")
        with_runs(engine, running_row(1, 1.0, reading=True))
        await eventually(lambda: line_with(app, "run-1", "● preparing  25.0k rows"))
        with_runs(engine, msgspec.structs.replace(running_row(1, 0.0, reading=True), rows=0))
        await eventually(lambda: line_with(app, "run-1", "● reading") and "%" not in line_with(app, "run-1", "● reading"))
        with_runs(engine, running_row(1, 0.8))
        await eventually(lambda: line_with(app, "run-1", "80 %", "s left"))
        with_runs(engine, run_row(1))
        await eventually(lambda: line_with(app, "3 Equity: run-1"))
        assert line_with(app, "run-1", "+1,234.50")


async def test_x_cancels_what_waits_or_runs_and_says_of_others_that_they_are_over(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, running_row(2), run_row(1))
        await in_lab(engine, app, pilot)
        await eventually(lambda: line_with(app, "▶", "run-2"))
        await pilot.press("x")
        await eventually(lambda: engine.commands == [CancelRun(id="run-2")])
        await eventually(lambda: line_with(app, "run-2 is cancelled"))
        await pilot.press("down", "x")
        await eventually(lambda: line_with(app, "run-1 is over already: done"))
        assert len(engine.commands) == 1


async def test_c_marks_a_run_and_shows_every_other_one_beside_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(ORDER, params={"fast": 9})
        worse = run_row(1, figures={**FIGURES, "net_pnl": 1_000.0, "sharpe": None}, order=order)
        with_runs(engine, run_row(3), worse)
        await in_lab(engine, app, pilot)
        await pilot.press("c", "down")
        await eventually(lambda: line_with(app, "2 Result: A run-3 beside B run-1"))
        assert line_with(app, "net P&L", "+1,234.50", "+1,000.00", "-234.50", "USDT")
        assert line_with(app, "Sharpe", "1.73", figures.NONE)
        assert line_with(app, " A  run-3")
        assert line_with(app, "fast 9")
        await eventually(lambda: line_with(app, "3 Equity", "A run-3 dim, B run-1 bright"))
        await pilot.press("up", "c")
        await eventually(lambda: line_with(app, "2 Result: run-3"))
        assert not line_with(app, " A  run-3")


async def test_totals_over_other_spans_are_not_compared_and_both_spans_are_said(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        short = run_row(1, first_ns=NOON - 3 * HOUR, figures={**FIGURES, "net_pnl": 100.0, "sharpe": None})
        with_runs(engine, run_row(2), short)
        await in_lab(engine, app, pilot)
        await pilot.press("c", "down")
        await eventually(lambda: line_with(app, "≠ totals over 3d 00h and 3h 00m are not compared"))
        assert line_with(app, "net P&L", "+1,234.50", "+100.00", "≠", "USDT")
        assert line_with(app, "a day", "+411.50", "+800.00", "+388.50", "USDT")
        assert line_with(app, "won", "58.0", "58.0", "0.0"), "a share is comparable"
        await eventually(lambda: line_with(app, "A 2026-11-17 14:02:11 to 2026-11-20 14:02:11 UTC, 3d 00h"))
        assert line_with(app, "B 2026-11-20 11:02:11 to 2026-11-20 14:02:11 UTC, 3h 00m")
        assert not line_with(app, "each from its own beginning")


async def test_runs_years_apart_are_drawn_from_their_beginnings_and_it_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        old = run_row(1, first_ns=NOON - 20_000 * HOUR, last_ns=NOON - 19_928 * HOUR)
        with_runs(engine, run_row(2), old)
        await in_lab(engine, app, pilot)
        await pilot.press("c", "down")
        await eventually(lambda: line_with(app, "each from its own beginning, not at the same time"))
        assert line_with(app, "1d 12h", "3d 00h")
        assert line_with(app, "A and B are of different times")
        assert line_with(app, "net P&L", "+1,234.50", "+1,234.50", "0.00")


@pytest.mark.parametrize(("span", "why"), [(3 * HOUR, "needs two days, not 3h 00m"), (72 * HOUR, "no day differed from another")])
async def test_a_run_without_a_sharpe_says_why(tmp_path: Path, span: int, why: str) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1, first_ns=NOON - span, figures={**FIGURES, "sharpe": None, "max_drawdown_pct": 0.004}))
        await in_lab(engine, app, pilot)
        await eventually(lambda: line_with(app, "Sharpe", figures.NONE, why))
        assert line_with(app, "<0.01", "% of the peak before it")
        assert SHARPE_NS == LEAST_SPAN_NS, "the screen says of which span the engine makes none"


async def test_a_run_without_a_result_cannot_be_marked_registered_or_written(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, failed_row(1, "no rows"))
        await in_lab(engine, app, pilot)
        await eventually(lambda: line_with(app, "✖ failed: no rows"))
        for key, words in (("c", "has no result to compare: failed"), ("r", "came to no result: failed"), ("e", "run-1 has no result")):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))
        assert not engine.commands


async def test_r_registers_what_was_tested_after_saying_what_that_is(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await in_lab(engine, app, pilot)
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Register sma_crossover on BTCUSDT as run-1 tested it?"))
        assert line_with(app, "register  start it on live prices in paper mode: fast 5, slow 20")
        assert line_with(app, "0.5 a unit, long or short")
        assert not engine.commands
        await pilot.press("r")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands == [Register(name="sma_crossover", symbols=["BTCUSDT"], params=ORDER.params, terms=ORDER.terms)]
        await eventually(lambda: line_with(app, "sma_crossover trades BTCUSDT as run-1 tested it"))


async def test_e_writes_the_result_into_the_home_and_says_where(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await in_lab(engine, app, pilot)
        await pilot.press("e")
        await eventually(lambda: line_with(app, "run-1.json"))
        folder = tmp_path / "exports"
        written = json.loads((folder / "run-1.json").read_text())
        assert written["figures"]["net_pnl"] == 1_234.5
        assert written["order"]["params"] == ORDER.params
        assert (folder / "run-1-equity.csv").read_text().splitlines()[0] == "ts_ns,equity,drawdown,drawdown_pct,in_market"
        assert len((folder / "run-1-fills.csv").read_text().splitlines()) == 3
        head, row = (folder / "run-1-signals.csv").read_text().splitlines()
        assert head == "signal,ts_ns,price,old,new,order_id,close,fast,slow"
        assert row.endswith(",61650.5,0.0,1.0,sma_crossover:o1,61650.5,61640.125,")


async def test_enter_on_a_run_reads_all_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await in_lab(engine, app, pilot)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "run-1: sma_crossover over tape:BTCUSDT", "┌") or line_with(app, "↑ ↓ scroll"))
        assert line_with(app, "confirm False")
        await pilot.press("escape")
        await eventually(lambda: not line_with(app, "↑ ↓ scroll"))


async def test_enter_on_a_fill_reads_it_and_the_decision_behind_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await in_lab(engine, app, pilot)
        await pilot.press("4")
        await eventually(lambda: line_with(app, "enter details"))
        await pilot.press("end", "enter")
        await eventually(lambda: line_with(app, "decided", "signal 314"))
        assert line_with(app, "fast", "61,640.125")


async def test_a_run_whose_file_is_gone_still_shows_its_figures(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        engine.answers["run"] = lambda _: report(run_row(1), detail=None)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "Its curve and trades are no longer on disk."))
        assert line_with(app, "net P&L", "+1,234.50")


async def test_a_run_that_did_not_trade_says_whether_it_was_ever_warm(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(2), run_row(1))
        nothing = {"equity": [(1, 1.0, 0.0), (2, 1.0, 0.0)], "fills": [], "fills_total": 0}
        cold = {"run-2": "was never warm: it needs 20 bars of 1m and had 12", "run-1": ""}
        engine.answers["run"] = lambda args: report(run_row(int(args["id"][4:])), detail=nothing, cold=cold[args["id"]])
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "It did not trade: it was never warm: it needs 20 bars of 1m and had 12."))
        await pilot.press("down")
        await eventually(lambda: line_with(app, "It did not trade: its conditions were never met in this span."))


async def test_words_from_outside_are_inert_in_the_lab(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(ORDER, source=HOSTILE, strategy=HOSTILE, params={HOSTILE: HOSTILE})
        row = run_row(2, order=order, symbol=HOSTILE)
        with_runs(engine, row, failed_row(1, HOSTILE))
        fill = {**report(row)["detail"]["fills"][0], "side": HOSTILE, "reason": HOSTILE}
        engine.answers["run"] = lambda _: report(
            row, form=HOSTILE, notes=[HOSTILE], detail={"equity": [(1, 1.0, 0.0), (2, 2.0, 0.0)], "fills": [fill], "fills_total": 1}
        )
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "4 Trades", "1 fill ┐"))
        text = text_of(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "EVIL" in text
        for key in ("r", "escape", "down", "c", "x", "e"):
            await pilot.press(key)
        assert "\x1b" not in text_of(app)


# The form


async def test_b_begins_with_the_strategy_under_the_cursor_and_its_terms(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        terms = Terms(qty=0.25, side="long_short", fee_bps=1.5, stop_loss_pct=2.0)
        engine.answers["order"] = lambda args: Register(name=args["id"], symbols=["binance:BTCUSDT"], terms=terms)
        await pilot.press("2", "b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:BTCUSDT: 0.25 a unit, long or short"))
        assert line_with(app, "slow", "20")
        assert line_with(app, "interval", "1m")
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        expected = Backtest(
            source="tape:BTCUSDT",
            strategy="sma_crossover",
            params={"fast": 5, "slow": 20, "interval": "1m", "confirm": False},
            terms=terms,
        )
        assert engine.commands == [expected]
        await eventually(lambda: app.deck is app.lab)


async def test_a_run_with_gaps_allowed_begins_so_again(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1, order=msgspec.structs.replace(ORDER, allow_gaps=True)))
        await in_lab(engine, app, pilot)
        await eventually(lambda: line_with(app, "gaps", "allowed"))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:BTCUSDT, gaps or not:"))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands[0].allow_gaps


async def test_b_begins_with_the_symbol_under_the_cursor_and_the_cursor_goes_to_the_new_run(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("1", "down", "b")
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:ETHUSDT"))
        await pilot.press("enter")
        await eventually(lambda: app.deck is app.lab and bool(engine.commands))
        with_runs(engine, run_row(3), run_row(1))
        await eventually(lambda: line_with(app, "▶", "run-1"))


@pytest.mark.parametrize("visited", [False, True])
async def test_keys_are_about_the_run_that_was_just_asked_for_even_before_the_engine_lists_it(tmp_path: Path, visited: bool) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(2), run_row(1))
        if visited:
            await in_lab(engine, app, pilot)
            await pilot.press("slash", *"run-1", "enter", "b")
        else:
            await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs"))
        await pilot.press("enter")
        await eventually(lambda: app.uncovered and app.deck is app.lab and line_with(app, "▶", "run-3", "queued"))
        for key, words in (
            ("c", "run-3 has no result to compare yet"),
            ("r", "run-3 has no result yet: queued"),
            ("e", "run-3 has no result yet"),
        ):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))
        await pilot.press("x")
        await eventually(lambda: CancelRun(id="run-3") in engine.commands)
        with_runs(engine, waiting_row(3), run_row(2), run_row(1))
        await eventually(lambda: line_with(app, "▶", "run-3", "queued"))
        with_runs(engine, run_row(4), run_row(3), run_row(2), run_row(1))
        await eventually(lambda: line_with(app, "▶", "run-3", "✓ done") and line_with(app, "run-4"))


async def test_a_run_that_the_engine_lost_is_not_listed_for_ever(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "▶", "run-2", "queued"))
        for share in (0.1, 0.2, 0.3):
            with_runs(engine, running_row(1, share))
            await eventually(partial(line_with, app, "run-1", f"{100 * share:.0f} %"))
        await eventually(lambda: line_with(app, "▶", "run-1") and not line_with(app, "run-2"))


async def test_b_in_the_lab_begins_with_the_run_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(ORDER, from_ns=1_700_000_000 * 10**9)
        with_runs(engine, run_row(1, order=order))
        await in_lab(engine, app, pilot)
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:BTCUSDT: 0.5 a unit, long or short"))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands == [msgspec.structs.replace(order, params={**ORDER.params, "confirm": False})]


async def test_a_source_that_cannot_be_read_is_said_while_typing(tmp_path: Path) -> None:
    held = tmp_path / "BTCUSDT-1m.csv"
    held.write_text("x")
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        for text, words in (
            ("", "needs a file, a folder or tape:SYMBOL"),
            ("tape:DOGEUSDT", "is not on the tape, which holds BTCUSDT, ETHUSDT"),
            ("tape:btcusdt@soon..", "has a time that is none"),
            ("tape:BTCUSDT@2024-08-09..2024-08-08", "has its times the wrong way round"),
            (str(tmp_path / "none.csv"), "is no file or folder here"),
        ):
            entry(app, "source").text = text
            await eventually(partial(line_with, app, f"source {words}"))
        entry(app, "from").text = "yesterday"
        entry(app, "source").text = str(held)
        await eventually(lambda: line_with(app, "from is no time"))
        entry(app, "from").text = "2024-08-09"
        await eventually(lambda: line_with(app, "Enter runs momentum over BTCUSDT-1m.csv"))
        command = await sent(engine, pilot, Backtest)
        assert (command.source, command.from_ns) == (str(held), 1_723_161_600 * 10**9)


async def test_a_source_of_several_symbols_asks_which(tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        engine.answers["source"] = lambda args: {"symbols": ["BTCUSDT", "ETHUSDT"] if args["path"].endswith("both") else [], "wrong": ""}
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        burst(app, "tab", *str(tmp_path / "both"), "enter", "ctrl+n")  # at once: it waits until it is known what the folder holds
        await eventually(lambda: line_with(app, "Enter runs momentum over both, the rows of BTCUSDT"))
        burst(app, "ctrl+u", "enter")
        await eventually(lambda: line_with(app, "symbol", "is to be chosen (ctrl+n): it holds BTCUSDT, ETHUSDT"))
        await eventually(lambda: app.focused is entry(app, "symbol").control)
        assert not engine.commands
        await pilot.press(*"doge")
        await eventually(lambda: line_with(app, "symbol", "is not in it: it holds BTCUSDT, ETHUSDT"))
        await pilot.press("ctrl+n", "ctrl+n")
        await eventually(lambda: line_with(app, "Enter runs momentum over both, the rows of ETHUSDT"))
        command = await sent(engine, pilot, Backtest)
        assert (command.source, command.symbol) == (str(tmp_path / "both"), "ETHUSDT")


async def test_a_source_in_which_there_is_nothing_to_read_is_said_before_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        engine.answers["source"] = lambda args: {"symbols": [], "wrong": f"{args['path']}: no .csv file in this folder\x1b[2J"}
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        entry(app, "source").text = str(tmp_path / "empty")
        await eventually(lambda: line_with(app, "source no .csv file in this folder"))


async def test_what_was_run_last_is_one_key_away_even_in_the_next_sitting(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        entry(app, "lookback").text = "77"
        entry(app, "from").text = "2024-08-09"
        await pilot.press("enter")
        await eventually(lambda: engine.commands and app.uncovered)
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        await pilot.press("ctrl+r")
        await eventually(lambda: (entry(app, "lookback").text, entry(app, "from").text) == ("77", "2024-08-09"))


async def test_ctrl_n_goes_through_the_sources_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "SOLUSDT-1m.csv").write_text("x")
    monkeypatch.chdir(tmp_path / "mine")
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "source", "tape:BTCUSDT"))
        for words in ("tape:ETHUSDT", "mine/SOLUSDT-1m.csv"):
            await pilot.press("ctrl+n")
            await eventually(partial(line_with, app, "source", words))


async def test_what_the_engine_refuses_stands_in_the_form_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        engine.refuse[Backtest] = "500 runs wait already"
        await pilot.press("f2", "b")
        await eventually(lambda: line_with(app, "Enter runs"))
        entry(app, "qty").text = "7"
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: 500 runs wait already"))
        assert entry(app, "qty").text == "7"
        await pilot.press("escape")
        await eventually(lambda: app.uncovered)
        assert engine.lab == LabView([], 0, 2)
