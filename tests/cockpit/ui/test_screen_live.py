"""The main screen on a scripted engine: what is shown, how little is painted again, and how it bears trouble."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from fake_engine import FakeEngine, price_row, strategy_row, trade_row
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, line_with, lines_of, opened, text_of, trading

from cockpit.figures import NONE
from cockpit.paint import Stroke
from cockpit.shell_words import to_type
from cockpit.tones import THEMES
from core.commands import Resume
from core.view import AlertRow, FeedState

HOSTILE = "\x1b]52;c;ZXZpbA==\x07[bold red]EVIL[/] \x1b[2J\u202e[@click=app.quit]x[/]"


@pytest.mark.parametrize("size", [WIDE, MIDDLE])
async def test_a_large_screen_shows_header_prices_strategies_trades_alerts_and_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (_, app, _pilot):
        await eventually(lambda: line_with(app, "Alerts", "1 open"))
        assert "PAPER" in lines_of(app)[0]
        assert line_with(app, "Prices", "2 of 3 live")
        assert line_with(app, "BTCUSDT", "61,686.01", "▲", "+0.42", "61,685.99", "61,686.00", "18.2k", "310", "<1 s")
        assert line_with(app, "XRPUSDT", "0.6021", "12 s")
        assert line_with(app, "sma-1", "● run", "+0.50", "61,650.00", "+18.00", "+29.80")
        assert line_with(app, "macd", "‖ paused")
        assert line_with(app, "boll-4", "✖ failed: ZeroDivisionError, boll.py:31 (enter: why, p: begin anew)")
        assert line_with(app, "Σ", "exposed", "30,843", "+36.00")
        assert line_with(app, "14:02:09", "sma-1", "sell", "0.50", "61,712.00", "+13.12")
        assert line_with(app, "14:02:02", "blocked: spread 0.9 % > 0.5 %")
        assert line_with(app, "XRPUSDT stale for 12 s")
        assert "r register" in lines_of(app)[-1]
        assert "q quit" in lines_of(app)[-1]


async def test_a_very_large_screen_shows_the_chosen_strategy_in_full(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await eventually(lambda: line_with(app, "sma-1: sma_crossover on BTCUSDT"))
        assert line_with(app, "fast 5", "slow 20", "interval 1m")
        await pilot.press("2", "down")
        await eventually(lambda: line_with(app, "macd: macd on ETHUSDT"))


async def test_a_small_screen_shows_one_pane_at_a_time_under_tabs(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await eventually(lambda: "4 Alerts(1)" in lines_of(app)[1])
        tabs = ["1 Prices", "2 Strategies", "3 Trades", "4 Alerts(1)", "5 Chart", "6 Tape"]
        assert [word.strip() for word in lines_of(app)[1].split("│")] == tabs
        assert line_with(app, "BTCUSDT", "61,686.01", "310", "<1 s")
        assert not line_with(app, "sma-1")
        await pilot.press("2")
        await eventually(lambda: line_with(app, "sma-1", "● run", "+0.50"))
        assert not line_with(app, "61,686.01")
        await pilot.press("3")
        await eventually(lambda: line_with(app, "blocked: spread"))
        await pilot.press("4")
        await eventually(lambda: line_with(app, "XRPUSDT stale"))


async def test_only_panes_in_sight_are_pulled_besides_what_the_levers_are_about(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, _app, pilot):
        await eventually(lambda: set(engine.pulls[-1].panes) == {"header", "alerts", "strategies", "prices"})
        await pilot.press("3")
        await eventually(lambda: set(engine.pulls[-1].panes) == {"header", "alerts", "strategies", "trades"})
        await pilot.resize_terminal(*WIDE)
        await eventually(lambda: len(engine.pulls[-1].panes) == 5)


async def test_a_change_paints_its_own_cells_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (engine, app, _pilot):
        await eventually(lambda: line_with(app, "Alerts", "1 open"))
        strokes: list[Stroke] = []
        put = type(app.live.prices).put

        def watched(self: object, painted: list[Stroke]) -> None:
            strokes.extend(painted)
            put(app.live.prices, painted)

        monkeypatch.setattr(type(app.live.prices), "put", watched)
        engine.prices[1] = msgspec.structs.replace(engine.prices[1], last=2684.2, ask=2684.21)
        engine.moved("prices")
        await eventually(lambda: line_with(app, "ETHUSDT", "2,684.20"))
        first = list(strokes)
        assert sorted(stroke.text.strip() for stroke in first) == ["2,684.20", "2,684.21"]
        assert {stroke.y for stroke in first} == {3}
        # The highlight fades in two steps, on the same two cells.
        await eventually(lambda: sum((stroke.x, stroke.y) == (first[0].x, first[0].y) for stroke in strokes) == 3)
        styles = [stroke.style for stroke in strokes if (stroke.x, stroke.y) == (first[0].x, first[0].y)]
        assert len(set(styles)) == 3


async def test_an_age_grows_by_the_local_clock_and_a_price_goes_stale_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (_, app, _pilot):
        assert not app.live.prices.listing.shown[0].stale
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + 11)
        await eventually(lambda: app.live.prices.listing.shown[0].stale)
        assert line_with(app, "BTCUSDT", "61,686.01", "11 s")


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL])
async def test_a_halted_symbol_says_why_and_one_with_a_gap_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, _pilot):
        halted = price_row("binance:LUNAUSDT", 0.5, state="halted", detail="CANCEL_ONLY")
        engine.prices = [*engine.prices, halted, price_row("binance:SOLUSDT", 158.2, state="gap")]
        engine.moved("prices")
        await eventually(lambda: line_with(app, "LUNAUSDT", "halted: CANCEL_ONLY"))
        assert line_with(app, "SOLUSDT", "158.20", "gap")
        engine.prices[3] = msgspec.structs.replace(halted, state="live", detail="")
        engine.moved("prices")
        await eventually(lambda: not line_with(app, "halted"))


async def test_a_strategy_on_a_halted_symbol_says_why_also_while_it_holds_a_position(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _pilot):
        engine.strategies[0] = strategy_row(detail="halted: CANCEL_ONLY")
        engine.strategies[1] = strategy_row("macd", position=0.0, entry=None, detail="blocked: spread")
        engine.moved("strategies")
        await eventually(lambda: line_with(app, "sma-1", "● run", "+0.50", "halted: CANCEL_ONLY"))
        await eventually(lambda: line_with(app, "macd", "● run: blocked: spread"))


async def test_a_lost_engine_is_said_and_it_is_back_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.following.RETRY", 0.6)
    async with opened(tmp_path, SMALL) as (engine, app, _pilot):
        await engine.stop()
        await eventually(lambda: "engine gone, reconnecting" in lines_of(app)[0])
        assert "PAPER" in lines_of(app)[0]
        assert app.live.prices.away
        engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=70_000.0)
        engine.revisions = dict.fromkeys(engine.revisions, 1)
        await engine.start()
        await eventually(lambda: line_with(app, "BTCUSDT", "70,000.00"))
        await eventually(lambda: "binance●" in lines_of(app)[0])
        assert not app.live.prices.away


async def test_without_an_engine_no_price_is_live_and_no_rate_known_and_it_is_said_what_brings_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.following.GONE", 0.3)
    async with opened(tmp_path, WIDE) as (engine, app, _pilot):
        await eventually(lambda: line_with(app, "Prices", "of 3 live"))
        await engine.stop()
        counted: set[str] = set()

        def counts() -> bool:
            counted.update(f"{n} s" for n in (3, 2, 1) if f"reconnecting {n} s" in lines_of(app)[0])
            return len(counted) == 3

        await eventually(counts)
        assert line_with(app, "Prices", "0 of 3 live")
        assert all(row.stale and row.cells[7].text == NONE for row in app.live.prices.listing.shown)
        again = f"`{to_type(app.home, app.live.mode, 'start')}`"
        assert f"{NONE} t" in lines_of(app)[0] or again in lines_of(app)[0]  # which it is depends on how long the home's path is
        assert again.startswith("`cockpit start")
        said = [note.message for note in app._notifications]
        assert any(again in text and "in another terminal brings it back" in text for text in said)


async def test_an_engine_that_hangs_is_said_not_to_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.following.SLOW", 0.6)
    async with opened(tmp_path, SMALL) as (_engine, app, _pilot):

        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(app.link, "pull", never)
        await eventually(lambda: "engine does not answer for" in lines_of(app)[0])


async def test_an_engine_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    async with cockpit(tmp_path, SMALL) as (app, _pilot):
        await eventually(lambda: "engine starting" in lines_of(app)[0])
        assert line_with(app, "Waiting for the engine")
        async with trading(FakeEngine(tmp_path)):
            await eventually(lambda: line_with(app, "BTCUSDT", "61,686.01"))


async def test_an_engine_that_cannot_start_ends_the_screen_with_its_reason(tmp_path: Path) -> None:
    async with cockpit(tmp_path, SMALL) as (app, _pilot):
        app._failed = lambda: "the engine did not start: no such venue"
        await eventually(lambda: app.return_code == 1)
        assert app.last_words == "the engine did not start: no such venue"


async def test_an_engine_that_does_not_answer_freezes_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, _pilot):
        shown = lines_of(app)[0][-10:]
        real = engine.answer
        stuck = asyncio.Event()

        async def never(request: object) -> object:
            await stuck.wait()
            return await real(request)  # type: ignore[arg-type]

        monkeypatch.setattr(engine, "answer", never)
        await eventually(lambda: lines_of(app)[0][-10:] != shown)
        stuck.set()


async def test_empty_panes_say_what_to_do(tmp_path: Path) -> None:
    async with FakeEngine(tmp_path) as engine, cockpit(tmp_path, WIDE) as (app, _pilot):
        engine.header.feeds = [FeedState("binance", "backoff", "connection refused, next try in 5 s")]
        engine.moved("header")
        await eventually(lambda: line_with(app, "No strategy is registered: press r to register one."))
        await eventually(lambda: line_with(app, "binance is backoff: connection refused, next try in 5 s"))
        assert line_with(app, "press s to add one")
        assert line_with(app, "No trade yet.")
        assert line_with(app, "Nothing needs you.")


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL])
async def test_hostile_text_is_inert_wherever_it_appears(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        engine.header.feeds = [FeedState(HOSTILE, HOSTILE, HOSTILE)]
        engine.prices.append(price_row(f"binance:{HOSTILE}"))
        failed = strategy_row(
            HOSTILE, name=HOSTILE, symbols=[HOSTILE], state="failed", detail=HOSTILE, traceback=HOSTILE, params={HOSTILE: HOSTILE}
        )
        engine.strategies = [failed, strategy_row("z", state=HOSTILE, detail=HOSTILE)]
        engine.trades.insert(0, trade_row(9, strategy_id=HOSTILE, symbol=HOSTILE, side=HOSTILE, reason=HOSTILE, fill_id=HOSTILE))
        engine.trades.insert(0, trade_row(8, kind="blocked", strategy_id=HOSTILE, symbol=HOSTILE, reason=HOSTILE, fill_id=""))
        engine.alerts.append(AlertRow(engine.header.now_ns + 10**9, "critical", HOSTILE, True))
        engine.moved("header", "prices", "strategies", "trades", "alerts")
        for number in "1234":
            await pilot.press(number)
            await eventually(lambda: "EVIL" in text_of(app))
            await pilot.press("enter")
            await pilot.pause()
            shown = text_of(app)
            assert "[bold red]EVIL" in shown
            assert not {letter for letter in shown if letter < " " and letter != "\n"}
            assert not set("\x1b\x9b\x9d\u202e") & set(shown)
            assert all(len(line) == size[0] for line in shown.splitlines())
            await pilot.press("escape")
        assert app.is_running


async def test_a_new_alert_is_a_toast_and_old_ones_are_not(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, _pilot):
        assert not app._notifications
        engine.alerts.insert(0, AlertRow(engine.header.now_ns + 1, "critical", "[red]tape stopped\x1b[0m: disk full", True))
        engine.moved("alerts")
        await eventually(lambda: line_with(app, "[red]tape stopped: disk full"))


async def test_live_paints_every_frame_red(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, app, _pilot):
        engine.header.mode = "live"
        engine.moved("header")
        await eventually(lambda: " LIVE " in lines_of(app)[0])
        red = app.live.prices.tones.style("edge-live").color
        for pane in (pane for pane in app.live.panes if pane.size.height):
            assert next(iter(pane.render_line(0))).style.color == red  # type: ignore[union-attr]


async def test_the_cursor_moves_stays_on_its_row_and_scrolls(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        engine.prices = [price_row(f"binance:S{index:02d}USDT", 100.0 + index) for index in range(40)]
        engine.moved("prices")
        await eventually(lambda: line_with(app, "S00USDT"))
        await pilot.press("end")
        await eventually(lambda: line_with(app, "▶S39USDT"))
        assert not line_with(app, "S00USDT")
        await pilot.press("home", "down", "down")
        await eventually(lambda: line_with(app, "▶S02USDT"))
        engine.prices = engine.prices[::-1]
        engine.moved("prices")
        await eventually(lambda: app.live.prices.listing.shown[0].key == "binance:S39USDT")
        assert app.live.prices.listing.cursor_key == "binance:S02USDT"


async def test_a_filter_narrows_the_pane_and_escape_shows_all_again(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("slash", *"eth")
        await eventually(lambda: not line_with(app, "BTCUSDT"))
        assert line_with(app, "ETHUSDT")
        await pilot.press("enter")
        assert app.focused is app.live.prices
        await pilot.press("slash", "escape")
        await eventually(lambda: line_with(app, "BTCUSDT"))


async def test_sorting_goes_through_the_columns_and_back(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("o", "o")
        await eventually(lambda: line_with(app, "▾last"))
        assert [row.key[8:11] for row in app.live.prices.listing.shown] == ["BTC", "ETH", "XRP"]
        await pilot.press("O")
        await eventually(lambda: line_with(app, "▴last"))
        assert [row.key[8:11] for row in app.live.prices.listing.shown] == ["XRP", "ETH", "BTC"]


async def test_a_pane_takes_the_whole_screen_and_gives_it_back(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("2", "plus")
        await eventually(lambda: not line_with(app, "61,686.01"))
        assert line_with(app, "sma-1", "● run")
        await pilot.press("plus")
        await eventually(lambda: line_with(app, "61,686.01"))


async def test_a_storm_of_sizes_breaks_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        for size in ((1, 1), (2, 3), (300, 100), (80, 24), (10, 50), (200, 4), (120, 40), (100, 30), (99, 29), (160, 48)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert {len(line) for line in lines_of(app)} == {size[0]}
        await eventually(lambda: line_with(app, "BTCUSDT", "61,686.01"))


async def test_every_theme_paints_every_tone(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        seen = set()
        for _ in THEMES:
            seen.add((app.theme, app.live.prices.tones.style("up").color))
            await pilot.press("t")
            await pilot.pause()
        assert len(seen) == len(THEMES) == 4
        assert app.theme == "cockpit-dark"


async def test_a_symbol_a_strategy_or_a_pane_is_gone_to_by_its_name(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        for typed, arrived in (
            ("ETHU", lambda: app.live.pane_name == "prices" and app.live.prices.listing.cursor_key == "binance:ETHUSDT"),
            ("macd", lambda: app.live.pane_name == "strategies" and app.live.strategies.listing.cursor_key == "macd"),
            ("Laten", lambda: app.deck.NAME == "system" and app.deck.pane_name == "latency"),
            ("Trades", lambda: app.deck.NAME == "live" and app.live.pane_name == "trades"),
        ):
            await pilot.press("colon")
            await eventually(lambda: len(app.screen_stack) == 2)
            await pilot.press(*typed)
            await pilot.press("enter")
            await eventually(arrived)


async def test_without_a_venue_the_demo_is_offered(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        engine.prices = [price_row("binance:BTCUSDT", None, last_ns=0, state="waiting", spark=[])]
        engine.header = msgspec.structs.replace(engine.header, feeds=[FeedState("binance", "backoff", "name or service not known")])
        async with cockpit(tmp_path, MIDDLE) as (app, _):
            await eventually(lambda: line_with(app, "1 Prices", "d opens the demo"))


async def test_p_on_a_strategy_that_failed_has_it_begin_anew(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("2", "down", "down")
        await eventually(lambda: app.live.chosen_strategy is not None and app.live.chosen_strategy.id == "boll-4")
        await pilot.press("p")
        await eventually(lambda: engine.commands == [Resume(id="boll-4")])


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_what_a_strategy_realised_is_shown_after_fees_at_every_width_and_help_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        engine.strategies = [strategy_row("a", realised=10.0, fees=27.23, drawdown_pct=0.004), strategy_row("b", realised=5.0, fees=1.0)]
        engine.moved("strategies")
        await pilot.press("2")
        await eventually(lambda: line_with(app, "a", "● run", "-17.23"))
        assert line_with(app, "uPnL", "net")
        assert line_with(app, "Σ", "-13.23")
        if size == WIDE:
            assert line_with(app, "a", "● run", "<0.1")
            assert line_with(app, "drawdown <0.01 %")
        await pilot.press("question_mark")
        if size == SMALL:  # the columns lie below what can be done
            await eventually(lambda: line_with(app, "Columns"))
            await pilot.press("pagedown")
        await eventually(lambda: line_with(app, "net", "P&L of what was closed less all fees"))
