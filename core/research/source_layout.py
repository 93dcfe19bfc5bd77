"""Which column of a file means what, told by its header or, without one, by shape and values.

With a header, columns are found by name (`source_header`). Without one, on a sample of the first rows:

- 12 columns, times first and seventh (the seventh later), an OHLC in between: Binance `klines`;
- 7 or 8 columns: id, price, quantity, first id, last id (not below it), time, true/false[, true/false]: Binance `aggTrades`;
- 6 or 7 columns: id, price, quantity, value, time, true/false[, true/false]: Binance `trades`;
- 5 or 6 columns, a time and then an OHLC in every row (not all flat)[, volume]: bars;
- 2 or 3 columns, a time, then a price[, a quantity]: prices.

"Time" is ISO-8601 or Unix time from 1973 on; "OHLC" means high is the highest and low the lowest of the four. The two
kinds of trade dump differ in where the true/false stands, so no file fits both. What fits none is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.errors import SourceError
from core.research.source_header import name_columns
from core.research.source_name import clean
from core.research.source_times import is_iso, is_unix

Kind = Literal["ticks", "bars"]
Row = Sequence[str]

_EXPECTED = "expected Binance aggTrades, trades or klines, OHLCV with a header, or timestamp,price"
_BOOLS = frozenset({"true", "false", "0", "1"})
_VALUES = _BOOLS | {"nan", "null", "inf", "-inf", "buy", "sell"}  # words that are values, not names
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file's rows.

    Attributes:
        kind: what the rows become.
        form: aggTrades, trades, klines, OHLCV or prices: for people, and to keep forms from being mixed.
        width: fields in a row.
        roles: column number by meaning: time, clock (time of day), price, qty, id, maker (the buyer was the maker),
            side, bid, ask, symbol; for bars open, high, low, close, qty, close_time.
        skip: lines before the first row.
    """

    kind: Kind
    form: str
    width: int
    roles: dict[str, int]
    skip: int = 0
    delimiter: str = ","
    header: tuple[str, ...] = field(default=())

    @property
    def has_every_trade(self) -> bool:
        """Whether it is a dump of a spot market's `trades`, whose ids have no holes; those of futures leave liquidations out."""
        names = [name.lower().replace("_", "") for name in self.header]
        return self.form == "trades" and self.width == 7 and ("isbestmatch" in names if names else "maker" in self.roles)


def read_layout(block: bytes, name: str) -> Layout:
    """The layout of a file, from its first block of whole lines.

    Raises:
        SourceError: not text, without rows, or of columns that fit no rule or more than one.
    """
    try:
        text = block.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}:{block[: error.start].count(10) + 1}: not UTF-8 text") from None
    lines = text.split("\n")[: _SAMPLE + 8]
    skip, delimiter = _title_lines(lines)
    if '"stream":' in lines[skip][:100]:
        raise SourceError(f"{name}: a recording of venue frames, to be played: cockpit --demo --recording FILE")
    rows = [(number, row) for number, row in enumerate(_split(lines[skip:], delimiter, name), skip + 1) if row]
    if not rows:
        raise SourceError(f"{name}: no rows")
    if delimiter == " ":
        raise SourceError(f"{name}: not a table of columns; {_EXPECTED}")
    first = rows[0][1]
    if _is_header(first):
        if len(rows) == 1:
            raise SourceError(f"{name}: a header and no rows")
        kind, form, roles = name_columns(first, rows[1][1], name)
        return Layout(kind, form, len(first), roles, rows[0][0], delimiter, tuple(first))
    sample: list[Row] = [row for _, row in rows[:_SAMPLE] if len(row) == len(first)]
    fits = [layout for layout in (_by_values(sample, form, delimiter, skip) for form in _RULES) if layout]
    if len(fits) != 1:
        shown = clean(delimiter.join(first), 80)
        could_be = " or ".join(layout.form for layout in fits)
        why = f"could be {could_be}; add a header" if fits else f"columns not recognised; {_EXPECTED}"
        raise SourceError(f"{name}:{rows[0][0]}: {shown!r}: {why}")
    return fits[0]


def _title_lines(lines: list[str]) -> tuple[int, str]:
    """(lines above the table, delimiter): comments, a link and blank lines may stand above it."""
    for i, line in enumerate(lines[:8]):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "http://", "https://")):
            continue
        counts = {mark: line.count(mark) for mark in (",", ";", "\t", "|")}
        best = max(counts, key=lambda mark: counts[mark])
        return i, best if counts[best] else " "
    return 0, ","


def _split(lines: list[str], delimiter: str, name: str) -> list[list[str]]:
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise SourceError(f"{name}: not CSV: {clean(str(error))}") from None


def _is_header(row: Row) -> bool:
    """Whether a first line names columns: some cell is a word, and none is a number or time."""
    words = [cell for cell in row if cell and cell.lower() not in _VALUES]
    is_named = any(cell[0].isalpha() or cell[0] in "<_" for cell in words)
    return is_named and not any(_number(cell) is not None or is_iso(cell) for cell in words)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_time(text: str) -> bool:
    return is_unix(text) or is_iso(text)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _is_positive(text: str) -> bool:
    value = _number(text)
    return value is not None and value > 0


def _is_amount(text: str) -> bool:
    value = _number(text)
    return value is not None and value >= 0


def _is_bool(text: str) -> bool:
    return text.lower() in _BOOLS


def _is_range(cells: Row) -> bool:
    values = [_number(cell) or 0.0 for cell in cells]
    first, high, low, last = values
    return min(values) > 0 and high >= max(first, last, low) and low <= min(first, last)


def _fits_klines(row: Row) -> bool:
    if len(row) != 12 or not (is_unix(row[0]) and is_unix(row[6]) and _is_range(row[1:5]) and _is_amount(row[5])):
        return False
    return float(row[6]) > float(row[0])


def _fits_agg(row: Row) -> bool:
    if len(row) not in (7, 8) or not (_is_id(row[0]) and _is_positive(row[1]) and _is_amount(row[2]) and _is_id(row[3]) and _is_id(row[4])):
        return False
    return int(row[4]) >= int(row[3]) and is_unix(row[5]) and all(map(_is_bool, row[6:]))


def _fits_trades(row: Row) -> bool:
    if len(row) not in (6, 7) or not (_is_id(row[0]) and _is_positive(row[1]) and _is_amount(row[2]) and _is_amount(row[3])):
        return False
    return is_unix(row[4]) and all(map(_is_bool, row[5:]))


def _fits_bars(row: Row) -> bool:
    return len(row) in (5, 6) and _is_time(row[0]) and _is_range(row[1:5]) and all(map(_is_amount, row[5:]))


def _fits_prices(row: Row) -> bool:
    return len(row) in (2, 3) and _is_time(row[0]) and all(map(_is_amount, row[1:])) and not _is_time(row[1])


_BARS = {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "qty": 5}
_RULES = {
    "klines": (_fits_klines, {**_BARS, "close_time": 6}),
    "aggTrades": (_fits_agg, {"id": 0, "price": 1, "qty": 2, "time": 5, "maker": 6}),
    "trades": (_fits_trades, {"id": 0, "price": 1, "qty": 2, "time": 4, "maker": 5}),
    "OHLCV": (_fits_bars, _BARS),
    "prices": (_fits_prices, {"time": 0, "price": 1, "qty": 2}),
}


def _by_values(sample: list[Row], form: str, delimiter: str, skip: int) -> Layout | None:
    """A layout for rows without header, where the first row and nearly all others fit (bad rows are named later, by line)."""
    fits, roles = _RULES[form]
    good = sum(map(fits, sample))
    if not fits(sample[0]) and not (len(sample) > 2 and good >= 0.8 * len(sample)):
        return None
    if good < 0.8 * len(sample) or (form == "OHLCV" and all(len(set(row[1:5])) == 1 for row in sample)):
        return None
    width = len(sample[0])
    kind: Kind = "bars" if form in ("klines", "OHLCV") else "ticks"
    return Layout(kind, form, width, {role: column for role, column in roles.items() if column < width}, skip, delimiter)
