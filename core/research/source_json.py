"""Trades saved as JSON, one array of objects or one object a line: ccxt's (timestamp, price, amount, side, id) or Binance's REST answers
(a, p, q, T, m). An array is read as a whole, as far as there is memory for it; lines are streamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_bytes import DataFile, Reading
from core.research.source_columns import Columns, check, ticks
from core.research.source_name import clean, plain_symbol
from core.research.source_room import room
from core.research.source_stream import blocks, whole
from core.research.source_table import Table, Wanted, table_of
from core.research.source_times import forms_of, scaled
from core.types import Records

_MOST = 256 << 20
#: Memory that trades take while they are read, in bytes of their JSON.
_GROWTH = 20
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


_decode = msgspec.json.Decoder(_Trade, strict=False).decode


def is_json(head: bytes) -> bool:
    """Whether a file's text starts as a JSON array or object."""
    return head.lstrip()[:1] in (b"[", b"{")


def read_json(file: DataFile, head: bytes) -> Table:
    """Understand a JSON file: an array by reading all of it, lines by reading the first ones.

    Args:
        head: its first bytes.

    Raises:
        SourceError: not JSON, not trades, or a trade without time or price.
    """
    parts = _lines if head.lstrip()[:1] == b"{" else _array
    trades, number = next(parts(file, Reading()), ([], 1))
    if not trades:
        raise SourceError(f"{file.name}: no trades")
    sample = _columns(file, trades, range(number, number + len(trades)))
    symbols = {trade.symbol for trade in trades if trade.symbol}
    is_agg = any(t.a is not None or (t.info is not None and t.info.a is not None) for t in trades[:_SAMPLE])
    opener = partial(_records, file, parts, sample.ids is not None)
    return table_of(file, "ticks", "aggTrades" if is_agg else "trades", sample, symbols, opener)


Parts = Iterator[tuple[list[_Trade], int]]  # trades, and the number of the first


def _array(file: DataFile, reading: Reading) -> Parts:
    try:
        yield msgspec.json.decode(whole(file, reading, min(_MOST, room() // _GROWTH)), type=list[_Trade], strict=False), 1
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{file.name}: not a JSON array of trades: {clean(str(error))}") from None


def _lines(file: DataFile, reading: Reading) -> Parts:
    number = 1
    for block, first in blocks(file, reading):
        trades = []
        for line, text in enumerate(block.split(b"\n"), first):
            try:
                if text.strip():
                    trades.append(_decode(text))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise SourceError(f"{file.name}:{line}: not a trade in JSON: {clean(str(error))}") from None
        if trades:
            yield trades, number
        number += len(trades)


def _records(file: DataFile, parts: object, has_ids: bool, wanted: Wanted, reading: Reading) -> Iterator[Records]:
    assert callable(parts)
    for trades, number in parts(file, reading):
        kept = list(enumerate(trades, number))
        if wanted.symbol is not None:
            kept = [(n, trade) for n, trade in kept if not trade.symbol or plain_symbol(trade.symbol) == wanted.symbol]
        if len(kept) < len(trades) and not wanted.is_chosen:
            found = sorted({trade.symbol for trade in trades if trade.symbol})
            raise SourceError(f"{file.name}: trades of several symbols ({clean(', '.join(found), 80)}): say which with --symbol")
        if not kept:
            continue
        columns = _columns(file, [trade for _, trade in kept], [n for n, _ in kept])
        if has_ids and columns.ids is None:
            raise SourceError(f"{file.name}: an id among trades {kept[0][0]:,} to {kept[-1][0]:,} is not a whole number")
        if not has_ids:
            columns.ids = None
        check(columns, file.name)
        reading.times |= columns.forms
        yield ticks(columns, kept[0][0])


def _columns(file: DataFile, trades: Sequence[_Trade], numbers: Sequence[int]) -> Columns:
    times = [_time(trade) for trade in trades]
    prices = [trade.price if trade.p is None else trade.p for trade in trades]
    for number, time, price in zip(numbers, times, prices, strict=True):
        if time < 0 or price is None:
            raise SourceError(f"{file.name}: trade {number} has no time or no price")
    quantities = [(t.amount if t.q is None else t.q) or 0.0 for t in trades]
    return Columns(
        np.array(numbers, np.int64),
        _unix(file, np.array(times, np.int64)),
        {"price": np.array(prices, np.float64), "qty": np.array(quantities, np.float64)},
        _ids(trades),
        np.array([_side(trade) for trade in trades], np.int8),
        forms=forms_of(int(min(times)), int(max(times))),
    )


def _time(trade: _Trade) -> int:
    """As written; -1 where there is none, or it is none."""
    time = trade.timestamp if trade.T is None else trade.T
    return time if time is not None and 0 <= time < 2**63 else -1


def _unix(file: DataFile, values: NDArray[np.int64]) -> NDArray[np.int64]:
    times = scaled(values)
    if times is None:
        raise SourceError(f"{file.name}: a time is not Unix time")
    return times


def _ids(trades: Sequence[_Trade]) -> NDArray[np.int64] | None:
    try:
        return np.array([int(trade.a if trade.a is not None else trade.id) for trade in trades], np.int64)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _side(trade: _Trade) -> int:
    if trade.m is not None:
        return -1 if trade.m else 1
    return {"buy": 1, "sell": -1}.get((trade.side or "").lower(), 0)
