"""Price columns the indicator tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest


def walk(seed: int, start: float, step: float, count: int, decimals: int) -> dict[str, Any]:
    """OHLCV columns of a random walk, rounded as an exchange would."""
    rng = np.random.default_rng(seed)
    close = np.maximum(start + np.cumsum(rng.normal(0, step, count)), start / 10).round(decimals)
    spread = np.abs(rng.normal(0, step, (2, count))).round(decimals)
    return {
        "high": close + spread[0],
        "low": close - np.minimum(spread[1], close / 2),
        "close": close,
        "volume": rng.exponential(2.0, count).round(5),
    }


@pytest.fixture(scope="session", params=["walk at 60000", "walk at 0.0014", "walk at 25", "BTCUSDT 1m", "XRPETH 1m"])
def bars(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Columns high, low, close, volume: three random walks, two recorded markets."""
    match request.param:
        case "walk at 60000":
            return walk(1, 60_000.0, 15.0, 20_000, 2)
        case "walk at 0.0014":
            return walk(2, 0.0014, 1e-6, 20_000, 8)
        case "walk at 25":
            return walk(3, 25.0, 0.05, 20_000, 3)
        case "BTCUSDT 1m":
            name = "binance_usdm_1m_2025/BTCUSDT_1m.csv.gz"
        case _:
            name = "binance_spot_XRPETH_1m_20191011_20191013.csv.gz"
    folder: Path = request.getfixturevalue("shared_data")
    frame = pd.read_csv(folder / "ohlcv" / name)
    return {column: frame[column].to_numpy(np.float64) for column in ("high", "low", "close", "volume")}
