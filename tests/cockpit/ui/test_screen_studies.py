"""Studies on the lab's screen: a row among the runs, the verdict, the map and the ranking of one, every key, and the form."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import msgspec
import pytest
from fake_lab import HOUR, STUDY, run_row, running_study, study_report, study_row, trial_row, with_runs, with_studies
from form_rig import HOSTILE, entry, in_study_form, told_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, lines_of, opened, text_of
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from core.commands import Backtest, CancelRun, Optimize, Register

NOT_DONE = {"verdict": None, "best": None, "done": 0, "total": 0, "rate": 0.0, "ended_ns": 0, "symbol": "", "first_ns": 0, "last_ns": 0}


async def at_study(app: CockpitApp, pilot: Pilot[None]) -> None:
    """F2, once the findings of the study are there."""
    await pilot.press("f2")
    await eventually(lambda: line_with(app, "2 Verdict: run-9") and line_with(app, "best 90 of 90 by Sharpe"))


@pytest.mark.parametrize("size", [WIDE, MIDDLE])
async def test_a_study_is_a_row_among_the_runs_and_its_verdict_map_and_ranking_are_shown(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        with_studies(engine, study_row(9), run_row(4))
        await at_study(app, pilot)
        assert line_with(app, "run-9", "sma_crossover", "✓ study 4.00 s", "+1,260.00")
        assert line_with(app, "HOLDS: the best is more than the luck")
        assert line_with(app, "PBO", "4 %", "of splits where choosing was wrong")
        assert line_with(app, "deflated", "97 %", "131 trials")
        assert line_with(app, "best", "fast 8, slow 50")
        assert line_with(app, "3 Map: Sharpe by fast → and slow ↑")
        assert line_with(app, "◆ best", "◇ under the cursor")
        assert line_with(app, "4 Ranking")
        assert line_with(app, "▶", "8", "50", "1.80", "97", "94")
        if size == WIDE:
            assert line_with(app, "against it", "only 28 trades")
            assert line_with(app, "1 of 3 folds lost, 63 % of training kept")
        await pilot.press("down")
        await eventually(lambda: line_with(app, "2 Result: run-4") and line_with(app, "3 Equity"))
        assert not line_with(app, "4 Ranking")


async def test_a_study_under_way_tells_progress_rate_time_left_and_the_best_so_far(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, running_study(), study_row(8, **NOT_DONE, state="queued", started_ns=0))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "1 Runs", "1 of 2 running, 1 queued"))
        assert line_with(app, "run-9", "48 %  43/90 trials  12/s", "left  best Sharpe 1.80: fast 8, slow 50")
        assert line_with(app, "run-8", "◌ study queued")
        await eventually(lambda: line_with(app, "x cancels it. What was tried is kept"))
        with_studies(engine, running_study(best={"rank_by": "net_pnl", **trial_row(8, 50), "sharpe": None}))
        await eventually(lambda: line_with(app, "run-9", "best net P&L +1,260.00 USDT (no Sharpe)"))
        with_studies(engine, running_study(done=0, total=0, best=None, rows=3_400_000, share=0.28))
        await eventually(lambda: line_with(app, "run-9", "study ● reading 28 %  3.4M rows"))
        assert line_with(app, "x cancels it. What was tried is kept")
        with_studies(engine, running_study(done=0, total=0, best=None), study_row(8, **NOT_DONE, state="failed", line="no rows"))
        await eventually(lambda: line_with(app, "run-9", "● preparing"))
        assert line_with(app, "run-8", "✖ study failed: no rows")
        with_studies(engine, study_row(9))
        await eventually(lambda: line_with(app, "HOLDS"))


async def test_a_frame_of_progress_paints_little_and_a_still_one_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(10), running_study(9))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "2 Verdict: run-10") and line_with(app, "43/90 trials"))
        await frames(engine, 4)
        painted: list[int] = []
        for pane in (app.lab.runs, app.lab.findings, app.lab.map, app.lab.ranking):
            put = pane.put
            pane.put = lambda strokes, put=put: (painted.append(sum(len(stroke.text) for stroke in strokes)), put(strokes))[1]  # type: ignore[method-assign,assignment,misc]
            pane.refresh = lambda *regions, pane=pane, **more: painted.append(0 if regions else 10**6) or pane  # type: ignore[method-assign,assignment,misc]
        with_studies(engine, study_row(10), running_study(9, done=44))
        await eventually(lambda: line_with(app, "44/90 trials") or sum(painted))
        await frames(engine, 4)
        assert 0 < sum(painted) <= 2 * WIDE[0], "the line of the study, and no more"


async def test_a_small_screen_shows_one_part_at_a_time(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        with_studies(engine, study_row(9), run_row(4))
        await pilot.press("f2")
        await eventually(lambda: "2 Verdict" in lines_of(app)[1])
        *tabs, last = (word.strip() for word in lines_of(app)[1].split("│"))
        assert [*tabs, *last.split("  ", 1)[:1]] == ["1 Runs", "2 Verdict", "3 Map", "4 Ranking"]
        for key, words in (("enter", "HOLDS"), ("3", "Sharpe by fast → and slow ↑"), ("4", "▶"), ("1", "run-4")):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))


async def test_o_sorts_the_ranking_by_its_columns_and_the_map_marks_the_trial_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(9))
        await at_study(app, pilot)
        await pilot.press("4", "o", "o")
        await eventually(lambda: line_with(app, "▾fast"))
        await pilot.press("home")
        await eventually(lambda: (app.lab.ranking.chosen or {})["params"]["fast"] == 20)
        await eventually(lambda: any("◇" in line and "under" not in line for line in lines_of(app)))
        await pilot.press("O", "home")
        await eventually(lambda: (app.lab.ranking.chosen or {})["params"]["fast"] == 2)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "sma_crossover as run-9 tried it") and line_with(app, "deflated sharpe", "0.971"))


async def test_r_registers_the_trial_under_the_cursor_and_says_what_its_study_thinks_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(9, verdict="overfit"))
        await at_study(app, pilot)
        await pilot.press("4", "down", "r")
        await eventually(lambda: line_with(app, "Register sma_crossover on BTCUSDT as run-9 tried it? Its study says OVERFIT."))
        await pilot.press("r")
        await eventually(lambda: bool(engine.commands))
        second = study_report(study_row(9))["detail"]["document"]["ranking"][1]["params"]
        assert engine.commands == [Register(name="sma_crossover", symbols=["BTCUSDT"], params=second, terms=STUDY.terms)]


async def test_b_makes_a_run_of_the_trial_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(9))
        await at_study(app, pilot)
        await pilot.press("4", "down", "b")
        await eventually(lambda: line_with(app, "Enter runs sma_crossover over tape:BTCUSDT: 0.5 a unit"))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        second = study_report(study_row(9))["detail"]["document"]["ranking"][1]["params"]
        assert engine.commands == [Backtest(source="tape:BTCUSDT", strategy="sma_crossover", params=second, terms=STUDY.terms)]


async def test_e_writes_the_document_and_the_ranking(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(9))
        await at_study(app, pilot)
        await pilot.press("e")
        await eventually(lambda: line_with(app, "run-9.json, run-9-ranking.csv (it left no report)"))
        written = json.loads((tmp_path / "exports" / "run-9.json").read_text())
        assert written["verdict"] == "holds"
        assert written["order"]["ranges"] == STUDY.ranges
        lines = (tmp_path / "exports" / "run-9-ranking.csv").read_text().splitlines()
        assert lines[0].startswith("fast,slow,interval,confirm,strategy,symbol,trades,net_pnl")
        assert len(lines) == 91


async def test_x_cancels_a_study_and_other_keys_say_what_they_cannot(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, running_study(9))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "43/90 trials"))
        for key, words in (
            ("r", "run-9 has no result to register: running"),
            ("e", "run-9 has no findings: running"),
            ("c", "run-9 is a study: b makes a run"),
        ):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))
        await pilot.press("x")
        await eventually(lambda: engine.commands == [CancelRun(id="run-9")])
        with_studies(engine, study_row(9, state="cancelled", line="by tui", verdict=None))
        await eventually(lambda: line_with(app, "run-9", "✖ study cancelled: by tui"))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "run-9 is over already: cancelled"))


async def test_v_goes_through_the_pairs_of_parameters(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        row = study_row(9)
        with_studies(engine, row)
        told = study_report(row)
        axes, points = told["detail"]["axes"]["sma_crossover"], told["detail"]["points"]["sma_crossover"]
        axes[2] = ("interval", ["1m", "5m"])
        points += [[a, b, 1, value - 0.5] for a, b, _, value in points]
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Map: Sharpe by fast → and slow ↑", "v: other axes"))
        assert line_with(app, "│ interval 1m")
        await pilot.press("v")
        await eventually(lambda: line_with(app, "3 Map: Sharpe by fast → and interval ↑"))
        await pilot.press("v", "v")
        await eventually(lambda: line_with(app, "3 Map: Sharpe by fast → and slow ↑"))


async def test_a_study_without_its_file_still_tells_its_verdict(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        row = study_row(9)
        with_studies(engine, row)
        engine.answers["run"] = lambda _: study_report(row, detail=None)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "HOLDS") and line_with(app, "Its ranking and map are not on disk."))
        elsewhere = study_report(row, detail=None, rows=study_report(row)["detail"]["document"]["ranking"][:5])
        elsewhere["found"]["rank_by"] = "net_pnl"
        with_studies(engine, study_row(10), row)
        engine.answers["run"] = lambda _: elsewhere | {"id": "run-10"}
        await eventually(lambda: line_with(app, "run-10"))
        await pilot.press("home")
        await eventually(lambda: line_with(app, "4 Ranking", "best 5 of 131 by net P&L"))
        assert line_with(app, "A study of the command line leaves its best rows here, and no map.")


async def test_words_from_outside_are_inert(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(STUDY, sources=[HOSTILE], strategies=[HOSTILE], ranges=[HOSTILE], where=[HOSTILE])
        row = study_row(9, order=order, line=HOSTILE, best={"params": {HOSTILE: HOSTILE}}, symbol=HOSTILE)
        with_studies(engine, row, running_study(8, order=order, best={"params": {HOSTILE: HOSTILE}}))
        told = study_report(row)
        document = told["detail"]["document"]
        document["ranking"] = [{**document["ranking"][0], "strategy": HOSTILE, "params": {HOSTILE: HOSTILE}}]
        document["advice"] = [f"Against it: {HOSTILE}"]
        document["failed"] = [{"params": {HOSTILE: 1}, "error": HOSTILE}]
        told["detail"]["axes"] = {HOSTILE: [(HOSTILE, [HOSTILE, 2]), ("b", [1, 2])]}
        told["detail"]["points"] = {HOSTILE: [[0, 0, 1.0], [1, 1, 2.0]]}
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Map") and "EVIL" in text_of(app))
        await eventually(lambda: line_with(app, "4 Ranking", "best 1 of 90"))
        for key in ("4", "enter", "escape", "1", "down", "r", "escape", "s", "escape", "b", "escape"):
            await pilot.press(key)
            assert "\x1b" not in text_of(app)
            assert "\u202e" not in text_of(app)


# The form


@pytest.mark.slow
async def test_s_asks_for_a_study_with_ranges_counted_while_they_are_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "s tries many parameter sets of one"))
        await pilot.press("s")
        await eventually(lambda: line_with(app, "Enter tries 1 combination of momentum over tape:BTCUSDT"))
        entry(app, "strategy").text = "sma_crossover"
        await eventually(lambda: line_with(app, "fast", "or 5:50:5"))
        entry(app, "fast").text = "5:50:5"
        await eventually(lambda: line_with(app, "10 values: 5, 10, 15, 20, … 50"))
        entry(app, "slow").text = "20,50,100"
        entry(app, "confirm").text = "each"
        await eventually(lambda: line_with(app, "Enter tries all 60 combinations of sma_crossover over tape:BTCUSDT"))
        cases = [
            ("fast", "50:5:5", "fast FROM must not be above TO"),
            ("fast", "0:5", "fast 0: must be at least 1"),
            ("slow", "20,x", "slow x: must be a whole number"),
            ("interval", "1m,soon", "interval soon: is not an interval"),
            ("where", "fast~slow", "where reads fast<slow"),
            ("where", "fast<pace", "where has pace, which is no parameter"),
            ("also", "nothing", "also has nothing, which is no strategy of one symbol; there are momentum, sma_crossover"),
            ("more ranges", "lookback=1:3", "more ranges has lookback, which none of the others has"),
            ("trials", "0", "trials must be at least 1"),
        ]
        await told_of(app, cases)
        entry(app, "where").text = "fast<slow"
        entry(app, "also").text = "momentum"
        entry(app, "more ranges").text = "lookback=1:3"
        entry(app, "method").text = "random"
        entry(app, "trials").text = "25"
        entry(app, "validate").text = "rolling"
        await eventually(lambda: line_with(app, "Enter tries 50 of 63 combinations of sma_crossover, momentum", "by Sharpe"))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands == [
            Optimize(
                sources=["tape:BTCUSDT"],
                strategies=["sma_crossover", "momentum"],
                params={"interval": "1m"},
                ranges=["fast=5:50:5", "slow=20,50,100", "confirm=true,false", "lookback=1:3"],
                where=["fast<slow"],
                method="random",
                trials=25,
                validate="rolling",
            )
        ]
        await eventually(lambda: app.deck is app.lab and line_with(app, "▶", "run-1", "◌ study queued"))


async def test_s_on_a_study_asks_for_the_same_again(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        order = msgspec.structs.replace(STUDY, from_ns=1_700_000_000 * 10**9)
        with_studies(engine, study_row(9, order=order, first_ns=0, last_ns=HOUR))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "2 Verdict: run-9"))
        await pilot.press("s")
        await eventually(lambda: line_with(app, "Enter tries all 90 combinations of sma_crossover over tape:BTCUSDT"))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands == [order]


async def test_what_the_engine_refuses_stands_in_the_form(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        engine.refuse[Optimize] = "500 runs wait already"
        await in_study_form(app, pilot)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: 500 runs wait already"))


async def test_a_study_that_ends_while_another_screen_is_shown_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, running_study(9))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "43/90 trials"))
        await pilot.press("f1")
        await eventually(lambda: line_with(app, "1 Prices"))
        with_studies(engine, study_row(9))
        await eventually(lambda: line_with(app, "run-9 is done: holds, best Sharpe 1.80"))
