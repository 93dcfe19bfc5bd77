"""Ticks of the tape as a sheet: every one there is, by time and id, with all that the tape knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.codes import Origin
from core.research.source_tape import TapeSource, open_tape
from core.transfer.sheet import Column, Sheet, Stretch, Values, repeated, words
from core.types import Records

COLUMNS = (
    Column("time", "time"),
    Column("ts_ns", "whole"),
    Column("symbol", "text"),
    Column("stream", "text"),
    Column("trade_id", "whole"),
    Column("price", "number"),
    Column("qty", "number"),
    Column("side", "text"),
    Column("bid", "number"),
    Column("ask", "number"),
    Column("recv_ns", "whole"),
    Column("seq", "whole"),
    Column("origin", "text"),
)

SIDES = ("sell", "", "buy")
_ORIGINS = [origin.name.lower() for origin in Origin]


def tape_of(home: Path, symbol: str, from_ns: int | None, to_ns: int | None) -> TapeSource:
    """The stretch of the tape that a symbol names: `BTCUSDT`, `binance:BTCUSDT`, or either with `/aggTrade`.

    Raises:
        SourceError: the tape holds no such series, or several that fit.
        StoreError: it cannot be read.
    """
    return open_tape(f"tape:{symbol}", None, home, from_ns, to_ns, False)


def ticks_sheet(source: TapeSource) -> Sheet:
    """Its ticks."""
    return Sheet("ticks", source.symbol, COLUMNS, _rows(source), source.total_rows)


def _rows(source: TapeSource) -> Iterator[Stretch]:
    done = 0
    for ticks in source.batches():
        done += len(ticks)
        yield Stretch(_values(ticks, source.symbol, source.stream), done)


def _values(ticks: Records, symbol: str, stream: str) -> list[Values]:
    count = len(ticks)
    return [
        ticks["ts"],
        ticks["ts"],
        repeated(symbol, count),
        repeated(stream, count),
        ticks["id"],
        ticks["price"],
        ticks["qty"],
        words(ticks["side"], SIDES, -1),
        ticks["bid"],
        ticks["ask"],
        ticks["recv"],
        ticks["seq"],
        words(ticks["origin"], _ORIGINS),
    ]
