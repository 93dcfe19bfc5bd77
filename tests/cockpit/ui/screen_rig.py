"""What tests of the screen share: the app on a scripted engine, its text, and waiting for a condition."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fake_engine import FakeEngine, header_view, price_row, strategy_row, trade_row
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from core.view import AlertRow

WIDE, MIDDLE, SMALL = (160, 48), (120, 40), (80, 24)


async def eventually(condition: Callable[[], object], patience: float = 10.0) -> None:
    """Wait until a condition holds; fail when it never does."""
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        await asyncio.sleep(0.01)


async def frames(engine: FakeEngine, count: int = 4) -> None:
    """Wait until the app has pulled and painted so many times more: what was to come of something has come by then."""
    before = len(engine.pulls)
    await eventually(lambda: len(engine.pulls) > before + count)


def lines_of(app: CockpitApp) -> list[str]:
    """The screen as a person sees it, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def text_of(app: CockpitApp) -> str:
    """The screen as one text."""
    return "\n".join(lines_of(app))


def line_with(app: CockpitApp, *words: str) -> str:
    """The first line that holds all the words; '' when there is none."""
    return next((line for line in lines_of(app) if all(word in line for word in words)), "")


def trading(engine: FakeEngine) -> FakeEngine:
    """An engine with prices, strategies, trades and alerts to show."""
    engine.prices = [
        price_row(),
        price_row("binance:ETHUSDT", 2684.1, direction=-1, change_24h_pct=-0.18, bid=2684.09, ask=2684.1),
        price_row("binance:XRPUSDT", 0.6021, decimals=4, bid=None, ask=None, volume_24h=None, state="stale",
                  last_ns=engine.header.now_ns - 12 * 10**9),
    ]  # fmt: skip
    engine.strategies = [
        strategy_row(),
        strategy_row("macd", name="macd", symbols=["binance:ETHUSDT"], state="paused", position=0.0, entry=None, unrealised=0.0),
        strategy_row(
            "boll-4", state="failed", detail="ZeroDivisionError, boll.py:31", traceback="Traceback …\nZeroDivisionError", position=0.0
        ),
    ]
    engine.trades = [
        trade_row(2),
        trade_row(0, kind="blocked", reason="spread 0.9 % > 0.5 %", fill_id="", ts_ns=engine.header.now_ns - 9 * 10**9),
        trade_row(1, side="buy", realised=0.0, ts_ns=engine.header.now_ns - 60 * 10**9),
    ]
    engine.alerts = [AlertRow(engine.header.now_ns - 13 * 10**9, "warning", "XRPUSDT stale for 12 s", True)]
    engine.header = header_view()
    return engine


def burst(app: CockpitApp, *keys: str) -> None:
    """Keys as a slow line delivers them: all at once, and nobody waits for what the first of them does."""
    assert app._driver is not None
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        app._driver.send_message(events.Key(name, key if len(key) == 1 else None))


@asynccontextmanager
async def cockpit(home: Path, size: tuple[int, int] = MIDDLE) -> AsyncIterator[tuple[CockpitApp, Pilot[None]]]:
    """The app on a home's engine, in a terminal of a size; what it showed is said when the test fails."""
    app = CockpitApp(home)
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            yield app, pilot
        except AssertionError as error:
            error.add_note(text_of(app))
            raise


@asynccontextmanager
async def opened(home: Path, size: tuple[int, int] = MIDDLE) -> AsyncIterator[tuple[FakeEngine, CockpitApp, Pilot[None]]]:
    """An engine that trades, and the app showing it."""
    async with trading(FakeEngine(home)) as engine, cockpit(home, size) as (app, pilot):
        await eventually(lambda: "BTCUSDT" in text_of(app) and engine.asks)
        yield engine, app, pilot
