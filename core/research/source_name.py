"""What the name of a file says about its rows: venue, symbol, interval and the days it covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import UsageError
from core.types import DAY, interval_ns

#: The venue of a name that tells a symbol and no venue.
DEFAULT_VENUE = "binance"

_VENUES = re.compile(
    "binance|bitfinex|bitflyer|bitget|bitmex|bitstamp|bybit|coinbase|deribit|gate|gemini|htx|huobi|hyperliquid|kraken|kucoin|mexc|okx",
    re.IGNORECASE,
)
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USD", "BTC", "ETH", "BNB", "EUR", "GBP", "JPY", "TRY", "BRL")
_DUMP = re.compile(r"(?P<symbol>[A-Z0-9]{2,25}(?:_PERP|_\d{6})?)-(?P<kind>aggTrades|trades|\d+(?:s|m|h|d|w|mo))(?=[-_.]|$)")
_PAIR = re.compile(rf"[A-Z0-9]{{1,15}}?(?:{'|'.join(_QUOTES)})")
_INTERVAL = re.compile(r"(?<![A-Za-z0-9])(\d{1,3}[smhdw])(?![A-Za-z0-9])")
_DAYS = re.compile(r"(?<!\d)(20\d\d)-(\d\d)(?:-(\d\d))?(?!\d)")
_ENDINGS = (".gz", ".zip", ".csv", ".txt", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".feather", ".arrow", ".ftr")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(text: str, most: int = 300) -> str:
    """Text from outside with control and direction characters replaced and its length bounded: safe to show."""
    shown = _CONTROLS.sub("?", text.encode("utf-8", "replace").decode())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def is_venue(text: str) -> bool:
    """Whether a word is the name of a venue."""
    return _VENUES.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says; None where it says nothing.

    Attributes:
        stem: the name without folders and endings.
        interval: ns of a bar.
        span: (from, to) ns of the days it covers, to exclusive.
    """

    stem: str
    venue: str | None
    symbol: str | None
    interval: int | None
    span: tuple[int, int] | None


def read_name(title: str, folders: Sequence[str] = ()) -> Named:
    """Read a file's name, such as `BTCUSDT-aggTrades-2024-08-08.zip`; what it does not tell, its folders may, the nearest first."""
    stem = title.replace("\\", "/").rsplit("/", 1)[-1]
    while stem.lower().endswith(_ENDINGS):
        stem = stem.rsplit(".", 1)[0]
    dump = _DUMP.match(stem)
    words = re.split(r"[-_. ]+", stem)
    venue = next((word.lower() for word in words if _VENUES.fullmatch(word)), None)
    symbol = dump["symbol"] if dump else _symbol(words)
    for folder in folders:
        symbol = symbol or _symbol(re.split(r"[-_. ]+", folder))
    # A folder is a day or an interval only where that is all of its name: backups are called after days too.
    interval = next(filter(None, map(_interval, [stem, *filter(_INTERVAL.fullmatch, folders)])), None)
    span = next(filter(None, map(_span, [stem, *filter(_DAYS.fullmatch, folders)])), None)
    return Named(stem, venue, symbol, interval, span)


def _symbol(words: list[str]) -> str | None:
    for i, word in enumerate(words):
        upper = word.upper()
        if word not in (upper, word.lower()) or _VENUES.fullmatch(word):
            continue
        if upper in _QUOTES and i > 0 and re.fullmatch(r"[A-Z0-9]{2,10}", words[i - 1]) and not _VENUES.fullmatch(words[i - 1]):
            return words[i - 1].upper() + upper
        if upper not in _QUOTES and _PAIR.fullmatch(upper):
            return upper
    return None


def _interval(stem: str) -> int | None:
    match = _INTERVAL.search(stem)
    try:
        return interval_ns(match[1]) if match else None
    except UsageError:
        return None


def _span(stem: str) -> tuple[int, int] | None:
    match = _DAYS.search(stem)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    try:
        first = datetime(year, month, day, tzinfo=UTC)
        last = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    start = int(first.timestamp()) * 1_000_000_000
    return start, start + DAY if match[3] else int(last.timestamp()) * 1_000_000_000


def plain_symbol(symbol: str) -> str:
    """A symbol without venue and separators, to compare: `coinbase:BTC-USD` and `BTC/USD` are both `BTCUSD`."""
    return re.sub(r"[^A-Z0-9]", "", symbol.rpartition(":")[2].upper())
