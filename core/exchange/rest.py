"""The exchange's REST side: Binance's public market endpoints over a market's history.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api, weights and parameters included.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from core.exchange import wire
from core.exchange.bars import Bar
from core.exchange.history import History
from core.exchange.limits import Weights
from core.exchange.market import Market
from core.exchange.query import Query, RestRefusal
from core.exchange.refusals import Refusals, retry_after_header
from core.exchange.rows import Kind
from core.types import interval_ns

INTERVALS = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")

#: What a MINI ticker leaves out of a FULL one.
_FULL_ONLY = frozenset(
    {"priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"}
)
_TOO_MUCH = (
    "Too much request weight used; current limit is {} request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: the parameters it knows, its weight by the number of symbols asked for (None: all), its answer."""

    known: tuple[str, ...]
    weight: Callable[[int | None], int]
    answer: Callable[[Query, int], bytes]


class Rest:
    """Answers requests about one market.

    Attributes:
        requests: (loop time, path, query) of the latest requests, refused ones included.
        refusals: what it does to its callers instead of answering.
        clock_skew_ms: how far the time it tells is ahead of the market's.
    """

    def __init__(self, market: Market, weight_per_min: int) -> None:
        self._market = market
        self._history = History(market)
        self._statuses: list[str | None] = ["TRADING"] * len(market.listings)
        self._weights = Weights(weight_per_min)
        self.requests: deque[tuple[float, str, dict[str, str]]] = deque(maxlen=10_000)
        self.refusals = Refusals()
        self.clock_skew_ms = 0.0
        trades = ("symbol", "fromId", "limit")
        self._endpoints = {
            "/api/v3/ping": Endpoint((), lambda _: 1, lambda query, unit: b"{}"),
            "/api/v3/time": Endpoint((), lambda _: 1, self._time),
            "/api/v3/exchangeInfo": Endpoint(
                ("symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"), lambda _: 20, self._exchange_info
            ),
            "/api/v3/aggTrades": Endpoint((*trades, "startTime", "endTime"), lambda _: 4, self._agg_trades),
            "/api/v3/historicalTrades": Endpoint(trades, lambda _: 25, self._trades),
            "/api/v3/trades": Endpoint(("symbol", "limit"), lambda _: 25, self._trades),
            "/api/v3/klines": Endpoint(("symbol", "interval", "startTime", "endTime", "timeZone", "limit"), lambda _: 2, self._klines),
            "/api/v3/ticker/24hr": Endpoint(("symbol", "symbols", "type", "symbolStatus"), _day_weight, self._day),
        }

    def set_status(self, symbol: int, status: str | None) -> None:
        """List a symbol under another status, or not at all; only of one that is TRADING are new prints told."""
        self._statuses[symbol] = status
        if status == "TRADING":
            self._history.resume(symbol)
        else:
            self._history.halt(symbol)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; a refusal is JSON with the venue's code."""
        self.requests.append((asyncio.get_running_loop().time(), request.path, dict(request.query)))
        headers = {}
        try:
            self.refusals.refuse_if_told()
            endpoint = self._endpoints.get(request.path)
            if endpoint is None:
                raise RestRefusal(-1000, "This exchange has no such path.", status=404)
            if request.method != "GET":
                raise RestRefusal(-1000, f"Request method '{request.method}' is not supported.", status=405)
            self._spend(endpoint.weight(_symbols_asked(request.query)))
            query = Query(request.query, endpoint.known, self._listed())
            unit = _unit(request.headers.get("X-MBX-TIME-UNIT", "MILLISECOND"))
            if self._market.live:
                # Drawing minutes that nobody asked for before takes a while.
                body = await asyncio.to_thread(endpoint.answer, query, unit)
            else:
                body = endpoint.answer(query, unit)
            status = 200
        except RestRefusal as refusal:
            body, status = refusal.body(), refusal.status
            if refusal.retry_after is not None:
                headers["Retry-After"] = retry_after_header(refusal.retry_after, date=refusal.date)
        await self.refusals.dawdle()
        headers["X-MBX-USED-WEIGHT"] = headers["X-MBX-USED-WEIGHT-1M"] = str(self._weights.used)
        return web.Response(body=body, status=status, headers=headers, content_type="application/json", charset="utf-8")

    def _listed(self) -> dict[str, int]:
        """Symbols by name."""
        return {item.symbol: number for number, item in enumerate(self._market.listings) if self._statuses[number] is not None}

    def _clock_us(self) -> int:
        """The time it tells."""
        return self._market.clock_us() + round(self.clock_skew_ms * 1000)

    def _spend(self, weight: int) -> None:
        wait = self._weights.spend(weight)
        if wait is not None:
            raise RestRefusal(-1003, _TOO_MUCH.format(self._weights.limit), status=429, retry_after=wait)

    def _time(self, query: Query, unit: int) -> bytes:
        return b'{"serverTime":%d}' % (self._clock_us() // unit)

    def _exchange_info(self, query: Query, unit: int) -> bytes:
        chosen = query.symbols()
        numbers = list(self._listed().values()) if chosen is None else chosen
        limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self._weights.limit}
        return _json(
            {
                "timezone": "UTC",
                "serverTime": self._clock_us() // unit,
                "rateLimits": [limit],
                "exchangeFilters": [],
                "symbols": [wire.listing(self._market.listings[number], self._statuses[number] or "") for number in numbers],
            }
        )

    def _agg_trades(self, query: Query, unit: int) -> bytes:
        symbol, limit = query.symbol(), query.limit()
        first, start, end = query.number("fromId"), query.time("startTime"), query.time("endTime")
        if first is not None and (start is not None or end is not None):
            raise RestRefusal(-1128, "Combination of optional parameters invalid.")
        if first is not None:
            rows = self._history.from_id(Kind.AGG, symbol, first, limit)
        elif start is not None:
            rows = self._history.between(Kind.AGG, symbol, start, end, limit)
        else:
            rows = self._history.latest(Kind.AGG, symbol, limit, end)
        return wire.aggs_body(rows, unit)

    def _trades(self, query: Query, unit: int) -> bytes:
        symbol, limit, first = query.symbol(), query.limit(), query.number("fromId")
        if first is None:
            return wire.trades_body(self._history.latest(Kind.TRADE, symbol, limit), unit)
        return wire.trades_body(self._history.from_id(Kind.TRADE, symbol, first, limit), unit)

    def _klines(self, query: Query, unit: int) -> bytes:
        symbol, interval, limit = query.symbol(), query.text("interval"), query.limit()
        if interval not in INTERVALS:
            raise RestRefusal(-1120, "Invalid interval.")
        length = interval_ns(interval) // 1000
        bars = self._history.bars(symbol, length, start_us=query.time("startTime"), end_us=query.time("endTime"), limit=limit)
        return wire.klines_body(bars, length, unit)

    def _day(self, query: Query, unit: int) -> bytes:
        chosen = query.symbols()
        kind = query.text("type") if "type" in query else "FULL"
        if kind not in ("FULL", "MINI"):
            raise RestRefusal(-1139, "Invalid ticker type.")
        numbers = list(self._listed().values()) if chosen is None else chosen
        figures = [self._day_of(number, unit) for number in numbers]
        if kind == "MINI":
            figures = [{name: value for name, value in figure.items() if name not in _FULL_ONLY} for figure in figures]
        return _json(figures[0] if "symbol" in query else figures)

    def _day_of(self, symbol: int, unit: int) -> dict[str, Any]:
        market, clock = self._market, self._market.clock_us()
        bar = market.day(symbol) or Bar(clock, 0, 0, 0, 0, 0, 0.0, 0, 0, 0.0)
        last = self._history.latest(Kind.TRADE, symbol, 1)
        return wire.day(market.listings[symbol].symbol, bar, self._history.quote(symbol), last, clock, unit)


def _day_weight(symbols: int | None) -> int:
    return 80 if symbols is None or symbols > 100 else 40 if symbols > 20 else 2


def _symbols_asked(values: Mapping[str, str]) -> int | None:
    """How many symbols a request names, before its query is checked."""
    if "symbols" in values:
        return values["symbols"].count(",") + 1
    return 1 if "symbol" in values else None


def _unit(header: str) -> int:
    units = {"MILLISECOND": wire.MILLISECOND, "MICROSECOND": wire.MICROSECOND}
    if header.upper() not in units:
        raise RestRefusal(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return units[header.upper()]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
