"""Binance spot: its endpoints, limits, weights and dialect, as the feed needs them.

Source: https://developers.binance.com/docs/binance-spot-api-docs (streams, REST, limits), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from core.errors import UsageError
from core.types import Records, Symbols
from core.venues import binance_rest as rest
from core.venues.binance_parser import BinanceParser
from core.venues.venue import Limits, Parsed, RestCall, SymbolInfo, Ticker

__all__ = ["Binance", "BinanceParser"]

PRINT_STREAMS: Final = ("aggTrade", "trade")

#: Symbols a subscribe message: keeps it near 4 KB, and 300 symbols to three messages.
SYMBOLS_PER_MESSAGE = 100

#: Without it REST times are in ms while the streams' are in µs, and a back-filled print would sort before its neighbours.
MICROSECONDS: Final = {"X-MBX-TIME-UNIT": "MICROSECOND"}


class Binance:
    """Implements `Venue` for Binance spot; `ws_url` and `rest_url` are bases without a path, so a test server can stand in."""

    name = "binance"
    ids: Literal["dense", "ordered", "none"] = "dense"
    limits = Limits(
        streams_per_connection=1024,
        messages_per_s=5.0,  # pongs count
        connects_per_5min=300,
        rest_weight_per_min=6000,
        connection_max_age_s=24 * 3600.0,
    )
    #: Those that are a fixed length of time: the venue also has 1M.
    kline_intervals: tuple[str, ...] = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w")

    def __init__(
        self,
        symbols: Symbols,
        *,
        stream: str = "aggTrade",
        ws_url: str = "wss://stream.binance.com:9443",
        rest_url: str = "https://api.binance.com",
    ) -> None:
        """
        Raises:
            UsageError: `stream` is neither `aggTrade` nor `trade`.
        """
        if stream not in PRINT_STREAMS:
            raise UsageError(f"binance has no print stream {stream!r}: aggTrade or trade")
        self.stream = stream
        self.ws_url = ws_url.rstrip("/")
        self.rest_url = rest_url.rstrip("/")
        self._symbols = symbols

    def stream_url(self) -> str:
        return f"{self.ws_url}/stream?timeUnit=MICROSECOND"

    def parser(self) -> BinanceParser:
        return BinanceParser(self._symbols, self.name)

    def subscribe(self, request_id: int, names: Sequence[str]) -> list[str]:
        """One message a hundred symbols; each is answered under the same `request_id`."""
        return list(self._messages("SUBSCRIBE", request_id, names))

    def unsubscribe(self, request_id: int, names: Sequence[str]) -> list[str]:
        return list(self._messages("UNSUBSCRIBE", request_id, names))

    def trades_from(self, name: str, from_id: int, limit: int = 1000) -> RestCall:
        return self._trades(name, {"fromId": from_id, "limit": limit})

    def trades_recent(self, name: str, limit: int = 1000) -> RestCall:
        return self._trades(name, {"limit": limit})

    def parse_trades(self, name: str, body: bytes, recv_ns: int) -> Records:
        return self.parse_page(name, body, recv_ns).ticks

    def parse_page(self, name: str, body: bytes, recv_ns: int) -> Parsed:
        decode = rest.agg_trades if self.stream == "aggTrade" else rest.trades
        return decode(body, self._symbol(name), recv_ns)

    def klines(self, name: str, interval: str, *, start_ns: int | None = None, limit: int = 1000) -> RestCall:
        """
        Raises:
            UsageError: the venue has no such interval.
        """
        if interval not in self.kline_intervals:
            raise UsageError(f"binance has no klines of {interval!r}: {', '.join(self.kline_intervals)}")
        query: dict[str, str | int] = {"symbol": name, "interval": interval, "limit": limit}
        if start_ns is not None:
            query["startTime"] = start_ns // 1_000_000
        return RestCall("/api/v3/klines", query, 2)

    def parse_klines(self, name: str, body: bytes) -> Records:
        return rest.klines(body, self._symbol(name))

    def symbols(self, names: Sequence[str] = ()) -> RestCall:
        # Permission sets are most of the body and of no use here.
        query: dict[str, str | int] = {"showPermissionSets": "false"}
        if names:
            query["symbols"] = msgspec.json.encode(list(names)).decode()
        return RestCall("/api/v3/exchangeInfo", query, 20)

    def parse_symbols(self, body: bytes) -> list[SymbolInfo]:
        return rest.symbols(body)

    def tickers(self, names: Sequence[str]) -> RestCall:
        """All symbols when `names` is empty."""
        if not names:
            return RestCall("/api/v3/ticker/24hr", {}, 80)
        weight = 2 if len(names) <= 20 else 40 if len(names) <= 100 else 80
        return RestCall("/api/v3/ticker/24hr", {"symbols": msgspec.json.encode(list(names)).decode()}, weight)

    def parse_tickers(self, body: bytes) -> list[Ticker]:
        return rest.tickers(body)

    def server_time(self) -> RestCall:
        return RestCall("/api/v3/time", {}, 1, dict(MICROSECONDS))

    def parse_time(self, body: bytes) -> int:
        return rest.server_time(body)

    def used_weight(self, headers: Mapping[str, str]) -> int | None:
        said = headers.get("x-mbx-used-weight-1m", "")
        return int(said) if said.isdecimal() and said.isascii() and len(said) < 10 else None

    def parse_error(self, status: int, body: bytes) -> str:
        return rest.error_text(status, body)

    def _symbol(self, name: str) -> int:
        return self._symbols[f"{self.name}:{name}"]

    def _trades(self, name: str, query: dict[str, str | int]) -> RestCall:
        path, weight = ("/api/v3/aggTrades", 4) if self.stream == "aggTrade" else ("/api/v3/historicalTrades", 25)
        return RestCall(path, {"symbol": name, **query}, weight, dict(MICROSECONDS))

    def _messages(self, method: str, request_id: int, names: Sequence[str]) -> Iterator[str]:
        for first in range(0, len(names), SYMBOLS_PER_MESSAGE):
            batch = names[first : first + SYMBOLS_PER_MESSAGE]
            streams = [f"{name.lower()}@{kind}" for name in batch for kind in (self.stream, "bookTicker")]
            yield msgspec.json.encode({"method": method, "params": streams, "id": request_id}).decode()
