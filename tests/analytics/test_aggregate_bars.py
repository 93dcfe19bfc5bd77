"""Recorded trades re-aggregate to the bars the venue published, at once and tick by tick."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.analytics.bars import OHLCV, aggregate, exact_sums
from core.kernels.bars import BAR_STATE, close_bar
from core.types import MINUTE, TICK


@pytest.fixture(scope="module")
def published(shared_data: Path) -> pd.DataFrame:
    """The venue's own 1m bars of the same time."""
    return pd.read_csv(shared_data / "ohlcv" / "binance_spot_XRPETH_1m_20191011_20191013.csv.gz")


def test_recorded_trades_give_exactly_the_published_bars(xrpeth: Any, published: pd.DataFrame) -> None:
    bars = aggregate(xrpeth, MINUTE)
    assert len(bars) == len(published) == 2_469
    np.testing.assert_array_equal(bars["start"], published["open_time_ms"] * 1_000_000)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(bars[name], published[name])
    assert bars["trades"].sum() == len(xrpeth) == 12_477
    assert ((bars["vwap"] >= bars["low"] * (1 - 1e-12)) & (bars["vwap"] <= bars["high"] * (1 + 1e-12))).all()


def test_the_streaming_kernel_closes_exactly_the_published_bars(xrpeth: Any, published: pd.DataFrame) -> None:
    later = xrpeth[-1:].copy()
    later["ts"] += MINUTE
    ticks = np.concatenate([xrpeth, later]).view(np.recarray)
    state = np.zeros(1, BAR_STATE).view(np.recarray)[0]
    rows = []
    for tick in ticks:
        if close_bar(state, tick, MINUTE):
            rows.append((state.start // 1_000_000, state.open, state.high, state.low, state.close, state.volume))
    assert state.count == 2_469
    np.testing.assert_array_equal(np.array(rows), published.to_numpy())


def test_no_ticks_make_no_bars() -> None:
    assert aggregate(np.zeros(0, TICK), MINUTE).dtype == OHLCV
    assert len(aggregate(np.zeros(0, TICK), MINUTE)) == 0


def test_a_bar_without_volume_has_no_vwap() -> None:
    ticks = np.zeros(1, TICK)
    ticks["price"] = 5.0
    assert np.isnan(aggregate(ticks, MINUTE)["vwap"][0])


def test_sums_of_decimals_are_the_nearest_double_to_the_decimal_sum() -> None:
    rng = np.random.default_rng(3)
    texts = [f"{v:.8f}" for v in rng.exponential(0.3, 20_000)]
    first = np.flatnonzero(rng.random(len(texts)) < 0.01)
    first = np.concatenate([[0], first[first > 0]])
    sums = exact_sums(np.array([float(t) for t in texts]), first)
    for i, (a, b) in enumerate(zip(first, [*first[1:], len(texts)], strict=True)):
        assert sums[i] == float(sum(Decimal(t) for t in texts[a:b]))


def test_sums_of_other_values_carry_no_rounding_error() -> None:
    sums = exact_sums(np.array([1e16, 1.0, 1.0, 0.1, 0.2]), np.array([0, 3]))
    assert sums.tolist() == [1e16 + 2, 0.1 + 0.2]
    assert exact_sums(np.array([1e-12, 3e-12]), np.array([0])).tolist() == [4e-12]
