"""Forms and dialogs: what is typed is judged at once, nothing is lost by a refusal, and what cannot be undone asks first."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from fake_engine import CATALOGUE, TERMS, FakeEngine
from fake_lab import with_runs
from form_rig import entry
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, frames, line_with, opened, text_of, trading
from textual.widgets._static import Static

from cockpit.actions import ACTIONS
from cockpit.forms.register import RegisterForm
from core.commands import Flatten, Pause, Reduce, Register, Resume, SetStops, Stop, Terms, Unregister, Unwatch, Watch


async def test_the_register_form_is_made_from_the_catalogue(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts momentum on BTCUSDT in paper mode"))
        assert line_with(app, "Bets that a move that began goes on.")
        assert line_with(app, "lookback", "5", "≥ 1, ≤ 1,000 · bars of the move")
        assert line_with(app, "stop loss pct", "off", "> 0, < 100")
        await pilot.press("right")
        await eventually(lambda: line_with(app, "fast", "5"))
        assert line_with(app, "confirm", "no")
        assert not line_with(app, "lookback")
        await eventually(lambda: line_with(app, "Enter starts sma_crossover on BTCUSDT"))


async def test_a_wrong_value_is_said_beside_its_field_while_typing_and_enter_goes_to_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("tab", "tab", "end", "backspace", "0")
        await eventually(lambda: line_with(app, "lookback", "must be at least 1"))
        assert not line_with(app, "Enter starts")
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert app.focused is entry(app, "lookback").control
        assert not engine.commands
        await pilot.press("backspace", "7")
        await eventually(lambda: line_with(app, "Enter starts momentum"))


async def test_enter_in_any_field_registers_and_the_cursor_goes_to_the_new_strategy(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("down", "r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("right")
        await eventually(lambda: line_with(app, "slow"))
        await pilot.press("tab", *["backspace"] * 7, *"btcusdt", "tab", "end", "2")
        entry(app, "qty").text = "0.5"
        entry(app, "side").text = "long_short"
        entry(app, "trailing_pct").text = "3"
        entry(app, "id").text = "mine"
        await pilot.pause()
        await pilot.press("enter")
        await eventually(lambda: engine.commands)
        params: dict[str, str | int | float | bool] = {"fast": 52, "slow": 20, "interval": "1m", "confirm": False}
        terms = Terms(qty=0.5, side="long_short", trailing_pct=3.0)
        assert engine.commands == [Register(name="sma_crossover", symbols=["BTCUSDT"], params=params, terms=terms, id="mine")]
        await eventually(lambda: app.live.strategies.listing.cursor_key == "sma-4")
        assert line_with(app, "sma-4 is registered")
        assert app.focused is app.live.strategies


async def test_a_symbol_is_judged_by_what_is_streamed_and_what_the_venue_lists(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.answers["listed"] = ["BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"]
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts momentum on BTCUSDT"))
        for text, words in (
            ("dogusdt", "DOGUSDT is not listed by the venue: did you mean DOGEUSDT"),
            ("kraken:BTCUSDT", "kraken:BTCUSDT is of another venue: this engine streams binance only"),
            ("btcusdt, ethusdt", "has 2, and the strategy trades 1 symbol"),
        ):
            entry(app, "symbols").text = text
            await eventually(partial(line_with, app, "symbols", words))
        entry(app, "symbols").text = "dogeusdt"
        await eventually(lambda: line_with(app, "symbols", "DOGEUSDT: listed, not streamed yet"))
        said = "DOGEUSDT is not streamed yet: it will be, and recorded."
        await eventually(lambda: said in str(app.screen.query_one("#outcome", Static).content))
        entry(app, "symbols").text = ""
        await pilot.press("tab", "d")
        await eventually(lambda: line_with(app, "symbols", "dOGEUSDT"))
        await pilot.press("right")
        await eventually(lambda: entry(app, "symbols").text == "dOGEUSDT")


async def test_where_nobody_knows_what_is_listed_the_engine_judges_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.refuse[Register] = "binance does not list 'NOPE'"
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        entry(app, "symbols").text = "nope"
        await eventually(lambda: line_with(app, "symbols", "NOPE: not streamed yet"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: binance does not list 'NOPE'"))


async def test_a_strategy_of_two_symbols_asks_for_two(tmp_path: Path) -> None:
    engine = trading(FakeEngine(tmp_path))
    engine.catalogue = [{"name": "pairs", "legs": 2}]
    async with engine, cockpit(tmp_path, WIDE) as (app, pilot):
        await eventually(lambda: app.catalogue.offers)
        await pilot.press("r")
        await eventually(lambda: line_with(app, "symbols", "the strategy trades 2 symbols, with a comma between"))
        entry(app, "symbols").text = "btcusdt,ethusdt"
        await eventually(lambda: line_with(app, "Enter starts pairs on BTCUSDT, ETHUSDT"))


async def test_a_refusal_is_shown_in_the_form_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.refuse[Register] = "sma_crossover: fast (30) must be below slow (20)\x1b[2J"
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("right")
        await eventually(lambda: line_with(app, "fast"))
        await pilot.press("tab", "tab", "end", "backspace", "3", "0", "enter")
        await eventually(lambda: line_with(app, "Refused: sma_crossover: fast (30) must be below slow (20)"))
        assert isinstance(app.screen, RegisterForm)
        assert entry(app, "fast").text == "30"
        del engine.refuse[Register]
        await pilot.press("enter")
        await eventually(lambda: engine.commands)


async def test_the_last_registration_is_one_key_away(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        entry(app, "lookback").text = "77"
        entry(app, "capital").text = "500"
        await pilot.pause()
        await pilot.press("enter")
        await eventually(lambda: engine.commands and app.screen is app.live)
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        assert entry(app, "lookback").text == "5"
        await pilot.press("ctrl+r")
        assert (entry(app, "lookback").text, entry(app, "capital").text) == ("77", "500")


async def test_what_was_sent_is_one_key_away_in_the_next_sitting_too(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("ctrl+r")
        await eventually(lambda: line_with(app, "Nothing about momentum was sent from here yet."))
        entry(app, "lookback").text = "77"
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands and app.screen is app.live)
        await pilot.press("s", *"adausdt", "enter")
        await eventually(lambda: line_with(app, "ADAUSDT added."))
    (tmp_path / "screen.json").write_bytes((tmp_path / "screen.json").read_bytes().replace(b'"ADAUSDT"', b'"ADA\\u0007USDT"'))
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("ctrl+r")
        await eventually(lambda: entry(app, "lookback").text == "77")
        await pilot.press("escape", "s", "ctrl+r")
        await eventually(lambda: line_with(app, "Enter streams and records ADAUSDT."))


async def test_what_was_typed_for_a_strategy_is_there_when_one_comes_back_to_it(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        entry(app, "lookback").text = "42"
        await pilot.pause()
        await pilot.press("right")
        await eventually(lambda: line_with(app, "slow"))
        await pilot.press("left")
        await eventually(lambda: line_with(app, "lookback", "42"))


async def test_a_small_screen_shows_what_enter_does_and_scrolls_to_the_field(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts momentum on BTCUSDT"))
        assert line_with(app, "esc le")
        await pilot.press("shift+tab")
        await eventually(lambda: line_with(app, " id "))
        assert line_with(app, "Enter starts momentum on BTCUSDT")


async def test_escape_leaves_the_form_and_nothing_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)
        assert not engine.commands


async def test_a_catalogue_that_cannot_be_read_is_said_in_the_form(tmp_path: Path) -> None:
    engine = trading(FakeEngine(tmp_path))
    engine.catalogue = [{"sentence": 1}]
    async with engine, cockpit(tmp_path, SMALL) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        await pilot.press("r")
        await eventually(lambda: line_with(app, "the engine's catalogue cannot be read"))
        engine.catalogue = CATALOGUE
        await pilot.press("escape", "r")
        await eventually(lambda: line_with(app, "Enter starts"))


async def test_prices_go_on_while_a_command_takes_its_time(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.hold.clear()
        await pilot.press("r")
        await eventually(lambda: line_with(app, "Enter starts"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "starting momentum"))
        before = len(engine.pulls)
        await eventually(lambda: len(engine.pulls) > before + 2)
        engine.hold.set()
        await eventually(lambda: app.screen is app.live)


async def test_p_pauses_the_strategy_under_the_cursor_and_resumes_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "p")
        await eventually(lambda: engine.commands == [Pause(id="sma-1")])
        await eventually(lambda: line_with(app, "sma-1", "‖ paused"))
        await pilot.press("p")
        await eventually(lambda: engine.commands[1:] == [Resume(id="sma-1")])


async def test_a_lever_in_another_pane_goes_to_the_strategies_and_does_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await pilot.press("1", "p")
        await eventually(lambda: app.focused is app.live.strategies)
        await eventually(lambda: line_with(app, "p pauses the strategy under the cursor"))
        assert not engine.commands


async def test_a_lever_in_the_trade_log_is_about_the_strategy_of_the_trade(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, _app, pilot):
        await pilot.press("3", "p")
        await eventually(lambda: engine.commands == [Pause(id="sma-1")])


async def test_flatten_says_what_it_will_close_and_asks(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "f")
        await eventually(lambda: line_with(app, "close long 0.50 BTCUSDT"))
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)
        assert not engine.commands
        await pilot.press("f", "enter")
        await eventually(lambda: engine.commands == [Flatten(id="sma-1")])


async def test_flatten_on_a_flat_strategy_sends_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "down", "f")
        await eventually(lambda: line_with(app, "macd holds nothing"))
        assert not engine.commands


async def test_a_part_of_a_position_is_closed_after_asking_how_much(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "c")
        await eventually(lambda: line_with(app, "close 75 % of long 0.50 BTCUSDT, keep the rest"))
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)
        assert not engine.commands
        await pilot.press("c", "1")
        await eventually(lambda: engine.commands == [Reduce(id="sma-1", pct=25.0)])
        await pilot.press("down", "c")
        await eventually(lambda: line_with(app, "macd holds nothing"))


async def test_stops_are_set_in_a_form_that_says_where_they_lie(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "v")
        await eventually(lambda: line_with(app, "sma-1 has no stops: type how far each is to be."))
        await pilot.press("2", "down", "down", "1", "2", "0")
        await eventually(lambda: line_with(app, "must be below 100"))
        await pilot.press("backspace")
        await eventually(lambda: line_with(app, "Enter sets stop loss 2 % (at "))
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [SetStops(id="sma-1", stop_loss_pct=2.0, trailing_pct=12.0)])
        await eventually(lambda: line_with(app, "sma-1: stop loss 2 %"))


async def test_unregister_flattens_first_or_keeps_the_position(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("2", "u")
        await eventually(lambda: line_with(app, "leave long 0.50 BTCUSDT open"))
        await pilot.press("k")
        await eventually(lambda: engine.commands == [Unregister(id="sma-1", keep=True)])
        await eventually(lambda: not line_with(app, "● run"))


async def test_everything_can_be_flattened_paused_and_resumed_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("F")
        await eventually(lambda: line_with(app, "flatten all", "sma-1 long 0.50 BTCUSDT"))
        await pilot.press("f", "P", "R")
        await eventually(lambda: engine.commands == [Flatten(id=None), Pause(id=None), Resume(id=None)])


async def test_a_refused_lever_is_a_toast_with_the_reason(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        engine.refuse[Pause] = "[b]no[/b] strategy 'sma-1'\x1b[2J"
        await pilot.press("2", "p")
        await eventually(lambda: line_with(app, "[b]no[/b] strategy 'sma-1'"))


async def test_symbols_are_added_and_taken_off(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await pilot.press("s", *"adausdt, btcusdt")
        await eventually(lambda: line_with(app, "BTCUSDT is watched already."))
        await pilot.press(*["backspace"] * 9)
        await eventually(lambda: line_with(app, "Enter streams and records ADAUSDT."))
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [Watch(symbols=["ADAUSDT"])])
        await eventually(lambda: line_with(app, "binance:ADAUSDT"))
        await pilot.press("tab", "x")
        await eventually(lambda: engine.commands[1:] == [Unwatch(symbols=["binance:BTCUSDT"])])


async def test_a_symbol_that_is_not_listed_is_said_before_it_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        engine.answers["listed"] = ["BTCUSDT", "DOGEUSDT"]
        await pilot.press("s", *"dogeusd")
        await eventually(lambda: line_with(app, "DOGEUSD is not listed by the venue: did you mean DOGEUSDT"))
        await pilot.press("enter", "t")
        await eventually(lambda: line_with(app, "Enter streams and records DOGEUSDT."))
        assert not engine.commands


async def test_symbols_that_stream_only_after_a_silence_say_so(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        engine.replies[Watch] = {"symbols": [], "note": "binance asked for silence: what is new streams in 3,540 s"}
        await pilot.press("s", *"adausdt", "enter")
        await eventually(lambda: line_with(app, "ADAUSDT added. binance asked for silence:"))


async def test_a_symbol_the_venue_does_not_know_is_said_and_stays_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        engine.refuse[Watch] = "binance lists no symbol NOPE"
        await pilot.press("s", *"nope", "enter")
        await eventually(lambda: line_with(app, "Refused: binance lists no symbol NOPE"))
        assert line_with(app, "nope")


async def test_enter_opens_the_traceback_of_a_failed_strategy(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await pilot.press("2", "end", "enter")
        await eventually(lambda: line_with(app, "Traceback …"))
        assert line_with(app, "boll-4: sma_crossover on BTCUSDT")
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)


async def test_enter_opens_a_trade_and_an_alert_in_full(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await pilot.press("3", "enter")
        await eventually(lambda: line_with(app, "sell 0.50 at 61,712"))
        assert line_with(app, "fill", "sma-1:2")
        await pilot.press("escape", "4", "enter")
        await eventually(lambda: line_with(app, "warning, open"))


async def test_quitting_asks_and_detaching_leaves_the_engine_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("q")
        await eventually(lambda: line_with(app, "detach", "the engine keeps running"))
        assert line_with(app, "1 position stays open, as journalled")
        await pilot.press("escape")
        await eventually(lambda: app.screen is app.live)
        await pilot.press("q", "enter")
        await eventually(lambda: app.return_code == 0)
        assert not engine.commands


async def test_quitting_can_stop_the_engine_and_flatten_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("q", "f")
        await eventually(lambda: engine.commands == [Stop(flatten=True)])
        await eventually(lambda: app.return_code == 0)


async def test_a_refused_stop_keeps_the_screen_open(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        engine.refuse[Stop] = "positions cannot be closed: the venue is away"
        await pilot.press("q", "s")
        await eventually(lambda: line_with(app, "the venue is away"))
        assert app.return_code is None


async def test_ctrl_c_twice_detaches(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("ctrl+c")
        await eventually(lambda: line_with(app, "Leave the cockpit?"))
        await pilot.press("ctrl+c")
        await eventually(lambda: app.return_code == 0)
        assert not engine.commands


async def test_the_help_lists_this_panes_keys_and_does_what_is_chosen(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("2", "question_mark")
        await eventually(lambda: line_with(app, "Strategies: what can be done here"))
        assert line_with(app, "p", "Pause the strategy under the cursor, or resume it")
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [Pause(id="sma-1")])


async def test_the_palette_finds_an_action_by_name(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (_, app, pilot):
        await pilot.press("ctrl+p")
        await eventually(lambda: line_with(app, "Register a strategy (r)"))
        await pilot.press(*"alerts")
        await eventually(lambda: line_with(app, "Go to the alerts (4)") and not line_with(app, "Register a strategy (r)"))
        await pilot.press("enter")
        await eventually(lambda: app.focused is app.live.alerts)


@pytest.mark.slow
async def test_every_action_has_a_key_of_its_own_and_runs_on_an_empty_screen(tmp_path: Path) -> None:
    for deck in ("live", "system"):
        keys = [key for action in ACTIONS if action.deck in ("", deck) for key in action.keys.split(",")]
        assert len(keys) == len(set(keys))
    async with opened(tmp_path) as (engine, app, pilot):
        engine.prices, engine.strategies, engine.trades, engine.alerts = [], [], [], []
        engine.moved("prices", "strategies", "trades", "alerts")
        await eventually(lambda: not app.live.prices.symbols and not app.live.strategies.held)
        for action in ACTIONS:
            action.run(app)
            await pilot.pause()
            while app.screen is not app.deck:
                await pilot.press("escape")
                await pilot.pause()
        assert not [command for command in engine.commands if not isinstance(command, Pause | Resume)]
        assert "cockpit" in text_of(app)


async def test_an_answer_given_twice_in_a_hurry_is_one_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("F")
        await eventually(lambda: len(app.screen_stack) == 2)
        dialog = app.screen
        dialog.dismiss("f")
        dialog.dismiss("f")
        await eventually(lambda: engine.commands)
        await frames(engine)
        assert len(engine.commands) == 1
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("key", ["r", "b"])
async def test_where_not_all_fields_fit_they_scroll_and_what_enter_does_stays_in_sight(tmp_path: Path, key: str) -> None:
    engine = trading(FakeEngine(tmp_path))
    terms = [{"name": f"term_{n}", "type": "float", "default": 0.0, "description": "of many", "ge": 0.0} for n in range(25)]
    engine.catalogue = {**engine.catalogue, "terms": [*TERMS, *terms]}
    async with engine, cockpit(tmp_path, MIDDLE) as (app, pilot):
        with_runs(engine)
        await eventually(lambda: line_with(app, "BTCUSDT"))
        await pilot.press(key)
        await eventually(lambda: line_with(app, "esc leaves") and (line_with(app, "Enter runs") or line_with(app, "Enter starts")))
        assert line_with(app, "term 0")
        assert not line_with(app, "term 24")
        await pilot.press("up")
        await eventually(lambda: line_with(app, "term 24"))
        assert line_with(app, "esc leaves")
