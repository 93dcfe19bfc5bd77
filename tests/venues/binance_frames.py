"""Frames of Binance's spot streams, as text, for tests to bend."""

from __future__ import annotations

import json
from typing import Any

from core.types import Symbols
from core.venues.binance import BinanceParser

RECV = 1_700_000_000_000_000_000


def combined(stream: str, data: Any) -> bytes:
    """A combined-stream envelope."""
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":"), ensure_ascii=False).encode()


def agg_trade(**changes: Any) -> dict[str, Any]:
    """An aggregate trade; a change to None drops the field."""
    print_ = {"e": "aggTrade", "E": 1672515782136, "s": "BTCUSDT", "a": 12345, "p": "16500.10", "q": "0.5"}
    return _changed(print_ | {"f": 100, "l": 105, "T": 1672515782130, "m": True, "M": True}, changes)


def trade(**changes: Any) -> dict[str, Any]:
    """A single trade; a change to None drops the field."""
    print_ = {"e": "trade", "E": 1672515782136, "s": "BTCUSDT", "t": 777, "p": "16500.10", "q": "0.5"}
    return _changed(print_ | {"T": 1672515782130, "m": False, "M": True}, changes)


def book_ticker(**changes: Any) -> dict[str, Any]:
    """A quote; a change to None drops the field."""
    return _changed({"u": 400900217, "s": "BTCUSDT", "b": "16500.00", "B": "31.21", "a": "16500.10", "A": "40.66"}, changes)


def parser(*names: str) -> BinanceParser:
    """A parser that knows these symbols, BTCUSDT and ETHUSDT by default."""
    return BinanceParser(Symbols([f"binance:{name}" for name in names or ("BTCUSDT", "ETHUSDT")]))


def _changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (data | changes).items() if value is not None}
