"""The desk on a scripted engine: what is held, ordered, decided and held back, at every size, and how it bears trouble."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import msgspec
import pytest
from fake_desk import (
    BTC,
    ETH,
    account_row,
    desk_view,
    empty_desk,
    many,
    order_row,
    position_row,
    risk_view,
    session_row,
    signal_row,
    with_desk,
)
from fake_engine import NOON, FakeEngine
from form_rig import HOSTILE
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, frames, line_with, lines_of, opened, text_of
from test_looks import still
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.figures import NONE
from cockpit.paint import Stroke
from core.desk_view import DeskView
from core.view import View


async def shown(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None], desk: DeskView | None = None) -> None:
    """F5 with this desk."""
    with_desk(engine, desk)
    await pilot.press("f5")
    await eventually(lambda: app.desk.view is not None and line_with(app, "▶" if engine.desk.positions else "Nothing is held."))
    pane = app.desk.conditions
    await eventually(lambda: pane.view is not None or not pane.strategy or not pane.region)  # where it is in sight


def show(engine: FakeEngine, desk: DeskView) -> None:
    """The engine says something new of it."""
    engine.desk = desk
    engine.moved("desk")


@pytest.mark.parametrize("size", [WIDE, MIDDLE])
async def test_f5_shows_session_positions_orders_signals_and_risk(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        await shown(engine, app, pilot)
        assert "PAPER" in lines_of(app)[0]
        session = lines_of(app)[1]
        assert all(
            word in session for word in ("● running", "+212.40", "+96.25", "+318.90", "-41.07", "64 %", "dd 3.1 of 5.0 %", "risk ok")
        )
        assert line_with(app, "1 Positions", "3 open, 36,210 gross, +12,400 net, 3.51 x equity")
        assert line_with(
            app, "▶▲ sma-1", "BTCUSDT", "+0.50", "61,650.00", "61,686.01", "+18.00", "+42.10", "61,450.00 -0.38", "-0.46", "3 h"
        )
        assert line_with(app, "▼ rsi-2", "-2.00", "2,693.20 +0.34", "11 min", "reducing")
        assert line_with(app, "Σ 3", "+27.96", "+38.90")
        assert line_with(app, "2 Orders", "3 of 6 working")
        assert line_with(app, "sma-1", "◐ partly", "▲ buy", "limit", "0.50", "0.20", "61,600.00", "61,599.50")
        assert line_with(app, "macd", "✖ rejected", "signal: insufficient margin")
        assert line_with(app, "3 Signals", "today 4, 3 held back")
        assert line_with(app, "14:02:02", "macd", "▲ BUY", "41", "+1.00", "blocked: open positions 3")
        assert line_with(app, "rsi-2", "· HOLD", "nothing to do")
        assert line_with(app, "4 Risk", "1 reached, 1 near")
        assert line_with(app, "open positions", "█▏ 100 %", "REACHED", "3 of 3")
        assert line_with(app, "off: value of one strategy, value of a group")
        assert "F5" not in lines_of(app)[-1]


async def test_a_large_screen_has_all_stops_and_the_best_price(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        assert line_with(app, "sma-1", "61,450.00 -0.38", "64,732.50", "+4.94", "61,400.25 -0.46", "61,912.50")
        assert line_with(app, "13:00:31", "mom-3", "XRPUSDT", "spread 0.9 % > 0.5 %")


async def test_a_small_screen_shows_one_part_at_a_time_under_tabs_and_the_session(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await shown(engine, app, pilot)
        tabs = [word.strip() for word in lines_of(app)[1].split("│")]
        assert tabs[:3] == ["1 Positions(3)", "2 Orders", "3 Signals"]
        assert tabs[3].startswith("4 Risk")
        for key, words in (("2", "◌ submitted"), ("3", "blocked: leverage 2.31"), ("4", "REACHED"), ("1", "▶▲ sma-1")):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))
            session = lines_of(app)[2]
            assert all(word in session for word in ("● running", "+96.25", "+318.90", "64 %", "dd 3.1%", "risk ok"))


@pytest.mark.parametrize("cells", [80, 100, 120, 160, 240])
async def test_the_session_fits_every_width_and_says_what_ended_it(tmp_path: Path, cells: int) -> None:
    async with opened(tmp_path, (cells, 40)) as (engine, app, pilot):
        detail = "week's target is made: nothing is opened until Monday"
        await shown(engine, app, pilot, desk_view(session=session_row(detail=detail), risk=risk_view(mode="stop_new", by="risk: target")))
        at = 2 if cells < 100 else 1
        await eventually(lambda: "stop-new" in lines_of(app)[at])
        line = lines_of(app)[at]
        assert line.endswith("stop-new ")
        assert "! " in line
        assert "+318.90" in line
        assert len(line) == cells


async def test_only_what_the_desk_shows_is_pulled_while_it_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, _, pilot):
        assert not any("desk" in pull.panes for pull in engine.pulls)
        await pilot.press("f5")
        await eventually(lambda: set(engine.pulls[-1].panes) == {"header", "alerts", "strategies", "desk", "trades"})
        await pilot.press("f1")
        await eventually(lambda: "desk" not in engine.pulls[-1].panes)


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL])
async def test_an_empty_desk_says_what_will_come_and_how(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        await shown(engine, app, pilot, empty_desk())
        assert line_with(app, "s starts a session of several strategies, r registers one.")
        assert line_with(app, "○ no session", "s starts one")
        for number, words in (("2", "No order yet."), ("3", "No signal yet."), ("4", "Nothing was held back."), ("4", "No limit is set")):
            await pilot.press(number)
            await eventually(partial(line_with, app, words))
        assert "stops" not in lines_of(app)[-1]


async def test_before_the_engine_answers_it_waits_and_when_it_is_gone_all_stays_dim(tmp_path: Path) -> None:
    async with cockpit(tmp_path, WIDE) as (app, pilot):
        await pilot.press("f5")
        await eventually(lambda: line_with(app, "the desk: waiting for the engine"))
        assert line_with(app, "Waiting for the engine …")
        async with with_desk(FakeEngine(tmp_path)) as engine:
            await eventually(lambda: line_with(app, "▶▲ sma-1"))
            await engine.stop()
            await eventually(lambda: line_with(app, "engine gone, reconnecting"))
            assert line_with(app, "▶▲ sma-1", "61,450.00")
            assert app.desk.positions.away
            await pilot.press("f")
            await eventually(lambda: line_with(app, "sma-1 is not registered any more"))


async def test_n_turns_to_the_nets_and_back(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("n")
        await eventually(
            lambda: line_with(app, "▶▲", "BTCUSDT", "+0.35", "0.65", "61,642.10", "61,655.25", "+15.37", "-1.25", "sma-1, mom-3")
        )
        assert line_with(app, "Σ  2", "+27.97", "+35.20")
        assert line_with(app, "2 symbols, 36,210 gross")
        await pilot.press("f")
        await eventually(lambda: line_with(app, "f flattens what the strategy under the cursor holds"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "BTCUSDT, all strategies"))
        assert line_with(app, "sma-1", "+0.50 at 61,650.00")
        await pilot.press("escape", "n")
        await eventually(lambda: line_with(app, "▶▲ sma-1", "61,450.00"))


async def test_w_leaves_out_orders_that_are_over(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("w")
        await eventually(lambda: line_with(app, "3 of 6 working, 3 hidden"))
        assert not line_with(app, "✖ rejected")
        assert app.desk.pane is app.desk.orders
        show(engine, desk_view(orders=[order_row(4, state="filled")]))
        await eventually(lambda: line_with(app, "No order works: w shows those that are over."))
        await pilot.press("w")
        await eventually(lambda: line_with(app, "✔ filled"))


async def test_a_filter_finds_what_was_held_back_and_esc_shows_all(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("3", "slash", *"blocked", "enter")
        await eventually(lambda: line_with(app, "/blocked: 2 of 5"))
        assert not line_with(app, "nothing to do")
        await pilot.press("escape")
        await eventually(lambda: line_with(app, "nothing to do"))
        assert app.deck is app.desk


async def test_positions_are_sorted_by_a_column(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(*["o"] * 4)
        await eventually(lambda: line_with(app, "sorted by entry"))
        assert [row.key for row in app.desk.positions.listing.shown] == [f"sma-1 {BTC}", f"rsi-2 {ETH}", "mom-3 binance:XRPUSDT"]
        await pilot.press("O")
        assert app.desk.positions.listing.shown[0].key == "mom-3 binance:XRPUSDT"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["1"], ["sma-1 on BTCUSDT", "61,450.00, -0.38 % from the mark", "11-20 10:55:11Z, 3 h ago", "sell 0.50 at 61,712, made +13.12"]),
        (["2", "down", "down"], ["Order ord-3", "limit buy 2.00 at 2,680", "insufficient margin"]),
        (["3", "down"], ["Signal of macd", "histogram turned up", "blocked: open positions 3 of 3", "41 %"]),
    ],
    ids=["position", "order", "signal"],
)
async def test_enter_reads_a_row_in_full(tmp_path: Path, keys: list[str], words: list[str]) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(*keys, "enter")
        for word in words:
            await eventually(partial(line_with, app, word))
        await pilot.press("escape")
        await eventually(lambda: app.uncovered)


async def test_a_change_paints_its_own_cells_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await frames(engine, 3)
        strokes: list[Stroke] = []
        put = type(app.desk.positions).put
        monkeypatch.setattr(type(app.desk.positions), "put", lambda self, painted: (strokes.extend(painted), put(self, painted))[1])
        desk = desk_view()
        desk.positions[0] = msgspec.structs.replace(desk.positions[0], mark=61_686.02, unrealised=19.0)
        show(engine, desk)
        await eventually(lambda: line_with(app, "61,686.02", "+19.00"))
        assert {stroke.text.strip() for stroke in strokes} == {"61,686.02", "+19.00", "+28.96"}


async def test_five_hundred_rows_of_each_are_painted_within_a_frame(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot, many(500))
        assert line_with(app, "2 Orders", "of 500 working")
        await pilot.press("end")
        await eventually(lambda: line_with(app, "▶▲ s-499"))
        app.workers.cancel_group(app, "follow")
        await pilot.pause()
        took = []
        for step in range(5):
            view = View({}, desk=many(500, moved=step + 1.0))
            before = time.process_time()
            app.desk.take(view)
            app.desk.paint(10**6 + step, NOON)
            took.append(time.process_time() - before)
        assert min(took) < 0.05, "a frame is a tenth of a second"


async def test_a_storm_of_sizes_breaks_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        for size in ((1, 1), (2, 3), (300, 100), (80, 24), (10, 50), (200, 4), (120, 40), (160, 48)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert {len(line) for line in lines_of(app)} == {size[0]}
        await eventually(lambda: line_with(app, "▶▲ sma-1", "64,732.50"))


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_hostile_text_is_inert(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        bad = desk_view(
            session=session_row(name=HOSTILE, detail=HOSTILE, state=HOSTILE),
            positions=[position_row(HOSTILE, HOSTILE, state=HOSTILE)],
            orders=[order_row(1, order_id=HOSTILE, strategy_id=HOSTILE, symbol=HOSTILE, side=HOSTILE, kind=HOSTILE, state=HOSTILE,
                              reason=HOSTILE, detail=HOSTILE)],
            signals=[signal_row(1, strategy_id=HOSTILE, symbol=HOSTILE, side=HOSTILE, reason=HOSTILE, outcome=HOSTILE)],
            nets=[msgspec.structs.replace(desk_view().nets[0], symbol=HOSTILE, strategies=[HOSTILE])],
        )  # fmt: skip
        limits = [msgspec.structs.replace(limit, name=HOSTILE, unit=HOSTILE, state=HOSTILE, detail=HOSTILE) for limit in bad.risk.limits]
        blocks = [msgspec.structs.replace(block, strategy_id=HOSTILE, symbol=HOSTILE, reason=HOSTILE) for block in bad.risk.blocks]
        bad.risk = risk_view(mode=HOSTILE, by=HOSTILE, limits=limits, blocks=blocks)
        await shown(engine, app, pilot, bad)
        for keys in (
            ["1"],
            ["enter"],
            ["escape"],
            ["n"],
            ["enter"],
            ["escape"],
            ["2"],
            ["enter"],
            ["escape"],
            ["3"],
            ["enter"],
            ["escape"],
            ["4"],
        ):
            await pilot.press(*keys)
            await frames(engine, 2)
            text = text_of(app)
            assert "EVIL" in text or "[bold" in text
            assert not {letter for letter in text if letter < " " and letter != "\n"}
            assert not set("\x1b\x9b\x9d\u202e") & set(text)


async def test_a_pane_on_conditions_has_its_place_and_follows_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        assert line_with(app, "5 Conditions")
        assert app.desk.conditions.strategy == "sma-1"
        await pilot.press("down")
        await eventually(lambda: app.desk.conditions.strategy == "rsi-2")
        await pilot.press("3", "down")
        await eventually(lambda: app.desk.conditions.strategy == "macd")
        await pilot.press("5")
        await pilot.pause(0.3)
        assert app.desk.strategy_id == app.desk.conditions.strategy == "macd"  # whoever goes to look at them
        await pilot.press("1")
        await eventually(lambda: app.desk.conditions.strategy == "rsi-2")
        await pilot.resize_terminal(*SMALL)
        await eventually(lambda: "5 Conditions" in lines_of(app)[1] or lines_of(app)[1].rstrip().endswith("5"))


async def test_what_is_not_known_is_a_dash_and_no_figure_is_missing(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        none = session_row(pnl=None, pnl_day=None, pnl_week=None, pnl_month=None)
        limit = msgspec.structs.replace(risk_view().limits[0], used=None)
        held = position_row(stop_loss=None, take_profit=None, trailing=None, best=None, opened_ns=0)
        account = account_row(sharpe=None, win_rate=None, trades=0)
        await shown(engine, app, pilot, desk_view(session=none, account=account, positions=[held], risk=risk_view(limits=[limit])))
        assert line_with(app, "sma-1", "61,686.01", NONE)
        assert line_with(app, "drawdown", f"{NONE} %", f"{NONE} of 5.00 %")
        assert "target" in lines_of(app)[1]
        assert "None" not in text_of(app)


@pytest.mark.parametrize("what", ["full", "empty"])
@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_looks_as_it_did(size: tuple[int, int], what: str, tmp_path: Path) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        await shown(engine, app, pilot, None if what == "full" else empty_desk())
        await still(engine, app, pilot)
        compare(f"desk-{what}-{size[0]}x{size[1]}", look_of(app))


@pytest.mark.parametrize(("key", "word"), [("2", "◐ partly"), ("3", "· HOLD"), ("4", "REACHED"), ("n", "sma-1, mom-3")])
async def test_each_part_alone_looks_as_it_did(key: str, word: str, tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(key)
        await eventually(lambda: line_with(app, word[:9]))
        app.clear_notifications()
        await still(engine, app, pilot)
        compare(f"desk-{key}-80x24", look_of(app))
