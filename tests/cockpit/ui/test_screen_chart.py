"""The chart and the tape of the live screen on a scripted engine: every key, what is asked, and what is shown when there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_engine import NOON, SECOND, FakeEngine, price_row, trade_row
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, frames, line_with, lines_of, opened, text_of, trading

from cockpit.app import CockpitApp
from cockpit.paint import Stroke
from cockpit.panes.picture import Candle
from cockpit.panes.window import lively
from core.view import Ask, Refused, Request

HOSTILE = "\x1b]52;c;ZXZpbA==\x07[bold red]EVIL[/] \x1b[2J\u202e"


def asked(engine: FakeEngine, what: str) -> list[dict[str, Any]]:
    """What charts asked of one kind."""
    return [args for kind, args in engine.asked if kind == what]


def drawn(app: CockpitApp) -> str:
    """The chart's drawing."""
    return app.live.chart._canvas.text()


async def test_a_wide_screen_has_a_chart_of_the_symbol_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m", "▲ 61,686.01 +0.42 %"))
        await eventually(lambda: "┃" in drawn(app))
        assert "61,686.01 ▸" in drawn(app)
        assert line_with(app, "└", "13:30", "13:40", "13:50")
        assert asked(engine, "bars")[0] == {"symbol": "binance:BTCUSDT", "interval": "1m", "count": 250}
        await pilot.press("down")
        await eventually(lambda: line_with(app, "5 ETHUSDT 1m", "▼ 2,684.10 -0.18 %"))
        await eventually(lambda: "2,684.10 ▸" in drawn(app))
        assert app.live.pane is app.live.prices


async def test_the_chart_follows_the_strategy_or_the_trade_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("2", "down")
        await eventually(lambda: line_with(app, "5 ETHUSDT 1m"))
        await pilot.press("3")
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m"))
        await pilot.press("5")
        await pilot.pause()
        assert line_with(app, "5 BTCUSDT 1m")


async def test_fills_are_marked_and_named_under_the_crosshair(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.trades = [
            trade_row(7, ts_ns=NOON - 70 * SECOND, side="buy", price=61_650.0, realised=0.0),
            trade_row(8, ts_ns=NOON - 80 * SECOND, strategy_id="other", symbol="binance:ETHUSDT"),
        ]
        engine.moved("trades")
        await eventually(lambda: drawn(app).count("▲") == 1 and "▼" not in drawn(app))
        await pilot.press("5", "left", "left")
        await eventually(lambda: "sma-1 buy 0.50 @ 61,650.00" in drawn(app))


async def test_fills_that_left_the_trade_log_are_marked_as_well(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        start = (NOON // (60 * SECOND) - 9) * 60 * SECOND
        engine.answers["bar_fills"] = {"fills": [[start, "buy", False, 800, start + SECOND, "sma-1", 0.5, 61_650.0, 0.0]]}
        await pilot.press("i")  # another interval asks at once
        await pilot.press("I")
        await eventually(lambda: "bar_fills" in engine.asks and drawn(app).count("▲") == 2)
        await pilot.press("5", *["left"] * 10)
        await eventually(lambda: "sma-1 buy 0.50 @ 61,650.00 (+799)" in drawn(app))


async def test_a_symbol_that_two_venues_have_is_named_with_its_venue(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _):
        engine.prices = [*engine.prices, price_row("kraken:BTCUSDT")]
        engine.moved("prices")
        await eventually(
            lambda: line_with(app, "5 binance:BTCUSDT 1m") and line_with(app, "kraken:BTCUSDT") and line_with(app, " ETHUSDT ")
        )


async def test_the_key_of_the_crosshair_takes_it_away_again(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await eventually(lambda: "┃" in drawn(app))
        await pilot.press("x")
        await eventually(lambda: "┊" in drawn(app))
        await pilot.press("x")
        await eventually(lambda: "┊" not in drawn(app))
        await pilot.press("m")
        await eventually(lambda: line_with(app, "Equity of all") and app.live.chart.equity._points)
        await pilot.press("x")
        assert app.live.chart.crossed
        await pilot.press("x")
        assert not app.live.chart.crossed


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL])
async def test_the_crosshair_reads_a_bar_and_escape_leaves_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (_, app, pilot):
        await pilot.press("5")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("left")
        await eventually(lambda: line_with(app, "14:02 O ", " H ", " L ", " C 61,686.01 V "))
        assert "┊" in drawn(app)
        await pilot.press("left", "left")
        await eventually(lambda: line_with(app, "14:00 O "))
        await pilot.press("right")
        await eventually(lambda: line_with(app, "14:01 O "))
        await pilot.press("shift+left")
        await eventually(lambda: line_with(app, "13:51 O "))
        await pilot.press("shift+right", "end")
        await eventually(lambda: line_with(app, "14:02 O "))
        await pilot.press("escape")
        await eventually(lambda: not line_with(app, "14:02 O "))
        assert "┊" not in drawn(app)


async def test_x_goes_to_the_crosshair_from_any_pane_and_a_click_puts_it_on_a_bar(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "14:02 O "))
        assert app.live.pane is app.live.chart
        row = next(line for line in drawn(app).splitlines() if "┊" in line)
        await pilot.click(app.live.chart, offset=(1 + row.index("┊") - 7, 5))
        await eventually(lambda: line_with(app, "13:55 O "))
        await pilot.press("slash")
        assert app.focused is app.live.chart
        await pilot.press("m")
        await eventually(lambda: line_with(app, "Equity of all", "9,820.00 ▼"))
        await pilot.click(app.live.chart, offset=(40, 5))
        await eventually(lambda: line_with(app, "  equity 9,8", "P&L"))


async def test_paging_goes_back_asks_for_more_and_end_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await pilot.press("5")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("pageup", "pageup")
        await eventually(lambda: line_with(app, "bars back, end: now"))
        assert "▸" not in drawn(app)
        await eventually(lambda: any(args["count"] > 250 for args in asked(engine, "bars")))
        await pilot.press("pagedown")
        await pilot.press("home")
        await eventually(lambda: len(app.live.chart.price.candles) == 700)
        await pilot.press("home")
        back = 700 - app.live.chart.price.window.room
        await eventually(lambda: line_with(app, f"{back} bars back"))
        await pilot.press("end")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("pageup", "escape")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))


async def test_the_interval_goes_up_and_down_from_any_pane(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m"))
        seen = []
        for _ in range(13):
            await pilot.press("i")
            seen.append(app.live.chart.price.interval)
        assert seen == ["5m", "15m", "1h", "4h", "1d", "tick:100", "tick:1k", "dollar:100k", "dollar:1M", "1s", "5s", "15s", "1m"]
        await pilot.press("I")
        await eventually(lambda: line_with(app, "5 BTCUSDT 15s"))
        await eventually(lambda: {args["interval"] for args in asked(engine, "bars")} >= {"15s"})
        assert app.live.pane is app.live.prices


async def test_a_crosshair_is_brought_in_sight_when_bars_get_shorter(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("5")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("left", *["left"] * 4)
        await eventually(lambda: line_with(app, "13:58 O "))
        await pilot.press("I")
        await eventually(lambda: "┊" in drawn(app))
        assert line_with(app, "13:58:00 O ")


async def test_brackets_show_fewer_and_more_bars(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("left_square_bracket", "left_square_bracket")
        await eventually(lambda: "▐█▌" in drawn(app))
        await pilot.press("left_square_bracket", *["right_square_bracket"] * 3)
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m x2"))
        await pilot.press(*["right_square_bracket"] * 9)
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m x10"))


async def test_the_chart_shows_equity_then_drawdown_then_the_price_again(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await pilot.press("m")
        await eventually(lambda: line_with(app, "5 Equity of all strategies, 1 h", "9,820.00 ▼ -180.00 (-1.80 %)"))
        await eventually(lambda: "⠢" in drawn(app) or "⠤" in drawn(app) or "⣀" in drawn(app))
        await pilot.press("m")
        await eventually(lambda: line_with(app, "5 Drawdown of all strategies, 1 h", "1.80 % now, worst 1.80 %"))
        await eventually(lambda: "█" in drawn(app))
        await pilot.press("m")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        assert asked(engine, "equity")[0]["strategy"] is None


async def test_equity_of_one_strategy_or_of_all_over_longer_or_shorter(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("2", "w")
        await eventually(lambda: line_with(app, "5 Equity of sma-1, 1 h", "10,180.00 ▲ +180.00 (+1.80 %)"))
        await pilot.press("down")
        await eventually(lambda: line_with(app, "5 Equity of macd, 1 h"))
        await pilot.press("right_square_bracket")
        await eventually(lambda: line_with(app, "5 Equity of macd, 3 h"))
        await eventually(lambda: {args["strategy"] for args in asked(engine, "equity")} == {"sma-1", "macd"})
        await pilot.press("left_square_bracket", "left_square_bracket")
        await eventually(lambda: line_with(app, "5 Equity of macd, 10 min"))
        await pilot.press("w")
        await eventually(lambda: line_with(app, "5 Equity of all strategies, 10 min"))


async def test_the_crosshair_reads_equity_too(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("2", "w", "5")
        await eventually(lambda: line_with(app, "10,180.00 ▲"))
        await pilot.press("left")
        await eventually(lambda: line_with(app, "14:02:11  equity 10,180.00  P&L +180.00  realised +90.00  dd 0.00 %"))
        await pilot.press("pageup")
        await eventually(lambda: line_with(app, "  equity 10,16"))
        await pilot.press("end")
        await eventually(lambda: line_with(app, "equity 10,180.00"))
        await pilot.press("escape")
        await eventually(lambda: not line_with(app, "realised"))


async def test_the_tape_stands_in_the_trades_place_and_gives_it_back(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("6")
        await eventually(lambda: line_with(app, "6 Tape", "BTCUSDT, 120 prints", "% of the volume bought"))
        await eventually(lambda: line_with(app, "▶14:02:11.000", "9000"))
        assert line_with(app, "late")
        assert not line_with(app, "3 Trades")
        await pilot.press("o", "o", "o")
        await eventually(lambda: line_with(app, "▾price"))
        await pilot.press("slash", *"8990", "enter")
        await eventually(lambda: line_with(app, "14:02:07.666", "8990"))
        assert not line_with(app, "8991")
        await pilot.press("1")
        await pilot.pause()
        assert line_with(app, "6 Tape")
        await pilot.press("3")
        await eventually(lambda: line_with(app, "3 Trades"))
        assert not line_with(app, "6 Tape")
        many = len(asked(engine, "prints"))
        await frames(engine)
        assert len(asked(engine, "prints")) == many


async def test_a_middle_screen_shows_the_chart_where_it_is_gone_to(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await eventually(lambda: asked(engine, "bars"))
        assert line_with(app, "5 BTCUSDT 1m")
        assert line_with(app, "1 Prices")
        await pilot.resize_terminal(120, 34)  # too low for all of them
        await eventually(lambda: not line_with(app, "5 BTCUSDT 1m"))
        await pilot.press("5")
        await eventually(lambda: line_with(app, "5 BTCUSDT 1m"))
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        assert line_with(app, "3 Trades", "4 Alerts")
        assert not line_with(app, "1 Prices")
        await pilot.press("plus")
        await eventually(lambda: app.live.chart.size.height > 30)
        await pilot.press("plus", "1")
        await eventually(lambda: line_with(app, "1 Prices"))
        assert not line_with(app, "5 BTCUSDT 1m")


async def test_a_small_screen_has_both_under_tabs(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("5")
        await eventually(lambda: line_with(app, "BTCUSDT 1m", "▲ 61,686.01 +0.42 %"))
        await eventually(lambda: "61,686.01 ▸" in text_of(app))
        assert all(len(line) == 80 for line in lines_of(app))
        await pilot.press("6")
        await eventually(lambda: line_with(app, "14:02:11.000"))
        assert line_with(app, "5 Chart │ 6 Tape BTCUSDT")
        await pilot.press("4")
        await eventually(lambda: line_with(app, "XRPUSDT stale for 12 s"))
        assert not line_with(app, "14:02:11.000")
        await pilot.press("1", "m")
        await eventually(lambda: line_with(app, "Equity of all strategies, 1 h"))
        assert app.live.pane is app.live.chart


async def test_an_empty_chart_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading(FakeEngine(tmp_path)) as engine, cockpit(tmp_path, WIDE) as (app, pilot):
        real = engine.answer

        async def nothing(request: Request) -> Any:
            if isinstance(request, Ask) and request.what in ("bars", "equity", "prints"):
                return Refused("the \x1b[31mtape is closed", 1)
            return await real(request)

        monkeypatch.setattr(engine, "answer", nothing)
        await eventually(lambda: line_with(app, "No bars of BTCUSDT yet: nothing was traded since it is streamed."))
        assert line_with(app, "the tape is closed")
        await pilot.press("m")
        await eventually(lambda: line_with(app, "5 Equity of all strategies", "1 h") and line_with(app, "│ the tape is closed"))
        await pilot.press("6")
        await eventually(lambda: line_with(app, "6 Tape") and drawn(app))


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_hostile_names_are_inert_in_charts(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        engine.prices = [price_row(f"binance:{HOSTILE}")]
        engine.strategies = [msgspec.structs.replace(engine.strategies[0], id=HOSTILE, symbols=[f"binance:{HOSTILE}"])]
        engine.trades = [trade_row(1, ts_ns=NOON - 5 * SECOND, strategy_id=HOSTILE, symbol=f"binance:{HOSTILE}", side=HOSTILE)]
        engine.moved("prices", "strategies", "trades")
        await eventually(lambda: "EVIL" in text_of(app))
        await pilot.press("2")
        await eventually(lambda: app.live.strategies.listing.cursor_key == HOSTILE)
        await pilot.press("x")
        await eventually(lambda: "61,686.01 ▸" in drawn(app) and "[bold red]EVIL" in drawn(app))
        for key in ("w", "m", "6"):
            await pilot.press(key)
            await eventually(lambda: "[bold" in text_of(app))
            shown = text_of(app)
            assert not {letter for letter in shown if letter < " " and letter != "\n"}
            assert not set("\x1b\x9b\x9d\u202e") & set(shown)
            assert all(len(line) == size[0] for line in shown.splitlines())


async def test_no_symbol_no_chart(tmp_path: Path) -> None:
    async with FakeEngine(tmp_path) as engine, cockpit(tmp_path, WIDE) as (app, _pilot):
        await eventually(lambda: line_with(app, "5 Chart"))
        await eventually(lambda: text_of(app).count("No symbol is streamed yet: press s to add one") == 2)
        assert not engine.asked


async def test_only_what_changed_of_a_chart_is_painted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, _pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        strokes: list[Stroke] = []
        monkeypatch.setattr(app.live.chart, "put", strokes.extend)
        engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=61_686.05)
        engine.moved("prices")
        await eventually(lambda: "▲ 61,686.05" in "".join(stroke.text for stroke in strokes))
        await eventually(lambda: "61,686.05 ▸" in drawn(app))
        assert sum(len(stroke.text) for stroke in strokes) < 300


async def test_the_newest_candle_goes_with_the_price_between_two_answers(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        held = app.live.chart.price
        view = held.candles[-1]

        def shown() -> tuple[Sequence[Candle], float]:
            return lively(held.candles, held._price, held._last, held._length)

        row = price_row(last=61_900.0)
        held.tell(row, [], "", 1e9)
        seen, last = shown()
        assert (seen[-1].close, seen[-1].high, seen[-1].low, last) == (61_900.0, 61_900.0, view.low, 61_900.0)
        later = msgspec.structs.replace(row, last_ns=NOON + 90 * SECOND)
        held.tell(later, [], "", 2e9)
        assert shown() == (held.candles, 61_900.0)
        held.tell(msgspec.structs.replace(row, state="stale"), [], "", 3e9)
        assert shown() == (held.candles, view.close)
        await pilot.press("down")
        await eventually(lambda: "2,684.10 ▸" in drawn(app))
        assert "61," not in drawn(app)
        assert engine


async def test_a_chart_does_not_wait_for_a_slow_command(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.hold.clear()
        await pilot.press("2", "p")
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        many = len(asked(engine, "bars"))
        await eventually(lambda: len(asked(engine, "bars")) > many)
        engine.hold.set()


async def test_an_engine_that_comes_back_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.following.RETRY", 0.3)
    async with opened(tmp_path, WIDE) as (engine, app, _pilot):
        await eventually(lambda: "61,686.01 ▸" in drawn(app))
        await engine.stop()
        await eventually(lambda: app.live.chart.away)
        engine.prices = [price_row(last=70_000.0), *engine.prices[1:]]
        engine.revisions = dict.fromkeys(engine.revisions, 1)
        await engine.start()
        await eventually(lambda: "70,000.00 ▸" in drawn(app))
