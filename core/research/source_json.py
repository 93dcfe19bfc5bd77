"""Trades saved as one JSON array of objects: ccxt's (timestamp, price, amount, side, id) or Binance's REST answers (a, p, q, T, m)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
import numpy as np

from core.errors import SourceError
from core.research.source_bytes import DataFile, Reading, whole
from core.research.source_columns import Columns, check, ticks
from core.research.source_name import clean, plain_symbol
from core.research.source_table import Table, Wanted, table_of
from core.research.source_times import scaled
from core.types import Records

_MOST = 256 << 20
_SAMPLE = 100


class _Native(msgspec.Struct):
    a: int | None = None


class _Trade(msgspec.Struct):
    timestamp: int | None = None
    price: float | None = None
    amount: float | None = None
    side: str | None = None
    id: str | int | None = None
    symbol: str | None = None
    info: _Native | None = None
    T: int | None = None
    p: float | None = None
    q: float | None = None
    a: int | None = None
    m: bool | None = None


def is_json(head: bytes) -> bool:
    """Whether a file's text starts as a JSON array or object."""
    return head.lstrip()[:1] in (b"[", b"{")


def read_json(file: DataFile) -> Table:
    """Understand a JSON file, by reading it.

    Raises:
        SourceError: not JSON, not an array of trades, or a trade without time or price.
    """
    sample, symbols, form = _columns(file, Reading(), None)
    return table_of(file, "ticks", form, sample, symbols, partial(_records, file))


def _records(file: DataFile, wanted: Wanted, reading: Reading) -> Iterator[Records]:
    columns, found, _ = _columns(file, reading, wanted.symbol)
    if len(found) > 1 and not wanted.is_chosen:
        raise SourceError(f"{file.name}: trades of several symbols ({clean(', '.join(sorted(found)), 80)}): say which with --symbol")
    if len(columns.times):
        check(columns, file.name)
        yield ticks(columns, 1)


def _columns(file: DataFile, reading: Reading, only: str | None) -> tuple[Columns, set[str], str]:
    """(columns, symbols named, form): aggregated trades carry an `a`, their own or in what the venue said."""
    try:
        trades = msgspec.json.decode(whole(file, reading, _MOST), type=list[_Trade], strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{file.name}: not a JSON array of trades: {clean(str(error))}") from None
    symbols = {trade.symbol for trade in trades if trade.symbol}
    lines = [i for i, trade in enumerate(trades, 1) if only is None or not trade.symbol or plain_symbol(trade.symbol) == only]
    trades = [trades[i - 1] for i in lines]
    form = "aggTrades" if any(t.a is not None or (t.info is not None and t.info.a is not None) for t in trades[:_SAMPLE]) else "trades"
    times = [trade.timestamp if trade.T is None else trade.T for trade in trades]
    prices = [trade.price if trade.p is None else trade.p for trade in trades]
    for line, time, price in zip(lines, times, prices, strict=True):
        if time is None or price is None or not 0 <= time < 2**63:
            raise SourceError(f"{file.name}: trade {line} has no time or no price")
    if not trades and only is None:
        raise SourceError(f"{file.name}: no trades")
    return (
        Columns(
            np.array(lines, np.int64),
            _unix(file, np.array(times, np.int64)),
            {
                "price": np.array(prices, np.float64),
                "qty": np.array([(t.amount if t.q is None else t.q) or 0.0 for t in trades], np.float64),
            },
            _ids(trades),
            np.array([_side(trade) for trade in trades], np.int8),
        ),
        symbols,
        form,
    )


def _unix(file: DataFile, values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    times = scaled(values)
    if times is None:
        raise SourceError(f"{file.name}: a time is not Unix time")
    return times


def _ids(trades: list[_Trade]) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    try:
        return np.array([int(trade.a if trade.a is not None else trade.id) for trade in trades], np.int64)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _side(trade: _Trade) -> int:
    if trade.m is not None:
        return -1 if trade.m else 1
    return {"buy": 1, "sell": -1}.get((trade.side or "").lower(), 0)
