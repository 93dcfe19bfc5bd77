"""The samples shipped with the project are what their script makes, and can be backtested as they lie there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from core.research.sources import open_source
from core.types import MINUTE

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize("name", ["BTCUSDT-aggTrades-sample.csv", "ETHUSDT-1m-sample.csv"])
def test_samples_are_as_their_script_makes_them(name: str) -> None:
    made = runpy.run_path(str(DATA / "make_samples.py"))["SAMPLES"][name]()
    assert (DATA / "samples" / name).read_text() == made
    assert len(made) < 300 * 1024


def test_samples_are_sources() -> None:
    trades = open_source(str(DATA / "samples" / "BTCUSDT-aggTrades-sample.csv"))
    assert (trades.symbol, len(trades.load()), trades.notes) == ("binance:BTCUSDT", 4000, [])
    minutes = open_source(str(DATA / "samples" / "ETHUSDT-1m-sample.csv"))
    assert (minutes.symbol, minutes.interval_ns, len(minutes.load()), minutes.notes) == ("binance:ETHUSDT", MINUTE, 1440, [])
