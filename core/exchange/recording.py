"""A market that was recorded: frame logs of Binance's streams, merged by time, with aggregates derived from the trades.

Two formats: `<receive time ns> <frame>` lines, and cryptofeed's captures (`<receive time s>: <frame>`); plain or gzipped, one file or
many. Trades (`trade`), quotes (`bookTicker`) and, for symbols recorded without single trades, aggregates (`aggTrade`) are taken;
other frames are passed over. Times and ids stay as recorded. Aggregates are numbered from 1 at a symbol's first trade.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from core.errors import SourceError
from core.exchange.bars import DAY_US, FOREVER_US, Bar, bars_of_trades, merged
from core.exchange.market import Listing
from core.exchange.rows import DTYPES, Kind, Segment, Source, aggregate, in_order, scaled
from core.exchange.timeline import Timeline
from core.types import Records

_LINE = re.compile(rb"(\d{1,19})(\.\d+)?:? (\{.*)")
_DEPTH = b"@depth"
_QUOTE_ASSETS = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "TRY", "BRL", "BTC", "ETH", "BNB")

#: Digits of a receive time in seconds; longer ones are nanoseconds.
_SECONDS_DIGITS = 11
_FIRST_MICROSECOND = 10**14


class _Data(Struct, gc=False):
    """The fields of all three payloads; `a` is an aggregate's id or a quote's ask."""

    s: str
    e: str = "bookTicker"
    E: int = 0
    T: int = 0
    t: int = -1
    p: str = ""
    q: str = ""
    m: bool = False
    X: str = "MARKET"
    f: int = -1
    l: int = -1  # noqa: E741  # the venue's name
    u: int = -1
    b: str | int | list[Any] = ""
    B: str = ""
    a: str | int | list[Any] = ""
    A: str = ""


class _Frame(Struct, gc=False):
    stream: str
    data: _Data


_decode = msgspec.json.Decoder(_Frame).decode


class RecordedMarket:
    """Implements `Market` over recording files: one segment, played on the recording's own timeline."""

    live = False
    segment_ns = 0

    def __init__(self, files: Iterable[Path]) -> None:
        """
        Raises:
            SourceError: a file cannot be read, holds nothing to play, or its trade ids step back.
        """
        columns = _Columns()
        for path in files:
            columns.read(path)
        self.listings, self._segment = columns.market()
        self.visible = -1
        self.timeline = Timeline()
        self._clock_offset = self._offset()

    def first(self) -> int:
        return 0

    def last(self) -> int:
        return 0

    def number_at(self, when: int) -> int:
        return 0

    def number_of(self, kind: Kind, symbol: int, row_id: int) -> int:
        return 0

    def rows(self, kind: Kind, symbol: int, number: int) -> Records:
        return self._segment.rows[kind, symbol]

    def segment(self, number: int) -> Segment | None:
        return self._segment if number == 0 else None

    def day(self, symbol: int) -> Bar | None:
        trades = self._segment.rows[Kind.TRADE, symbol]
        released = trades[: np.searchsorted(trades["when"], self.visible, side="right")]
        start = self.clock_us() - DAY_US
        bars = merged(bars_of_trades(released[released["time"] >= start], DAY_US), FOREVER_US)
        return bars[0]._replace(start=start) if bars else None

    def clock_us(self) -> int:
        """The venue's time at what was released last: its first event's before the start."""
        return (max(self.visible, int(self._segment.when[0])) + self._clock_offset) // 1000

    def _offset(self) -> int:
        """How far the venue's clock was ahead of the recorder's, ns, at the first print."""
        prints = [rows[0] for (kind, _), rows in self._segment.rows.items() if kind is not Kind.BOOK and len(rows)]
        first = min(prints, key=lambda row: int(row["when"]), default=None)
        return 0 if first is None else int(first["event"]) * 1000 - int(first["when"])


class _Columns:
    """Rows as they are read, by kind and symbol, each with its place in the order of reading."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Kind, str], list[tuple[Any, ...]]] = {}
        self._count = 0

    def read(self, path: Path) -> None:
        before = self._count
        try:
            for when, frame in _frames(path):
                self._take(when, frame)
        except (OSError, EOFError, zlib.error) as exc:
            raise SourceError(f"{path}: {getattr(exc, 'strerror', None) or exc}") from exc
        if self._count == before:
            raise SourceError(f"{path}: no Binance trade, aggTrade or bookTicker frame in it")

    def market(self) -> tuple[list[Listing], Segment]:
        """The listings and the one segment of all that was read."""
        names = sorted({name for _, name in self._rows})
        rows: dict[Source, Records] = {}
        arrival: dict[Source, Records] = {}
        for number, name in enumerate(names):
            for kind in Kind:
                read = sorted(self._rows.get((kind, name), []), key=lambda row: row[:2])
                if kind is not Kind.BOOK:
                    read = _without_repeats(read, name)
                arrival[kind, number] = np.array([row[1] for row in read], np.int64)
                rows[kind, number] = np.array([row[:1] + row[2:] for row in read], DTYPES[kind])
            trades = rows[Kind.TRADE, number]
            if len(trades):
                aggs = rows[Kind.AGG, number] = aggregate(trades, 1)
                arrival[Kind.AGG, number] = arrival[Kind.TRADE, number][np.searchsorted(trades["id"], aggs["last"])]
        segment = in_order(rows, arrival, end=2**63 - 1)
        return [_listing(name, number, rows) for number, name in enumerate(names)], segment

    def _take(self, when: int, frame: bytes) -> None:
        if _DEPTH in frame[:80]:
            return
        try:
            data = _decode(frame).data
            kind, row = _row(data)
        except (ValueError, RecursionError):
            return
        self._count += 1
        self._rows.setdefault((kind, data.s), []).append((when, self._count, *row))


def _frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """(receive time ns, frame) of every line that is one."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if zipped else path.open("rb") as lines:
        for line in lines:
            match = _LINE.match(line)
            if match is None:
                continue
            whole, part, frame = match.groups()
            if len(whole) <= _SECONDS_DIGITS:
                yield int(whole + (part or b".")[1:10].ljust(9, b"0")), frame
            else:
                yield int(whole), frame


def _row(data: _Data) -> tuple[Kind, tuple[Any, ...]]:
    """The kind of a payload and its row, without `when`.

    Raises:
        ValueError: it is none of the three, or a number in it is not one.
    """
    if data.e == "bookTicker" and isinstance(data.b, str) and isinstance(data.a, str) and data.u >= 0:
        return Kind.BOOK, (data.u, scaled(data.b), scaled(data.B), scaled(data.a), scaled(data.A))
    prints = (_microseconds(data.E), _microseconds(data.T))
    if data.e == "trade" and data.t >= 0 and data.X == "MARKET":
        return Kind.TRADE, (*prints, data.t, scaled(data.p), scaled(data.q), data.m)
    if data.e == "aggTrade" and isinstance(data.a, int):
        return Kind.AGG, (*prints, data.a, scaled(data.p), scaled(data.q), data.m, data.f, data.l)
    raise ValueError("not a stream that is played")


def _microseconds(value: int) -> int:
    return value * 1000 if value < _FIRST_MICROSECOND else value


def _without_repeats(rows: list[tuple[Any, ...]], name: str) -> list[tuple[Any, ...]]:
    """Rows whose ids grow; one that came twice (in two overlapping files) is kept once."""
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        if not kept or row[4] > kept[-1][4]:
            kept.append(row)
        elif row[4] < kept[0][4] or row[4] not in {earlier[4] for earlier in kept[-1000:]}:
            raise SourceError(f"ids of {name} step back from {kept[-1][4]} to {row[4]}: are these recordings of one market?")
    return kept


def _listing(name: str, number: int, rows: dict[Source, Records]) -> Listing:
    """What can be told of a symbol from its rows: the steps are the largest powers of ten that divide every price and size."""
    quote = next((asset for asset in _QUOTE_ASSETS if name.endswith(asset) and name != asset), "")
    prices, sizes = [], []
    for kind in (Kind.TRADE, Kind.AGG):
        prices.append(rows[kind, number]["price"])
        sizes.append(rows[kind, number]["qty"])
    book = rows[Kind.BOOK, number]
    prices += [book["bid"], book["ask"]]
    sizes += [book["bid_qty"], book["ask_qty"]]
    base = name.removesuffix(quote) if quote else name
    return Listing(name, base, quote or "?", _step(np.concatenate(prices)), _step(np.concatenate(sizes)))


def _step(values: Records) -> int:
    divisor, step = int(np.gcd.reduce(values)), 1
    while divisor and divisor % (step * 10) == 0:
        step *= 10
    return step
