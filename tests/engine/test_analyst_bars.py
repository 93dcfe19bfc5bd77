"""Bars for the analyst: those that are over, looked at again when one may have closed, and at hand for a while after nobody asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from engine_rig import until
from inline_rig import InlineEngine, make_engine

from core.analytics.bars import OHLCV
from core.engine import analyst_bars
from core.engine.analyst_bars import AnalystBars, Look
from core.types import SECOND, TICK, BarKind, Records

SYMBOL = "binance:BTCUSDT"
WANTED = [(SYMBOL, "1s")]
START = 1_700_000_000 * SECOND


@asynccontextmanager
async def engine_at(home: Path) -> AsyncIterator[InlineEngine]:
    engine = make_engine(home)
    await engine.start(["BTCUSDT", "ETHUSDT"])
    try:
        yield engine
    finally:
        await engine.stop()


def prints(first: int, last: int, symbol: int = 0) -> Records:
    """Two TICK records in each of these seconds."""
    ticks = np.zeros(2 * (last - first), TICK)
    number = 2 * first + np.arange(len(ticks))
    ticks["ts"] = ticks["recv"] = START + number * (SECOND // 2)
    ticks["id"], ticks["price"], ticks["qty"], ticks["side"], ticks["symbol"] = 1 + number, 100.0 + number, 1.0, 1, symbol
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks


def starts(look: Look) -> list[int]:
    """In seconds after the first."""
    return ((np.frombuffer(look.series.bars, OHLCV)["start"] - START) // SECOND).tolist()


async def read(bars: AnalystBars) -> Look:
    """A look once the past is read."""
    await bars.gather(WANTED)
    (chart,) = bars.engine.charts._charts.values()
    await until(lambda: not (chart.loading or chart.anew), "the past is read")
    return (await bars.gather(WANTED))[0]


async def test_the_bar_that_goes_on_is_not_among_them_until_the_next_one_begins(tmp_path: Path) -> None:
    async with engine_at(tmp_path) as engine:
        bars = engine.analyst.bars
        engine.release(prints(0, 5))
        engine.incoming.absorb()
        assert starts(await read(bars)) == [0, 1, 2, 3]
        engine.release(prints(5, 7))
        engine.incoming.absorb()
        assert starts((await bars.gather(WANTED))[0]) == [0, 1, 2, 3, 4, 5]


async def test_between_two_bars_the_same_look_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine_at(tmp_path) as engine:
        bars = engine.analyst.bars
        engine.release(prints(0, 5))
        engine.incoming.absorb()
        before = await read(bars)
        asked: list[object] = []
        monkeypatch.setattr(engine.charts, "current", lambda *args: asked.append(args))
        assert (await bars.gather(WANTED))[0] is before
        assert not asked


async def test_what_nobody_asks_for_goes_on_for_a_while_and_is_then_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine_at(tmp_path) as engine:
        bars = engine.analyst.bars
        engine.release(prints(0, 5))
        engine.incoming.absorb()
        await read(bars)
        engine.release(prints(5, 9))
        engine.incoming.absorb()
        chart = engine.charts._charts[SYMBOL, BarKind("time", SECOND)]
        monkeypatch.setattr(analyst_bars, "KEEP_S", -1.0)
        await bars.keep()
        assert chart.seq == engine.last_seq
        monkeypatch.setattr(analyst_bars, "KEPT_S", -1.0)
        await bars.keep()
        engine.release(prints(9, 12))
        engine.incoming.absorb()
        await bars.keep()
        assert chart.seq < engine.last_seq


async def test_a_symbol_that_is_streamed_no_more_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine_at(tmp_path) as engine:
        bars = engine.analyst.bars
        engine.release(prints(0, 5))
        engine.incoming.absorb()
        await read(bars)
        monkeypatch.setattr(analyst_bars, "KEEP_S", -1.0)
        monkeypatch.setattr(engine.market, "watched", ["binance:ETHUSDT"])
        await bars.keep()
        assert not bars._looks
