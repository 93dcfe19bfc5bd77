"""Costs of one's own fills on the lab's screen: asked for in both forms, told with what came out, registered, written, asked for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_engine import CATALOGUE, FakeEngine
from fake_lab import ORDER, STUDY, report, run_row, running_row, study_report, study_row, with_runs, with_studies
from screen_rig import WIDE, cockpit, eventually, line_with, opened, text_of, trading
from test_screen_lab import entry, in_lab
from textual.widgets._static import Static

from cockpit.app import CockpitApp
from cockpit.exporting import run_page
from cockpit.forms.costs import calibrations_at_hand
from cockpit.report import costs_words, read_report
from core.commands import Backtest, Optimize, Register, Terms
from core.measured_terms import Paid
from core.strategy import describe_fields

PAID = Paid(
    symbol="binance:BTCUSDT", state="measured",
    words="fee and slippage: 300 fills of one's own, 2024-08-08T00:02:08Z to 2024-08-08T00:59:45Z",
    terms={"fee_bps": 7.5, "slippage_bps": 2.096},
)  # fmt: skip
ASKED = msgspec.structs.replace(ORDER, costs="measured", given=["latency_ms"])
CALIBRATION = {"source": "/home/x", "least": 30, "modelled": {}, "symbols": []}


def said(app: CockpitApp) -> str:
    """What the open form says that enter does, or what keeps it from that; '' where none is open."""
    found = app.screen.query("#outcome")
    return str(found.first(Static).content) if found else ""


async def test_the_form_asks_whose_fills_tell_the_costs_and_what_is_typed_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("1", "down", "b")
        await eventually(lambda: "Enter runs momentum over tape:ETHUSDT" in said(app))
        assert line_with(app, "costs", "as the terms say")
        assert "costs" not in said(app)
        entry(app, "costs").text = "measured"
        await eventually(lambda: "costs measured, where fills tell it, in place of fee, slippage, impact and latency" in said(app))
        assert line_with(app, "fee bps", "measured", "4 where no fill tells it")
        entry(app, "fee_bps").text = "4"
        await eventually(lambda: "costs measured, where fills tell it, in place of slippage, impact and latency" in said(app))
        assert line_with(app, "fee bps", "4", "given: it stays")
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        (order,) = engine.commands
        assert isinstance(order, Backtest)
        assert (order.costs, order.given, order.terms) == ("measured", ["fee_bps"], Terms()), "a given 4 is not the usual 4"


async def test_without_costs_every_term_is_back_and_nothing_is_said_to_be_given(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("1", "down", "b")
        await eventually(lambda: "Enter runs" in said(app))
        entry(app, "slippage_bps").text = "2"
        entry(app, "costs").text = "measured"
        await eventually(lambda: entry(app, "fee_bps").text == "")
        assert entry(app, "slippage_bps").text == "2"
        entry(app, "costs").text = ""
        await eventually(lambda: entry(app, "fee_bps").text == "4")
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        (order,) = engine.commands
        assert isinstance(order, Backtest)
        assert (order.costs, order.given, order.terms) == (None, [], Terms(slippage_bps=2.0))


async def test_a_spread_that_is_given_stands_above_slippage_and_impact(tmp_path: Path) -> None:
    engine = trading(FakeEngine(tmp_path))
    engine.catalogue = CATALOGUE | {"terms": describe_fields(Terms)}
    async with engine, cockpit(tmp_path, WIDE) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        with_runs(engine)
        await pilot.press("1", "down", "b")
        await eventually(lambda: "Enter runs" in said(app))
        entry(app, "costs").text = "measured"
        entry(app, "spread_bps").text = "3"
        await eventually(lambda: "costs measured, where fills tell it, in place of fee and latency" in said(app))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands[0].given == ["spread_bps"]


async def test_files_of_measured_costs_are_offered_and_what_is_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "costs.json").write_text(json.dumps(CALIBRATION))
    (mine / "other.json").write_text('{"symbols": []}')
    monkeypatch.chdir(mine)
    assert calibrations_at_hand(Path()) == [str(mine / "costs.json")]
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("1", "down", "b")
        await eventually(lambda: "Enter runs" in said(app))
        costs = entry(app, "costs")
        await eventually(lambda: costs.choices == ["", "measured", str(mine / "costs.json")])  # type: ignore[attr-defined]
        app.screen.set_focus(costs.control)
        for wanted in ("measured", str(mine / "costs.json"), "", "measured"):
            await pilot.press("ctrl+n")
            await eventually(lambda wanted=wanted: costs.text == wanted)  # type: ignore[misc]
        costs.text = "nothing.json"
        await eventually(lambda: "costs is neither measured nor a file here" in said(app))
        costs.text = "costs.json"
        await eventually(lambda: "costs as in costs.json, where fills tell it" in said(app))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands[0].costs == str(mine / "costs.json"), "the engine knows no folder of ours"


async def test_a_run_says_what_it_paid_on_which_evidence_and_is_registered_so(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1, order=ASKED, costs=PAID))
        await in_lab(engine, app, pilot)
        await eventually(lambda: line_with(app, "costs", "measured: fee and slippage: 300 fills of"))
        assert line_with(app, "terms", "0.5 a unit")
        assert line_with(app, "fee 7.5 bps")
        assert line_with(app, "slippage 2.096 bps")
        await pilot.press("r")
        await eventually(lambda: line_with(app, "register  start it on live prices", "fast 5, slow 20"))
        await pilot.press("r")
        await eventually(lambda: bool(engine.commands))
        terms = msgspec.structs.replace(ORDER.terms, fee_bps=7.5, slippage_bps=2.096)
        assert engine.commands == [Register(name="sma_crossover", symbols=["BTCUSDT"], params=ORDER.params, terms=terms)]


async def test_one_under_way_says_what_was_asked_of_its_costs(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, running_row(1, order=ASKED))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "costs", "measured"))
        await eventually(lambda: line_with(app, "where fills tell it", "in place of fee"))
    everything = ["fee_bps", "spread", "latency_ms"]
    assert costs_words(msgspec.structs.replace(ASKED, given=everything)) == "measured, but all of them are given here"


async def test_b_asks_for_a_run_again_with_the_same_costs_and_the_same_terms_given(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1, order=ASKED, costs=PAID))
        await in_lab(engine, app, pilot)
        await pilot.press("b")
        await eventually(lambda: "costs measured, where fills tell it, in place of fee, slippage and impact" in said(app))
        assert line_with(app, "fee bps", "measured", "2 where no fill tells it"), "what was asked for then, not what is usual"
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands == [msgspec.structs.replace(ASKED, params={**ORDER.params, "confirm": False})]
        await pilot.press("b")
        await eventually(lambda: "Enter runs" in said(app))
        entry(app, "costs").text = ""
        await eventually(lambda: entry(app, "fee_bps").text == "2")
        await pilot.press("ctrl+r")
        await eventually(lambda: entry(app, "costs").text == "measured" and entry(app, "latency_ms").text == "0")
        await eventually(lambda: "in place of fee, slippage and impact" in said(app))


async def test_e_writes_what_was_paid_with_the_result(tmp_path: Path) -> None:
    told = read_report(report(run_row(1, order=ASKED), costs=msgspec.to_builtins(PAID)))
    (tmp_path / "exports").mkdir()
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1, order=ASKED, costs=PAID))
        engine.answers["run"] = lambda _: report(run_row(1, order=ASKED), costs=msgspec.to_builtins(PAID))
        await in_lab(engine, app, pilot)
        await pilot.press("e")
        await eventually(lambda: line_with(app, "run-1.json"), 60)
    written = json.loads((tmp_path / "exports" / "run-1.json").read_text())
    assert written["costs"] == msgspec.to_builtins(PAID)
    assert (written["order"]["costs"], written["order"]["given"]) == ("measured", ["latency_ms"])
    page = (tmp_path / "exports" / await run_page(told, tmp_path / "exports")).read_text()
    assert '["costs","measured","fee and slippage: 300 fills of one' in page
    assert '["fee","7.5 bps"' in page


def costly_study(**changes: Any) -> tuple[Any, dict[str, Any]]:
    """A study that asked for measured costs, and the whole of it: one of two symbols has fills."""
    row = study_row(9, order=msgspec.structs.replace(STUDY, costs="measured", given=["slippage_bps"]), series=2)
    told = study_report(row, **changes)
    other = Paid(symbol="binance:ETHUSDT", state="as given", words="there are no fills of binance:ETHUSDT by a venue in /home/x", terms={})
    if told["detail"] is not None:
        told["detail"]["document"]["costs"] = msgspec.to_builtins([PAID, other])
    return row, told


async def test_a_study_says_what_it_paid_of_each_symbol_and_registers_its_trials_so(tmp_path: Path) -> None:
    row, told = costly_study()
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, row)
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "best 90 of 90 by Sharpe"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "↑ ↓ scroll"))
        app.screen.query_one("#text").scroll_end(animate=False)
        await eventually(lambda: line_with(app, "costs", "BTCUSDT measured: fee and slippage: 300 fills"))
        assert line_with(app, "fee bps 7.5, slippage bps 2.096") or line_with(app, "2.096")
        assert line_with(app, "ETHUSDT as given: there are no fills of binance:ETHUSDT")
        await pilot.press("escape", "4", "r")
        await eventually(lambda: line_with(app, "Register sma_crossover on BTCUSDT as run-9 tried it?"))
        await pilot.press("r")
        await eventually(lambda: bool(engine.commands))
        assert engine.commands[0].terms == msgspec.structs.replace(STUDY.terms, fee_bps=7.5, slippage_bps=2.096)


async def test_s_asks_for_a_study_with_costs_and_b_for_a_run_of_its_trial_with_the_same(tmp_path: Path) -> None:
    row, told = costly_study()
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, row)
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "best 90 of 90 by Sharpe"))
        await pilot.press("s")
        await eventually(lambda: "costs measured, where fills tell it, in place of fee and latency" in said(app))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        order = engine.commands.pop()
        assert isinstance(order, Optimize)
        assert (order.costs, order.given, order.terms) == ("measured", ["slippage_bps"], STUDY.terms)
        await eventually(lambda: app.uncovered)
        await pilot.press("1", "end", "b")
        await eventually(lambda: "costs measured, where fills tell it, in place of fee and latency" in said(app))
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))
        assert (engine.commands[0].costs, engine.commands[0].given) == ("measured", ["slippage_bps"])


async def test_a_study_made_elsewhere_tells_its_costs_too(tmp_path: Path) -> None:
    row, told = costly_study(detail=None, rows=[study_report(study_row(9))["detail"]["document"]["ranking"][0]])
    told["found"]["costs"] = msgspec.to_builtins([PAID])
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, row)
        engine.answers["run"] = lambda _: told
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "costs", "measured: fee and slippage: 300 fills"))
