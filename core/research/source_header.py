"""The meaning of columns from the names in a header, whoever wrote it: case, punctuation and units do not matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from core.errors import SourceError
from core.research.source_name import clean
from core.research.source_times import is_unix

#: Names by meaning, best first.
_NAMES = {
    "time": (
        "opentime starttime candlebegintime transacttime transactiontime tradetime eventtime unix unixtime unixtimestamp epoch "
        "timestamp timestamputc ts tsns startns t datetime dateutc date time start begin opendate periodstart"
    ),
    "close_time": "closetime endtime endns periodend",
    "id": "aggtradeid aggid tradeid tid id a",
    "open": "open openprice priceopen o",
    "high": "high highprice pricehigh h max",
    "low": "low lowprice pricelow l min",
    "close": "close closeprice priceclose c last",
    "price": "price tradeprice lastprice last px p rate close closeprice c mid",
    "qty": "qty quantity amount size volume vol baseqty baseamount basevolume volumetraded tickvol lastqty lastsize q v",
    "maker": "isbuyermaker wasbuyermaker buyermaker m",
    "side": "side takerside takerordertype direction",
    "bid": "bid bidprice bestbid",
    "ask": "ask askprice bestask",
    "symbol": "symbol pair ticker market instrument instrumentname product productid",
}
_OF_BARS = ("time", "clock", "open", "high", "low", "close", "qty", "close_time", "symbol")
_OF_TICKS = ("time", "clock", "id", "price", "qty", "maker", "side", "bid", "ask", "symbol")
_UNIT = re.compile(r"(?<=time|date|tamp|unix|poch)(ms|us|ns|s|sec|seconds|millis|utc|gmt|iso|unix)$")


def name_columns(header: Sequence[str], row: Sequence[str], name: str) -> tuple[Literal["ticks", "bars"], str, dict[str, int]]:
    """(kind, form, column by meaning) of a header; `row` is the first row under it.

    Raises:
        SourceError: no time or no price among the columns, or a part of a range only.
    """
    columns = _columns(header)
    found = {meaning: columns[word] for meaning, words in _NAMES.items() if (word := _first(words, columns))}
    shown = clean(",".join(header), 120)
    if (time := _time_column(columns, row)) is None:
        raise SourceError(f"{name}: no time column among {shown!r}: name it timestamp, time, date or open_time")
    found["time"] = time
    if "date" in columns and "time" in columns and time in (columns["date"], columns["time"]) and _is_clock(row, columns["time"]):
        found |= {"time": columns["date"], "clock": columns["time"]}
    ranges = [meaning for meaning in ("open", "high", "low") if meaning in found]
    if len(ranges) == 3 and "close" in found:
        form = "klines" if "close_time" in found and len(header) >= 11 else "OHLCV"
        return "bars", form, {meaning: found[meaning] for meaning in _OF_BARS if meaning in found}
    if ranges:
        raise SourceError(f"{name}: bars need open, high, low and close; the columns are {shown!r}")
    if "price" not in found:
        raise SourceError(f"{name}: no price column among {shown!r}: name it price, last or close")
    is_agg = any(word in columns for word in ("aggtradeid", "aggid")) or _cell(row, columns.get("stream")) == "aggTrade"
    form = "aggTrades" if is_agg else "trades" if "qty" in found else "prices"
    return "ticks", form, {meaning: found[meaning] for meaning in _OF_TICKS if meaning in found}


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Column number by plain name; of a name that comes twice, the first."""
    columns: dict[str, int] = {}
    for i, cell in enumerate(header):
        word = re.sub(r"[^a-z0-9]", "", cell.lower())
        columns.setdefault(_UNIT.sub("", word), i)
        if word.startswith("volume"):  # "Volume BTC", "Volume_(Currency)": the first is the base's
            columns.setdefault("volume", i)
    return columns


def _first(words: str, columns: dict[str, int]) -> str | None:
    return next((word for word in words.split() if word in columns), None)


def _time_column(columns: dict[str, int], row: Sequence[str]) -> int | None:
    """The best-named time, a numeric one before any other."""
    named = [columns[word] for word in _NAMES["time"].split() if word in columns]
    numeric = [column for column in named if column < len(row) and is_unix(row[column])]
    return next(iter(numeric or named), None)


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None and column < len(row) else ""


def _is_clock(row: Sequence[str], column: int) -> bool:
    return column < len(row) and re.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", row[column]) is not None
