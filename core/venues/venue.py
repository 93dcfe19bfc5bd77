"""What the feed needs to know of a venue, whichever it is: a parser without I/O, endpoints, limits, and how its ids run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from core.types import QUOTE, TICK, Records


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A print that was refused before anyone saw it.

    Attributes:
        reason: such as `price is NaN`; one of a few.
        after: how many of the ticks of the same `Parsed` came before it.
    """

    symbol: int
    id: int
    ts: int
    reason: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A frame of a symbol's own stream that could not be decoded, or holds something else.

    Attributes:
        what: `prints` or `quotes`.
        after: how many of the ticks (or quotes) of the same `Parsed` came before it.
    """

    symbol: int
    what: Literal["prints", "quotes"]
    reason: str
    after: int = 0


def why_no_price(name: str, value: float) -> str:
    """What is wrong with a number that has to be finite and above 0, in one of a few wordings; empty if nothing is."""
    if value != value:
        return f"{name} is NaN"
    if value in (float("inf"), float("-inf")):
        return f"{name} is infinite"
    return f"{name} is negative" if value < 0 else f"{name} is 0" if value == 0 else ""


@dataclass(slots=True)
class Parsed:
    """What a run of frames held.

    Attributes:
        ticks: TICK records in the order of the frames, `seq` 0, quotes of the moment stamped on.
        quotes: QUOTE records in the order of the frames.
        replies: (request id, error text or None) of answers to our own requests.
        quarantined: prints with a value no market has (not finite, zero, negative).
        malformed: frames that could not be decoded.
        unreadable: those among them that can be put down to a symbol.
        shutdown: the venue said it will close this connection soon.
    """

    ticks: Records = field(default_factory=lambda: np.empty(0, TICK))
    quotes: Records = field(default_factory=lambda: np.empty(0, QUOTE))
    replies: list[tuple[int, str | None]] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    malformed: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    shutdown: bool = False


class Parser(Protocol):
    """Bytes in, ticks and quotes out; one instance a connection, no I/O."""

    def receive(self, frame: bytes | str, recv_ns: int) -> None:
        """Take one frame, as read from the socket at `recv_ns`. Never raises on the venue's bytes."""
        ...

    def drain(self) -> Parsed:
        """All that came since the last drain."""
        ...


@dataclass(frozen=True, slots=True)
class RestCall:
    """One REST request: its path, its query, what it costs of the venue's weight budget, and headers it wants."""

    path: str
    query: dict[str, str | int]
    weight: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a venue allows one address to do."""

    streams_per_connection: int
    messages_per_s: float
    connects_per_5min: int
    rest_weight_per_min: int
    connection_max_age_s: float


@dataclass(frozen=True, slots=True)
class SymbolInfo:
    """What the venue lists for a symbol; 0 where it sets no such bound."""

    symbol: str
    status: str  # TRADING, BREAK, CANCEL_ONLY, …
    base: str
    quote: str
    tick_size: float
    step_size: float
    min_notional: float
    max_notional: float = 0.0
    min_qty: float = 0.0
    max_qty: float = 0.0
    max_orders: int = 0  # that work at once


@dataclass(frozen=True, slots=True)
class Ticker:
    """24 h figures of a symbol: change in percent, volume in base currency."""

    symbol: str
    last: float
    change_pct: float
    volume: float


class Past(Protocol):
    """What a venue is asked about the past: names are bare (`BTCUSDT`), symbol indexes are the process's own."""

    name: str
    stream: str  # aggTrade | trade: the kind of print recorded, part of a tick's key
    ids: Literal["dense", "ordered", "none"]
    kline_intervals: tuple[str, ...]

    def trades_recent(self, name: str, limit: int = 1000) -> RestCall:
        """The latest prints."""
        ...

    def parse_trades(self, name: str, body: bytes, recv_ns: int) -> Records:
        """TICK records (origin BACKFILL, no quotes) of either answer; rows with a price or size no market has are left out.

        Raises:
            VenueError: the body is not what the venue documents.
        """
        ...

    def klines(self, name: str, interval: str, *, start_ns: int | None = None, limit: int = 1000) -> RestCall:
        """Bars of an interval the venue knows."""
        ...

    def parse_klines(self, name: str, body: bytes) -> Records:
        """BAR records, oldest first; the last may still be open."""
        ...

    def server_time(self) -> RestCall: ...

    def parse_time(self, body: bytes) -> int:
        """The venue's clock, ns."""
        ...


class Venue(Past, Protocol):
    """One venue's endpoints and dialect."""

    ws_url: str
    rest_url: str
    limits: Limits

    def stream_url(self) -> str:
        """The address to connect to, before any subscription."""
        ...

    def parser(self) -> Parser:
        """A fresh parser for one connection."""
        ...

    def subscribe(self, request_id: int, names: Sequence[str]) -> list[str]:
        """Frames that subscribe to the prints and quotes of these symbols."""
        ...

    def unsubscribe(self, request_id: int, names: Sequence[str]) -> list[str]:
        """Frames that undo it."""
        ...

    def trades_from(self, name: str, from_id: int, limit: int = 1000) -> RestCall:
        """Prints from an id on: what fills a gap."""
        ...

    def parse_page(self, name: str, body: bytes, recv_ns: int) -> Parsed:
        """The same with what is wrong with the rows that are left out: `ticks` and `quarantined`.

        Raises:
            VenueError: the body is not what the venue documents.
        """
        ...

    def symbols(self, names: Sequence[str] = ()) -> RestCall:
        """What is listed: of these symbols, refused if one of them is not; without names all."""
        ...

    def parse_symbols(self, body: bytes) -> list[SymbolInfo]: ...

    def tickers(self, names: Sequence[str]) -> RestCall:
        """24 h figures of these symbols."""
        ...

    def parse_tickers(self, body: bytes) -> list[Ticker]: ...

    def used_weight(self, headers: Mapping[str, str]) -> int | None:
        """The weight that the headers (names in lower case) of an answer say was used from here in the last minute; None unsaid."""
        ...

    def parse_error(self, status: int, body: bytes) -> str:
        """The venue's own words for a refusal, cleaned of control characters."""
        ...
