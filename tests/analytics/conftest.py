"""Recorded prints that several tests of figures about data begin with."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from core.types import TICK, Records


@pytest.fixture(scope="module")
def xrpeth(shared_data: Path) -> Records:
    """TICK records of the recorded XRPETH aggTrades."""
    name = "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz"
    trades = [t["info"] for t in json.loads(gzip.decompress((shared_data / "trades" / name).read_bytes()))]
    ticks = np.zeros(len(trades), TICK)
    ticks["ts"] = [t["T"] * 1_000_000 for t in trades]
    ticks["recv"] = ticks["ts"] + 3_000_000
    ticks["id"] = [t["a"] for t in trades]
    ticks["price"] = [float(t["p"]) for t in trades]
    ticks["qty"] = [float(t["q"]) for t in trades]
    ticks["side"] = [-1 if t["m"] else 1 for t in trades]
    ticks["seq"] = 1 + np.arange(len(trades))
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks
