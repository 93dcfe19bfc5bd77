"""What Binance's spot REST API answers, decoded to records.

Source: Binance, "Public REST API for Binance", https://developers.binance.com/docs/binance-spot-api-docs/rest-api. Times are
milliseconds, or microseconds under the header `X-MBX-TIME-UNIT: MICROSECOND`; the two are told apart by size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec import Struct, field

from core.errors import VenueError
from core.types import BAR, TICK, Origin, Records
from core.venues.binance_wire import FIRST_MICROSECOND, LAST_MILLISECOND, Id, Name, Time, cleaned
from core.venues.venue import Parsed, Quarantined, SymbolInfo, Ticker, why_no_price

T = TypeVar("T")


class AggTradeRow(Struct, gc=False):
    """One row of `/api/v3/aggTrades`."""

    id: Id = field(name="a")
    price: float = field(name="p")
    qty: float = field(name="q")
    time: Time = field(name="T")
    is_buyer_maker: bool = field(name="m")


class TradeRow(Struct, gc=False, rename="camel"):
    """One row of `/api/v3/trades` and `/api/v3/historicalTrades`."""

    id: Id
    price: float
    qty: float
    time: Time
    is_buyer_maker: bool


class _Filter(Struct, gc=False, rename="camel"):
    filter_type: str
    tick_size: float = 0.0
    step_size: float = 0.0
    min_notional: float = 0.0
    max_notional: float = 0.0
    min_qty: float = 0.0
    max_qty: float = 0.0
    max_num_orders: int = 0


class _Listing(Struct, gc=False, rename="camel"):
    symbol: Name
    status: str
    base_asset: str
    quote_asset: str
    filters: list[_Filter] = []  # msgspec copies an empty default


class _ExchangeInfo(Struct, gc=False):
    symbols: list[_Listing]


class _Ticker(Struct, gc=False, rename="camel"):
    symbol: Name
    last_price: float
    price_change_percent: float
    volume: float


class _Time(Struct, rename="camel"):
    server_time: Time


class _Error(Struct):
    code: int
    msg: str


#: Open time, open, high, low, close, volume, close time; five more that are not used here.
_Kline = tuple[Time, float, float, float, float, float, Time, float, int, float, float, Any]

_agg_trades = msgspec.json.Decoder(list[AggTradeRow], strict=False)
_trades = msgspec.json.Decoder(list[TradeRow], strict=False)
_klines = msgspec.json.Decoder(list[_Kline], strict=False)
_exchange_info = msgspec.json.Decoder(_ExchangeInfo, strict=False)
_tickers = msgspec.json.Decoder(_Ticker | list[_Ticker], strict=False)
_time = msgspec.json.Decoder(_Time)
_error = msgspec.json.Decoder(_Error)


def agg_trades(body: bytes, symbol: int, recv_ns: int) -> Parsed:
    """The rows of an `aggTrades` answer: TICK records, and those with a price or size no market has.

    Raises:
        VenueError: the body is something else.
    """
    rows = _decoded(_agg_trades, body, "aggregate trades")
    return _page(rows, symbol, recv_ns)


def trades(body: bytes, symbol: int, recv_ns: int) -> Parsed:
    """The rows of a `trades` or `historicalTrades` answer; as `agg_trades`."""
    rows = _decoded(_trades, body, "trades")
    return _page(rows, symbol, recv_ns)


def klines(body: bytes, symbol: int) -> Records:
    """BAR records of a `klines` answer: `ts` is the venue's close time, the last moment inside the bar.

    Raises:
        VenueError: the body is something else, or a bar's prices are not finite and positive.
    """
    rows = _decoded(_klines, body, "klines")
    bars = np.zeros(len(rows), BAR)
    if not rows:
        return bars
    start, open_, high, low, close, volume, end = list(zip(*rows, strict=True))[:7]
    for name, column in (("open", open_), ("high", high), ("low", low), ("price", close), ("qty", volume)):
        bars[name] = column
    bars["start"], bars["ts"] = _nanoseconds(start), _nanoseconds(end)
    bars["bid"] = bars["ask"] = np.nan
    bars["symbol"], bars["origin"] = symbol, Origin.BACKFILL
    prices = np.stack([bars[name] for name in ("open", "high", "low", "price")])
    if not ((prices > 0) & np.isfinite(prices)).all() or not ((bars["qty"] >= 0) & np.isfinite(bars["qty"])).all():
        raise VenueError("binance answered klines with a price that is not positive and finite")
    return bars


def symbols(body: bytes) -> list[SymbolInfo]:
    """What `exchangeInfo` lists.

    Raises:
        VenueError: the body is something else.
    """
    return [_symbol(listing) for listing in _decoded(_exchange_info, body, "exchange information").symbols]


def tickers(body: bytes) -> list[Ticker]:
    """24 h figures of one symbol or many.

    Raises:
        VenueError: the body is something else.
    """
    rows = _decoded(_tickers, body, "24 h figures")
    rows = rows if isinstance(rows, list) else [rows]
    return [Ticker(cleaned(row.symbol), row.last_price, row.price_change_percent, row.volume) for row in rows]


def server_time(body: bytes) -> int:
    """The venue's clock, ns.

    Raises:
        VenueError: the body is something else.
    """
    return int(_nanoseconds([_decoded(_time, body, "the time").server_time])[0])


def error_text(status: int, body: bytes) -> str:
    """The venue's words for a refusal and its code, or the HTTP status and the start of the body."""
    try:
        error = _error.decode(body)
    except (ValueError, RecursionError):
        return f"HTTP {status}: {cleaned(body[:1000].decode(errors='replace'))}".rstrip(": ")
    return f"{cleaned(error.msg)} ({error.code})"


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes, what: str) -> T:
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as exc:
        raise VenueError(f"binance did not answer with {what}: {cleaned(str(exc))}") from exc


def _page(rows: Iterable[AggTradeRow | TradeRow], symbol: int, recv_ns: int) -> Parsed:
    columns = [(row.id, row.time, row.price, row.qty, row.is_buyer_maker) for row in rows]
    ticks = np.zeros(len(columns), TICK)
    if columns:
        ids, times, prices, sizes, makers = zip(*columns, strict=True)
        ticks["id"], ticks["ts"], ticks["price"], ticks["qty"] = ids, _nanoseconds(times), prices, sizes
        ticks["side"] = np.where(makers, -1, 1)
    ticks["recv"], ticks["symbol"], ticks["origin"] = recv_ns, symbol, Origin.BACKFILL
    ticks["bid"] = ticks["ask"] = np.nan
    price, qty = ticks["price"], ticks["qty"]
    real = np.isfinite(price) & np.isfinite(qty) & (price > 0) & (qty > 0)
    refused = [
        Quarantined(symbol, int(row["id"]), int(row["ts"]), why_no_price("price", row["price"]) or why_no_price("size", row["qty"]))
        for row in ticks[~real]
    ]
    return Parsed(ticks=ticks[real], quarantined=refused)


def _nanoseconds(times: Iterable[int]) -> Records:
    values = np.fromiter(times, np.int64)
    if ((values > LAST_MILLISECOND) & (values < FIRST_MICROSECOND)).any():
        raise VenueError("binance answered with a time beyond the year 2262")
    return np.where(values < FIRST_MICROSECOND, values * 1_000_000, values * 1000)


def _symbol(listing: _Listing) -> SymbolInfo:
    lots = [f for f in listing.filters if f.filter_type == "LOT_SIZE"]
    values = [f for f in listing.filters if f.filter_type in ("NOTIONAL", "MIN_NOTIONAL")]
    return SymbolInfo(
        symbol=cleaned(listing.symbol),
        status=cleaned(listing.status),
        base=cleaned(listing.base_asset),
        quote=cleaned(listing.quote_asset),
        tick_size=max((f.tick_size for f in listing.filters if f.filter_type == "PRICE_FILTER"), default=0.0),
        step_size=max((f.step_size for f in lots), default=0.0),
        min_notional=max((f.min_notional for f in values), default=0.0),
        max_notional=max((f.max_notional for f in values), default=0.0),
        min_qty=max((f.min_qty for f in lots), default=0.0),
        max_qty=max((f.max_qty for f in lots), default=0.0),
        max_orders=max((f.max_num_orders for f in listing.filters if f.filter_type == "MAX_NUM_ORDERS"), default=0),
    )
