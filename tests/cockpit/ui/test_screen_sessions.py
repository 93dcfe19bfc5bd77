"""What is done at the desk: levers on a position, the account's levers, and the session's form; nothing that hurts happens unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_desk import desk_view, empty_desk, risk_view, session_row, with_desk
from fake_engine import NOON, FakeEngine
from form_rig import entry, told_of
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened
from textual.pilot import Pilot
from textual.widgets._input import Input
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static

from cockpit.app import CockpitApp
from cockpit.forms.entry import Entry
from cockpit.forms.session import SessionForm
from cockpit.settings import Settings as ScreenSettings
from cockpit.typeahead import settled
from core.commands import Flatten, Pause, Reduce, SetStops
from core.desk_orders import ChangeSession, PauseSession, ResumeSession, SetMode, Settings, StartSession, StopSession
from core.desk_view import DeskView


async def shown(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None], desk: DeskView | None = None) -> None:
    """F5 with this desk."""
    with_desk(engine, desk)
    await pilot.press("f5")
    await eventually(lambda: app.desk.view is not None and app.desk.view.session == engine.desk.session)


async def in_form(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None], desk: DeskView | None = None) -> None:
    """The form that starts a session, once it knows what can be traded."""
    engine.answers["listed"] = ["BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"]
    await shown(engine, app, pilot, empty_desk() if desk is None else desk)
    await pilot.press("s")
    await eventually(lambda: isinstance(app.screen, SessionForm) and line_with(app, "strategies", "needs a name: momentum"))
    await eventually(lambda: "listed" in engine.asks)


def outcome(app: CockpitApp) -> str:
    """What the form says enter will do."""
    return str(app.screen.query_one("#outcome", Static).content)


def said(app: CockpitApp, words: str) -> bool:
    """Whether a toast says this."""
    return any(words in str(toast.message) for toast in app._notifications)


@pytest.mark.parametrize(
    ("keys", "question", "command"),
    [
        (["p"], "", Pause(id="sma-1")),
        (["f", "f"], "close long 0.50 BTCUSDT", Flatten(id="sma-1")),
        (["c", "2"], "close 50 % of long 0.50 BTCUSDT", Reduce(id="sma-1", pct=50.0)),
        (["v", "3", "tab", "tab", "enter"], "Stops of sma-1", SetStops(id="sma-1", stop_loss_pct=3.0)),
    ],
    ids=["pause", "flatten", "part", "stops"],
)
async def test_a_position_has_the_levers_of_its_strategy(tmp_path: Path, keys: list[str], question: str, command: object) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await eventually(lambda: app.desk.chosen_strategy)
        await pilot.press(keys[0])
        if question:
            await eventually(lambda: line_with(app, question))
            assert not engine.commands
            await pilot.press(*keys[1:])
        await eventually(lambda: engine.commands == [command])


async def test_a_lever_away_from_the_positions_goes_there_and_does_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("3", "f")
        await eventually(lambda: said(app, "f flattens what the strategy under the cursor holds"))
        assert app.desk.pane is app.desk.positions
        assert app.uncovered
        assert not engine.commands


LEVERS: list[tuple[str, str, str, SetMode]] = [
    ("S", "s", "no strategy opens or turns a position round from here on; what is held may grow", SetMode(mode="stop_new")),
    ("E", "e", "no strategy opens, adds to or turns a position round from here on", SetMode(mode="reduce_only")),
    ("F", "f", "close sma-1 long 0.50 BTCUSDT, rsi-2 short 2.00 ETHUSDT", SetMode(mode="reduce_only", flatten=True)),
    ("F", "h", "let nothing trade, exits and stops neither", SetMode(mode="halt", flatten=True)),
]


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
@pytest.mark.parametrize(("key", "answer", "words", "command"), LEVERS, ids=["stop", "reduce", "flatten", "halt"])
async def test_each_lever_of_the_account_is_one_key_in_every_pane_and_asks(
    tmp_path: Path, pane: str, key: str, answer: str, words: str, command: SetMode
) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(pane, key)
        await eventually(lambda: line_with(app, "esc leaves everything as it is"))
        answers = app.screen.query_one(OptionList)
        sentences = {option.id: str(option.prompt) for option in answers.options}
        assert words in " ".join(sentences[answer].split())
        assert not engine.commands
        await pilot.press(answer)
        await eventually(lambda: engine.commands == [command])
        await eventually(lambda: said(app, "N sets it back"))


@pytest.mark.parametrize("key", ["S", "E", "F", "x"])
async def test_escape_leaves_everything_as_it_is(tmp_path: Path, key: str) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(key)
        await eventually(lambda: not app.uncovered)
        await pilot.press("escape")
        await eventually(lambda: app.uncovered)
        await frames(engine, 2)
        assert not engine.commands


async def test_n_sets_the_account_back_at_once_and_what_is_set_is_not_set_again(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        risk = risk_view(mode="reduce_only", by="risk: drawdown 5.1 % of 5.0 %", since_ns=NOON)
        await shown(engine, app, pilot, desk_view(risk=risk))
        await eventually(lambda: line_with(app, "set by", "risk: drawdown 5.1 % of 5.0 % at 14:02:11"))
        assert line_with(app, "N sets it back to normal")
        assert line_with(app, "● running", "reduce only")
        assert line_with(app, "S stop-new", "N normal")
        assert not line_with(app, "E reduce only")
        await pilot.press("E")
        await eventually(lambda: said(app, "reduce only is set already: N sets it back"))
        assert app.uncovered
        await pilot.press("N")
        await eventually(lambda: engine.commands == [SetMode(mode="normal")])
        engine.desk = desk_view()
        engine.moved("desk")
        await eventually(lambda: line_with(app, "● running", "risk ok"))
        await pilot.press("N")
        await eventually(lambda: said(app, "no lever is set: S stop-new, E reduce only, F flatten all"))
        assert len(engine.commands) == 1


async def test_an_account_that_holds_nothing_can_be_halted_and_a_halted_one_only_flattened_as_such(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot, empty_desk())
        await eventually(lambda: not app.live.strategies.held)
        await pilot.press("F")
        await eventually(lambda: line_with(app, "h  halt", "nothing is held; let nothing trade"))
        assert not line_with(app, "f  flatten")
        await pilot.press("h")
        await eventually(lambda: engine.commands == [SetMode(mode="halt")])


async def test_real_money_is_said_before_a_lever_is_pulled(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        engine.header.mode = "live"
        engine.moved("header")
        await shown(engine, app, pilot)
        await eventually(lambda: app.live.mode == "live")
        await pilot.press("F")
        await eventually(lambda: line_with(app, "Flatten the whole account? This is REAL MONEY."))


async def test_a_screen_that_only_looks_pulls_no_lever(tmp_path: Path) -> None:
    async with with_desk(FakeEngine(tmp_path)) as engine:
        app = CockpitApp(tmp_path, ScreenSettings(read_only=True))
        async with app.run_test(size=MIDDLE, notifications=True) as pilot:
            await pilot.press("f5")
            await eventually(lambda: line_with(app, "▶▲ sma-1"))
            for key in "SEFNshxvcfp":
                await pilot.press(key)
                await eventually(lambda: said(app, "read-only: this screen looks"))
                assert app.uncovered
                app.clear_notifications()
            assert not engine.commands


# The session


async def test_the_form_has_every_setting_and_starts_what_is_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await in_form(engine, app, pilot)
        assert {one.field.name for one in app.screen.query(Entry)} == {*Settings.__struct_fields__, "name"}
        assert entry(app, "watchlist").text == "BTCUSDT, ETHUSDT, XRPUSDT"
        assert line_with(app, "stop loss pct", "10", "> 0, < 100 · exit this far below (above) the entry")
        assert line_with(app, "max drawdown pct", "off", "> 0, ≤ 100")
        await pilot.press(*"sma_crossover mom", "right")
        await eventually(lambda: entry(app, "strategies").text == "sma_crossover momentum")
        typed = {"watchlist": "btcusdt, dogeusdt", "weights": "momentum=2", "trailing_pct": "2.5", "take_profit_pct": "",
                 "max_drawdown_pct": "5",
                 "on_drawdown": "flatten", "target_week": "500", "name": "week-48", "validators": "no",
                 "max_group_pct": "40", "groups": "btcusdt+ethusdt, xrpusdt+dogeusdt"}  # fmt: skip
        for name, text in typed.items():
            entry(app, name).text = text
        await eventually(lambda: "Enter starts sma_crossover, momentum on BTCUSDT, DOGEUSDT in paper mode: 4 strategies" in outcome(app))
        said = outcome(app)
        assert "0.5 % of 10,000 each, from 10 to 1,000, stop loss 10 %, trailing 2.5 %." in said
        assert "A week's profit of 500.00 opens nothing new until Monday." in said
        assert "A fall of 5 % closes everything and opens nothing new." in said
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        settings = Settings(
            strategies=["sma_crossover", "momentum"], watchlist=["BTCUSDT", "DOGEUSDT"], weights={"momentum": 2.0}, validators=False,
            take_profit_pct=None, trailing_pct=2.5, max_drawdown_pct=5.0, on_drawdown="flatten", target_week=500.0,
            max_group_pct=40.0, groups=["BTCUSDT+ETHUSDT", "XRPUSDT+DOGEUSDT"],
        )  # fmt: skip
        assert engine.commands == [StartSession(settings=settings, name="week-48")]
        await eventually(lambda: line_with(app, "the session runs"))


async def test_what_is_wrong_is_said_beside_its_field_while_it_is_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await in_form(engine, app, pilot)
        entry(app, "strategies").text = "momentum"
        await told_of(
            app,
            [
                ("strategies", "momentun", "has momentun, which there is not: momentum, sma_crossover"),
                ("watchlist", "dogusdt", "DOGUSDT is not listed by the venue: did you mean DOGEUSDT"),
                ("watchlist", "", "needs a symbol, such as BTCUSDT"),
                ("weights", "sma_crossover=2", "has sma_crossover, which is not among the strategies"),
                ("weights", "momentum", "has momentum: write name=2"),
                ("weights", "momentum=0", "momentum must be above 0"),
                ("min_confidence", "1.1", "must be at most 1"),
                ("stop_loss_pct", "100", "must be below 100"),
                ("groups", "BTCUSDT", "has BTCUSDT: write two symbols or more, as BTCUSDT+ETHUSDT"),
                ("max_positions", "0.5", "must be a whole number"),
                ("max_notional", "5", "min notional 10 is above max notional 5"),
            ],
        )
        await eventually(lambda: outcome(app).startswith("Enter starts momentum on BTCUSDT, ETHUSDT, XRPUSDT"))
        entry(app, "base_pct").text = "0"
        await pilot.press("enter")
        await eventually(lambda: app.focused is entry(app, "base_pct").control)
        assert not engine.commands


async def test_a_strategy_of_several_symbols_and_an_unknown_catalogue_are_judged(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.catalogue = [{"name": "momentum"}, {"name": "pairs", "legs": 2}]
        await in_form(engine, app, pilot)
        await told_of(app, [("strategies", "pairs", "has pairs, which trades 2 symbols: register it by itself (r)")])


async def test_a_refused_start_is_said_in_the_form_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.refuse[StartSession] = "momentum: no bars of DOGEUSDT\x1b[2J"
        await in_form(engine, app, pilot)
        entry(app, "strategies").text = "momentum"
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: momentum: no bars of DOGEUSDT"))
        assert entry(app, "strategies").text == "momentum"
        del engine.refuse[StartSession]
        await pilot.press("enter")
        await eventually(lambda: engine.commands and app.uncovered)
        await pilot.press("s")
        await eventually(lambda: line_with(app, "needs a name"))
        await pilot.press("ctrl+r")
        await eventually(lambda: outcome(app).startswith("Enter starts momentum"))


RUNNING = Settings(strategies=["momentum"], watchlist=["BTCUSDT"], weights={"momentum": 2.0}, max_drawdown_pct=4.0, take_profit_pct=None)


async def test_while_a_session_runs_its_limits_are_changed_and_what_is_traded_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.answers["session"] = {"name": "week-47", "settings": msgspec.to_builtins(RUNNING)}
        await shown(engine, app, pilot)
        await pilot.press("s")
        await eventually(lambda: line_with(app, "Settings of the session week-47"))
        assert line_with(app, "momentum on BTCUSDT, momentum=2: what is traded stays as it is")
        assert entry(app, "max_drawdown_pct").text == "4"
        assert entry(app, "take_profit_pct").text == ""
        assert not [one for one in app.screen.query(Entry) if one.field.name in ("strategies", "watchlist", "weights", "capital", "name")]
        await eventually(lambda: outcome(app).startswith("Nothing is different yet. A fall of 4 %"))
        entry(app, "max_drawdown_pct").text = "3"
        entry(app, "target_week").text = "250"
        await eventually(lambda: outcome(app).startswith("Enter changes max drawdown pct, target week."))
        await pilot.press("enter")
        wanted = msgspec.structs.replace(RUNNING, max_drawdown_pct=3.0, target_week=250.0)
        await eventually(lambda: engine.commands == [ChangeSession(settings=wanted)])
        await eventually(lambda: line_with(app, "the session goes by these settings now"))


@pytest.mark.parametrize("answer", [None, {"settings": {"base_pct": -1}}, [1]], ids=["no question", "out of bounds", "no object"])
async def test_settings_the_engine_does_not_tell_are_not_guessed(tmp_path: Path, answer: Any) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        if answer is not None:
            engine.answers["session"] = answer
        await shown(engine, app, pilot)
        await pilot.press("s")
        await eventually(lambda: said(app, "the engine does not tell the session's settings"))
        assert app.uncovered


@pytest.mark.parametrize(("state", "command"), [("running", PauseSession()), ("paused", ResumeSession())])
async def test_h_pauses_and_resumes_the_session(tmp_path: Path, state: str, command: object) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot, desk_view(session=session_row(state=state)))
        await pilot.press("h")
        await eventually(lambda: engine.commands == [command])


@pytest.mark.parametrize(("key", "command"), [("f", StopSession()), ("k", StopSession(keep=True))])
async def test_x_asks_what_becomes_of_what_the_session_holds(tmp_path: Path, key: str, command: StopSession) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("x")
        await eventually(lambda: line_with(app, "End the session week-47?") and line_with(app, "keep and end"))
        await pilot.press(key)
        await eventually(lambda: engine.commands == [command])


async def test_without_a_session_or_positions_its_keys_say_so(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot, empty_desk())
        for key in "hx":
            await pilot.press(key)
            await eventually(lambda: said(app, "no session runs: s starts one"))
            app.clear_notifications()
        engine.desk = msgspec.structs.replace(empty_desk(), session=session_row())
        engine.moved("desk")
        await eventually(lambda: line_with(app, "● running"))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "e  end", "nothing is held"))
        await pilot.press("e")
        await eventually(lambda: engine.commands == [StopSession()])


#: What is looked at: the keys that open it, and words that are in it.
DIALOGS: dict[str, tuple[Callable[[], DeskView], list[str], str]] = {
    "session": (empty_desk, ["s", *"momentum"], "Enter starts momentum"),
    "change": (desk_view, ["s"], "Nothing is different yet"),
    "account": (desk_view, ["F"], "flatten and halt"),
    "position": (desk_view, ["enter"], "stop loss"),
}


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("dialog", list(DIALOGS))
async def test_it_looks_as_it_did(dialog: str, size: tuple[int, int], tmp_path: Path) -> None:
    desk, keys, word = DIALOGS[dialog]
    async with opened(tmp_path, size) as (engine, app, pilot):
        engine.answers |= {
            "listed": ["BTCUSDT", "ETHUSDT", "XRPUSDT"],
            "session": {"name": "week-47", "settings": msgspec.to_builtins(RUNNING)},
        }
        await eventually(lambda: app.catalogue.offers)
        await shown(engine, app, pilot, desk())
        await pilot.press(keys[0])
        await eventually(lambda: not app.uncovered and settled(app.screen))
        await pilot.press(*keys[1:])
        await eventually(lambda: line_with(app, word))
        if dialog == "session":
            await eventually(lambda: "listed" in engine.asks)
        for line in app.screen.query(Input):
            line.cursor_blink = False
        app.workers.cancel_group(app, "follow")
        await pilot.pause()
        app.deck.paint(10**6, NOON)
        app.deck.refresh()
        await pilot.pause()
        compare(f"dialog-desk-{dialog}-{size[0]}x{size[1]}", look_of(app))
