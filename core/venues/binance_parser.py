"""Binance's stream frames to TICK and QUOTE records: no I/O, one instance a connection.

The hot path is one find, one typed decode and one pack a frame, in one function: calls and copies cost more than the work
(`python benchmarks/parser.py`). Records gather as packed bytes of their dtype, so a drain joins and reinterprets them.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import Any

import numpy as np

from core.types import QUOTE, TICK, Origin, Records, Side, Symbols
from core.venues.binance_wire import (
    FIRST_MICROSECOND,
    AggTrade,
    BookTicker,
    Trade,
    cleaned,
    decode_agg_trade,
    decode_any,
    decode_book_ticker,
    decode_trade,
    in_words,
    own_stream,
    payload,
)
from core.venues.venue import Parsed, Quarantined, Unreadable, why_no_price

NAN = float("nan")
INF = float("inf")

#: No stream this project subscribes to sends frames anywhere near it.
MAX_FRAME = 1 << 20

#: Stands for the request of a reply that names none of ours.
NO_REQUEST = -1

#: A TICK in three parts: what changes with each print, the quote stamped on it, and what its symbol and side make of the rest.
_PRINT = Struct("<qq8xqdd16s8s")
_STAMP = Struct("<dd")
_REST = Struct("<ihbb")
_QUOTE = Struct("<qqddddi4x")
assert _PRINT.size == TICK.itemsize == TICK.fields["symbol"][1] + _REST.size  # type: ignore[index]
assert _QUOTE.size == QUOTE.itemsize

_pack_print, _pack_stamp, _pack_quote = _PRINT.pack, _STAMP.pack, _QUOTE.pack

_UNKNOWN = _pack_stamp(NAN, NAN)
_AT, _AGG, _TRADE, _BOOK = b"@", ord("a"), ord("t"), ord("b")


class _Known:
    """What the parser keeps of a symbol, packed as its ticks want it."""

    __slots__ = ("bought", "index", "sold", "stamp")

    def __init__(self, index: int) -> None:
        self.index = index
        self.stamp = _UNKNOWN
        self.bought = _REST.pack(index, 0, Side.BUY, Origin.LIVE)
        self.sold = _REST.pack(index, 0, Side.SELL, Origin.LIVE)


class BinanceParser:
    """Parses combined and raw frames of spot streams; remembers the last quote of each symbol.

    A print whose price or size no market has is quarantined. What cannot be decoded, names a symbol that is not in the table, or is
    larger than `MAX_FRAME` is counted as malformed, and put down to a symbol where it names that symbol's stream. Events on streams
    nobody asked for (depth, klines, tickers) are skipped. A change of type
    that leaves the value plain, a number where a quoted decimal was, is taken; every other one is malformed.
    """

    def __init__(self, symbols: Symbols, venue: str = "binance") -> None:
        self._symbols = symbols
        self._prefix = f"{venue}:"
        self._known: dict[str, _Known] = {}
        self._ticks: list[bytes] = []
        self._quotes: list[bytes] = []
        self._out = Parsed()

    def receive(self, frame: bytes | str, recv_ns: int) -> None:
        """Take one frame, as read at `recv_ns`; never raises on what a venue may send."""
        event: AggTrade | Trade | None
        try:
            raw = frame if type(frame) is bytes and len(frame) <= MAX_FRAME else _encoded(frame)
            # A combined frame names its stream first: {"stream":"btcusdt@trade", …
            kind = raw[raw.find(_AT) + 1]
            if kind == _BOOK:
                self._take_quote(decode_book_ticker(raw).data, recv_ns)
                return
            if kind == _AGG:
                event = decode_agg_trade(raw).data
            elif kind == _TRADE:
                event = decode_trade(raw).data
            else:
                raise ValueError("another stream, or no combined frame")
            known = self._known[event.symbol]
        except (ValueError, RecursionError, LookupError):
            event = self._general(frame, recv_ns)
            if event is None:
                return
            known = self._known[event.symbol]
        ts, price, qty = event.time, event.price, event.qty
        ts = ts * 1_000_000 if ts < FIRST_MICROSECOND else ts * 1000
        if 0.0 < price < INF and 0.0 < qty < INF:
            rest = known.sold if event.is_buyer_maker else known.bought
            try:
                self._ticks.append(_pack_print(ts, recv_ns, event.id, price, qty, known.stamp, rest))
            except StructError:
                self._out.malformed += 1
                self._blame(frame, ValueError("a time beyond the year 2262"))
        else:
            reason = why_no_price("price", price) or why_no_price("size", qty)
            ts = ts if ts < 1 << 63 else 0  # not known
            self._out.quarantined.append(Quarantined(known.index, event.id, ts, reason, len(self._ticks)))

    def drain(self) -> Parsed:
        """All that came since the last drain; quotes stay remembered."""
        out, self._out = self._out, Parsed()
        if self._ticks:
            out.ticks = _joined(self._ticks, TICK)
            self._ticks.clear()
        if self._quotes:
            out.quotes = _joined(self._quotes, QUOTE)
            self._quotes.clear()
        return out

    def _take_quote(self, quote: BookTicker, recv_ns: int) -> None:
        """Remember a quote and record it.

        Raises:
            KeyError: of a symbol that is not in the table.
            ValueError: with a number no order book has.
        """
        known = self._known[quote.symbol]
        bid, bid_qty, ask, ask_qty = quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
        if not (0.0 < bid < INF and 0.0 < ask < INF and 0.0 <= bid_qty < INF and 0.0 <= ask_qty < INF):
            if not all(0.0 <= value < INF for value in (bid, bid_qty, ask, ask_qty)):
                raise ValueError("negative or not finite")
            # A side without orders is sent as price 0.
            bid, ask = bid or NAN, ask or NAN
        known.stamp = _pack_stamp(bid, ask)
        self._quotes.append(_pack_quote(recv_ns, quote.update_id, bid, bid_qty, ask, ask_qty, known.index))

    def _general(self, frame: bytes | str, recv_ns: int) -> AggTrade | Trade | None:
        """The slow way, for raw streams, replies, rare events and faults; None unless the frame holds a print of a known symbol."""
        try:
            value = decode_any(_encoded(frame))
            if isinstance(value, dict):
                if "result" in value or "error" in value or ("code" in value and "msg" in value):
                    self._out.replies.append(_reply(value))
                    return None
                value = value["data"] if "stream" in value else value.get("event", value)
            if isinstance(value, dict) and value.get("e") == "serverShutdown":
                self._out.shutdown = True
                return None
            event = payload(value)
            if event is not None:
                self._learn(event.symbol)
            if isinstance(event, BookTicker):
                self._take_quote(event, recv_ns)
                return None
            if event is None and own_stream(frame) is not None:
                raise ValueError("an event of another kind")
        except (ValueError, RecursionError, LookupError) as exc:
            self._out.malformed += 1
            self._blame(frame, exc)
            return None
        return event

    def _blame(self, frame: bytes | str, exc: Exception) -> None:
        """Put a frame that could not be used down to the symbol of its stream, if it has one of ours."""
        name, what = own_stream(frame) or ("", "prints")
        if self._prefix + name in self._symbols:
            after = len(self._ticks if what == "prints" else self._quotes)
            self._out.unreadable.append(Unreadable(self._symbols[self._prefix + name], what, in_words(exc), after))

    def _learn(self, name: str) -> None:
        """Take up a symbol on its first frame: the table may grow after this parser was made.

        Raises:
            KeyError: the table does not have it.
        """
        if name not in self._known:
            self._known[name] = _Known(self._symbols[self._prefix + name])


def _encoded(frame: bytes | str) -> bytes:
    """The frame's bytes.

    Raises:
        ValueError: a string with lone surrogates, or a frame too large to be one of ours.
    """
    if len(frame) > MAX_FRAME:
        raise ValueError("too large")
    return frame.encode() if isinstance(frame, str) else bytes(frame)


def _joined(rows: list[bytes], dtype: np.dtype[Any]) -> Records:
    # Joined into a bytearray: an array over bytes would be read-only.
    return np.frombuffer(bytearray().join(rows), dtype)


def _reply(value: dict[str, Any]) -> tuple[int, str | None]:
    request = value.get("id")
    request_id = request if isinstance(request, int) and not isinstance(request, bool) else NO_REQUEST
    error = value.get("error", value if "code" in value else None)
    if error is None:
        return request_id, None
    if isinstance(error, dict):
        error = f"{error.get('msg', 'refused')} ({error.get('code', '?')})"
    return request_id, cleaned(str(error))
