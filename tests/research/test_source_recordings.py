"""Real recordings: trades and the bars their venue made of them agree exactly."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from core.research.sources import open_source
from core.types import MINUTE, Records


def aggregate(ticks: Records) -> dict[int, tuple[float, float, float, float, float]]:
    """One-minute bars by a plain loop: start -> open, high, low, close, volume."""
    bars: dict[int, list[float]] = {}
    for ts, price, qty in zip(ticks["ts"].tolist(), ticks["price"].tolist(), ticks["qty"].tolist(), strict=True):
        bar = bars.setdefault(ts // MINUTE * MINUTE, [price, price, price, price, 0.0])
        bar[1], bar[2], bar[3], bar[4] = max(bar[1], price), min(bar[2], price), price, bar[4] + qty
    return {start: (o, h, low, c, v) for start, (o, h, low, c, v) in bars.items()}


def test_recorded_trades_make_the_recorded_bars(shared_data: Path) -> None:
    ticks = open_source(str(shared_data / "trades" / "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz")).load()
    source = open_source(str(shared_data / "ohlcv" / "binance_spot_XRPETH_1m_20191011_20191013.csv.gz"))
    bars = source.load()
    made = aggregate(ticks)
    assert len(ticks) == 12_477
    assert len(bars) == 2_469
    assert source.interval_ns == MINUTE
    assert bars["start"].tolist() == sorted(made)
    for bar in bars:
        assert (bar["open"], bar["high"], bar["low"], bar["price"], bar["qty"]) == made[int(bar["start"])]


def test_recorded_trades_as_a_dump_are_the_same_ticks(shared_data: Path, tmp_path: Path) -> None:
    recording = shared_data / "trades" / "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz"
    native = [trade["info"] for trade in json.loads(gzip.decompress(recording.read_bytes()))]
    path = tmp_path / "XRPETH-aggTrades-2019-10.csv"
    path.write_text("".join(f"{t['a']},{t['p']},{t['q']},{t['f']},{t['l']},{t['T']},{t['m']},{t['M']}\n" for t in native))
    source = open_source(str(path))
    dump = source.load()
    assert dump.tobytes() == open_source(str(recording)).load().tobytes()
    assert source.notes == [f"{13_532_283 - 13_519_807 + 1 - 12_477:,} trade ids were missing between the first and the last"] * (
        13_532_283 - 13_519_807 + 1 != 12_477
    )


def test_a_year_of_bars_is_whole(shared_data: Path) -> None:
    source = open_source(str(shared_data / "ohlcv" / "binance_usdm_1m_2025"), symbol="ETHUSDT")
    bars = source.load()
    assert source.symbol == "binance:ETHUSDT"
    assert len(bars) == 60_191
    assert (np.diff(bars["ts"]) == MINUTE).all()
    assert source.notes == []


def test_trades_with_iso_times_and_sides(shared_data: Path) -> None:
    source = open_source(str(shared_data / "trades" / "coinbase_BTCUSD_20230905_1600_1700.csv.gz"))
    ticks = source.load()
    assert source.symbol == "coinbase:BTC-USD"
    assert len(ticks) == 5_882
    assert set(ticks["side"].tolist()) == {-1, 1}
    assert ticks["qty"].min() == 3.844e-05 or ticks["qty"].min() > 0
    assert (np.diff(ticks["ts"]) >= 0).all()


def test_prices_alone_of_two_exchanges(shared_data: Path) -> None:
    for name, count in (("bitflyerJPY", 17_507), ("btcboxJPY", 10_516)):
        ticks = open_source(str(shared_data / "trades" / f"{name}_20180812.csv.gz")).load()
        assert len(ticks) == count
        assert not ticks["qty"].any()
