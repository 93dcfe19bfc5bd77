"""What the exchange says, in Binance's words: stream payloads, REST rows and refusals as JSON bytes.

Payloads have the fields, order and number formats of https://developers.binance.com/docs/binance-spot-api-docs, so that a recorded
frame comes out byte for byte as it was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from core.exchange.bars import Bar
from core.exchange.history import Quote
from core.exchange.market import Listing
from core.exchange.rows import STREAMS, Kind, decimal
from core.types import Records

#: µs a unit of time as sent: 1000 for milliseconds, 1 under timeUnit=MICROSECOND.
MILLISECOND, MICROSECOND = 1000, 1

_TEXT_FRAME, BINARY_FRAME = 0x81, 0x82
_ORDER_TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]


def book_payload(symbol: str, row: tuple[Any, ...], unit: int) -> str:
    """A `bookTicker` payload of a BOOK row; it has no time."""
    _, update_id, bid, bid_qty, ask, ask_qty = row
    sizes = f'"b":"{decimal(bid)}","B":"{decimal(bid_qty)}","a":"{decimal(ask)}","A":"{decimal(ask_qty)}"'
    return f'{{"u":{update_id},"s":{symbol},{sizes}}}'


def trade_payload(symbol: str, row: tuple[Any, ...], unit: int) -> str:
    """A `trade` payload of a TRADE row."""
    _, event, time, number, price, qty, maker = row
    head = f'"e":"trade","E":{event // unit},"s":{symbol},"t":{number},"p":"{decimal(price)}","q":"{decimal(qty)}"'
    return f'{{{head},"T":{time // unit},"m":{"true" if maker else "false"},"M":true}}'


def agg_payload(symbol: str, row: tuple[Any, ...], unit: int) -> str:
    """An `aggTrade` payload of an AGG row."""
    _, event, time, number, price, qty, maker, first, last = row
    head = f'"e":"aggTrade","E":{event // unit},"s":{symbol},"a":{number},"p":"{decimal(price)}","q":"{decimal(qty)}"'
    return f'{{{head},"f":{first},"l":{last},"T":{time // unit},"m":{"true" if maker else "false"},"M":true}}'


PAYLOADS: dict[int, Callable[[str, tuple[Any, ...], int], str]] = {
    Kind.BOOK: book_payload,
    Kind.TRADE: trade_payload,
    Kind.AGG: agg_payload,
}


def stream_name(symbol: str, kind: Kind) -> str:
    """As clients name it: `btcusdt@aggTrade`."""
    return f"{symbol.lower()}@{STREAMS[kind]}"


def envelope(stream: str, payload: str) -> str:
    """A combined-stream frame."""
    return f'{{"stream":{quoted(stream)},"data":{payload}}}'


def quoted(text: str) -> str:
    """A JSON string; characters outside ASCII stay as they are."""
    return json.dumps(text, ensure_ascii=False)


def websocket_frame(text: str) -> bytes:
    """An unfragmented, unmasked text frame (RFC 6455, section 5.2), ready for the socket."""
    return frame(text.encode())


def frame(data: bytes, opcode: int = _TEXT_FRAME) -> bytes:
    """A frame of these bytes, whatever they are."""
    size = len(data)
    if size < 126:
        return bytes((opcode, size)) + data
    if size < 65536:
        return bytes((opcode, 126, size >> 8, size & 0xFF)) + data
    return bytes((opcode, 127)) + size.to_bytes(8, "big") + data


def shutdown_notice(event_us: int, unit: int, combined: bool) -> str:
    """The event a venue sends before it closes a connection."""
    payload = f'{{"e":"serverShutdown","E":{event_us // unit}}}'
    return envelope("!serverShutdown", payload) if combined else payload


def trades_body(rows: Records, unit: int) -> bytes:
    """The answer of `historicalTrades` and `trades`."""
    return _list(_old_trade(row, unit) for row in rows.tolist())


def aggs_body(rows: Records, unit: int) -> bytes:
    """The answer of `aggTrades`."""
    return _list(_old_agg(row, unit) for row in rows.tolist())


def klines_body(bars: Iterable[Bar], interval_us: int, unit: int) -> bytes:
    """The answer of `klines`."""
    return _list(_kline(bar, interval_us, unit) for bar in bars)


def listing(item: Listing, status: str = "TRADING") -> dict[str, Any]:
    """A symbol as `exchangeInfo` lists it."""
    limits = {"minQty": decimal(item.step), "maxQty": "9000000.00000000", "stepSize": decimal(item.step)}
    prices = {"minPrice": decimal(item.tick), "maxPrice": "10000000.00000000", "tickSize": decimal(item.tick)}
    return {
        "symbol": item.symbol,
        "status": status,
        "baseAsset": item.base,
        "baseAssetPrecision": 8,
        "quoteAsset": item.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": _ORDER_TYPES,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", **prices},
            {"filterType": "LOT_SIZE", **limits},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True, "maxNotional": "9000000.00000000"},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def day(symbol: str, bar: Bar, quote: Quote, last: Records, clock_us: int, unit: int) -> dict[str, Any]:
    """24 h figures of a symbol; `last` holds its last trade, or none."""
    change = bar.close - bar.open
    average = bar.quote_volume / (bar.volume / 10**8) if bar.volume else 0.0
    last_id = int(last["id"][-1]) if len(last) else -1
    return {
        "symbol": symbol,
        "priceChange": ("-" if change < 0 else "") + decimal(abs(change)),
        "priceChangePercent": f"{change / bar.open * 100 if bar.open else 0.0:.3f}",
        "weightedAvgPrice": f"{average:.8f}",
        "prevClosePrice": decimal(bar.open),
        "lastPrice": decimal(bar.close),
        "lastQty": decimal(int(last["qty"][-1]) if len(last) else 0),
        "bidPrice": decimal(quote.bid),
        "bidQty": decimal(quote.bid_qty),
        "askPrice": decimal(quote.ask),
        "askQty": decimal(quote.ask_qty),
        "openPrice": decimal(bar.open),
        "highPrice": decimal(bar.high),
        "lowPrice": decimal(bar.low),
        "volume": decimal(bar.volume),
        "quoteVolume": f"{bar.quote_volume:.8f}",
        "openTime": bar.start // unit,
        "closeTime": clock_us // unit,
        "firstId": last_id - bar.trades + 1 if len(last) else -1,
        "lastId": last_id,
        "count": bar.trades,
    }


def _old_trade(row: tuple[Any, ...], unit: int) -> str:
    _, _, time, number, price, qty, maker = row
    value = price * qty // 10**8
    figures = f'"id":{number},"price":"{decimal(price)}","qty":"{decimal(qty)}","quoteQty":"{decimal(value)}"'
    return f'{{{figures},"time":{time // unit},"isBuyerMaker":{"true" if maker else "false"},"isBestMatch":true}}'


def _old_agg(row: tuple[Any, ...], unit: int) -> str:
    _, _, time, number, price, qty, maker, first, last = row
    figures = f'"a":{number},"p":"{decimal(price)}","q":"{decimal(qty)}","f":{first},"l":{last}'
    return f'{{{figures},"T":{time // unit},"m":{"true" if maker else "false"},"M":true}}'


def _kline(bar: Bar, interval_us: int, unit: int) -> str:
    prices = ",".join(f'"{decimal(value)}"' for value in (bar.open, bar.high, bar.low, bar.close, bar.volume))
    end = (bar.start + interval_us) // unit - 1
    volumes = f'"{bar.quote_volume:.8f}",{bar.trades},"{decimal(bar.taker_volume)}","{bar.taker_quote_volume:.8f}"'
    return f'[{bar.start // unit},{prices},{end},{volumes},"0"]'


def _list(items: Iterable[str]) -> bytes:
    return f"[{','.join(items)}]".encode()
