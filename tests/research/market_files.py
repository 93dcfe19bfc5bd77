"""Market data as venues and tools write it, made small for tests of what reads it."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.research.sources import open_source
from core.types import TICK, Origin, Records

T0_MS = 1_723_075_200_000  # 2024-08-08T00:00:00Z
T0 = T0_MS * 1_000_000
AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
TRADES_HEADER = "id,price,qty,quote_qty,time,is_buyer_maker"
KLINES_HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"


@dataclass(frozen=True)
class Trade:
    """One trade of the made-up market."""

    id: int
    price: float
    qty: float
    ms: int
    buyer_is_maker: bool


def market(count: int = 50, first_id: int = 1000, start_ms: int = T0_MS) -> list[Trade]:
    """A deterministic walk, one trade every 700 ms."""
    return [
        Trade(first_id + i, round(100 + (i * 7 % 13) * 0.25 - i * 0.01, 2), round(0.5 + i % 5 * 0.25, 3), start_ms + 700 * i, i % 3 == 0)
        for i in range(count)
    ]


def agg_lines(trades: list[Trade], scale: int = 1, spot: bool = True) -> list[str]:
    """aggTrades rows; `scale` 1000 writes µs; spot dumps write True and have one more column."""
    return [
        f"{t.id},{t.price:.8f},{t.qty:.8f},{t.id * 2},{t.id * 2 + 1},{t.ms * scale},"
        + (f"{t.buyer_is_maker},True" if spot else f"{t.buyer_is_maker}".lower())
        for t in trades
    ]


def trade_lines(trades: list[Trade], scale: int = 1, spot: bool = True) -> list[str]:
    """Rows of a `trades` dump."""
    tail = ",True" if spot else ""
    return [f"{t.id},{t.price:.2f},{t.qty:.3f},{t.price * t.qty:.5f},{t.ms * scale},{t.buyer_is_maker}{tail}" for t in trades]


def bars(count: int = 20) -> list[tuple[int, float, float, float, float, float]]:
    """(open ms, open, high, low, close, volume) of one-minute bars."""
    return [(T0_MS + 60_000 * i, 100.0 + i, 102.5 + i, 99.25 + i, 101.0 + i, 10.0 + i) for i in range(count)]


def kline_lines(scale: int = 1) -> list[str]:
    """Rows of a `klines` dump."""
    return [
        f"{ms * scale},{o:.2f},{h:.2f},{low:.2f},{c:.2f},{v:.3f},{(ms + 60_000) * scale - 1},1234.5,42,5.5,600.25,0"
        for ms, o, h, low, c, v in bars()
    ]


def write(path: Path, lines: list[str], header: str | None = None, newline: str = "\n") -> Path:
    """A text file, packed as its ending says."""
    data = (newline.join([*([header] if header else []), *lines]) + newline).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.stem + ".csv", data)
    else:
        path.write_bytes(data)
    return path


def assert_are_the_trades(rows: Records, trades: list[Trade]) -> None:
    """Ticks of these trades and nothing that a file of them does not tell."""
    assert rows.dtype == TICK
    assert rows["ts"].tolist() == [t.ms * 1_000_000 for t in trades]
    assert rows["price"].tolist() == [t.price for t in trades]
    assert rows["qty"].tolist() == [t.qty for t in trades]
    assert rows["id"].tolist() == [t.id for t in trades]
    assert rows["side"].tolist() == [-1 if t.buyer_is_maker else 1 for t in trades]
    assert rows["seq"].tolist() == list(range(1, len(trades) + 1))
    assert set(rows["origin"].tolist()) == {Origin.IMPORT}
    assert np.isnan(rows["bid"]).all()
    assert np.isnan(rows["ask"]).all()
    assert not rows["symbol"].any()
    assert not rows["recv"].any()


def assert_is_the_market(path: Path, trades: list[Trade]) -> None:
    """A file or folder is read as these trades of BTCUSDT."""
    source = open_source(str(path))
    assert source.symbol == "binance:BTCUSDT"
    assert_are_the_trades(source.load(), trades)
