"""Bars made of what a tape gives back, in whatever windows, are those of the ticks put on it: of a real recording the venue's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.analytics.bar_series import BarSeries
from core.analytics.bars import OHLCV, aggregate
from core.store.reader import read_ticks, ticks_since
from core.store.span import tape_windows
from core.store.tape import Tape
from core.types import MINUTE, BarQuality, Origin, Records, Symbols, bar_kind, join

NAME, STREAM = "binance:XRPETH", "aggTrade"


async def recorded(folder: Path, ticks: Records, tier: str) -> Path:
    """A tape with these ticks: all as rows, all but the newest as chunks, or half of each."""
    sealing = pytest.importorskip("core.store.sealing") if tier != "rows" else None
    async with await Tape.open(folder / "tape.db", Symbols([NAME])) as tape:
        for batch in np.array_split(ticks, 9):
            tape.append(batch.copy(), STREAM)
        await tape.flush()
        if sealing is not None:
            until = int(ticks["ts"][len(ticks) // 2]) if tier == "both" else 1 << 62
            await sealing.seal(tape, until, whole=True)
    return folder / "tape.db"


def by_windows(path: Path, rows: int) -> list[Records]:
    symbols = Symbols([NAME])
    return [read_ticks(path, NAME, STREAM, from_ns=a, to_ns=b, symbols=symbols) for a, b in tape_windows(path, NAME, STREAM, rows)]


TIERS = pytest.mark.parametrize("tier", ["rows", "chunks", "both"])


@TIERS
async def test_a_recording_put_on_a_tape_gives_exactly_the_bars_the_venue_published(
    xrpeth: Records, shared_data: Path, tmp_path: Path, tier: str
) -> None:
    published = pd.read_csv(shared_data / "ohlcv" / "binance_spot_XRPETH_1m_20191011_20191013.csv.gz")
    path, series, parts = await recorded(tmp_path, xrpeth, tier), BarSeries(MINUTE, 10_000), []
    for window in by_windows(path, 500):
        series.extend(window)
        parts.append(series.take_closed())
    bars = join([*parts, series.bars], OHLCV)
    assert len(bars) == len(published) == 2_469
    np.testing.assert_array_equal(bars["start"], published["open_time_ms"] * 1_000_000)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(bars[name], published[name])
    assert bars["trades"].sum() == 12_477
    assert set(bars["quality"].tolist()) == {int(BarQuality.LIVE)}


@TIERS
@pytest.mark.parametrize("text", ["1s", "5m", "1d", "tick:100", "volume:5000", "dollar:10"])
async def test_bars_of_any_kind_are_the_same_live_and_from_the_tape(xrpeth: Records, tmp_path: Path, text: str, tier: str) -> None:
    ticks, kind = xrpeth[:6000].copy(), bar_kind(text)
    ticks["origin"][1000:2000] = Origin.BACKFILL
    ticks = ticks.compress(~np.isin(np.arange(6000), [500, 1500, 1501, 4000]))
    ticks["seq"] = 1 + np.arange(len(ticks))
    wanted, path = aggregate(ticks, kind), await recorded(tmp_path, ticks, tier)
    assert (wanted["quality"] & BarQuality.INCOMPLETE).any()
    live, windows, delivered = (BarSeries(kind, 10_000) for _ in range(3))
    for batch in np.array_split(ticks, 77):
        live.extend(batch)
    for window in by_windows(path, 700):
        windows.extend(window)
    for batch in ticks_since(path, 0, [NAME], symbols=Symbols([NAME]), batch=333):
        delivered.extend(batch)
    assert live.bars.tobytes() == windows.bars.tobytes() == delivered.bars.tobytes() == wanted.tobytes()


def test_the_bars_tell_what_the_venue_counts_too(shared_data: Path, xrpeth: Any) -> None:
    bars = aggregate(xrpeth, MINUTE)
    exact = [float(f"{b['volume']:.8f}") for b in bars]
    assert bars["volume"].tolist() == exact
    assert (bars["buy_volume"] <= bars["volume"]).all()
    inside = (bars["vwap"] >= bars["low"] * (1 - 1e-12)) & (bars["vwap"] <= bars["high"] * (1 + 1e-12))
    assert inside.all()
