"""Times as files write them (Unix time in any unit, whole or with a fraction, ISO-8601, plain dates) to exact int64 ns UTC.

The unit of a Unix time is told by the size of its whole part, as `core.clock.epoch_ns` does. No value passes through a
float: `1704067200.123456789` keeps its nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clock import epoch_ns

Int64s = NDArray[np.int64]

_UNITS = ((100_000_000_000, 1_000_000_000), (100_000_000_000_000, 1_000_000), (100_000_000_000_000_000, 1000))
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE
)
_PLAIN_ISO = re.compile(r"(?:\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?\n)*")
_MOST = 2**63 - 1
_UNIT_NAMES = {1_000_000_000: "s", 1_000_000: "ms", 1000: "µs", 1: "ns"}
_DATES = frozenset({"zone", "no zone"})


def scaled(values: NDArray[Any]) -> Int64s | None:
    """Unix times (integers >= 0) in ns, each unit told by its size; None where one lies beyond the year 2262."""
    if not len(values):
        return values.astype(np.int64)
    least, most = int(values.min()), int(values.max())
    if least < 0 or most > _MOST:
        return None
    values = values.astype(np.int64)
    scale: Any = unit(most)
    if unit(least) != scale:
        scale = np.select([values < limit for limit, _ in _UNITS], [scale for _, scale in _UNITS], 1)
    return None if (values > _MOST // scale).any() else values * scale


def unit(value: int) -> int:
    """Nanoseconds of the unit a Unix time of this size is in."""
    return next((scale for limit, scale in _UNITS if value < limit), 1)


def is_unix(text: str) -> bool:
    """Whether a text is a Unix time of 1973 or later, in any unit."""
    return bool(re.fullmatch(r"\d{9,19}(\.\d+)?", text)) and not is_day(text)


def is_iso(text: str) -> bool:
    """Whether a text is a date or time in ISO-8601."""
    return "-" in text[:5] and _ISO.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Whether a text is a day written as eight digits, `20240808`."""
    return len(text) == 8 and text.isdigit() and "1900" <= text[:4] <= "2200" and "01" <= text[4:6] <= "12" and "01" <= text[6:] <= "31"


def read_times(texts: Sequence[str]) -> tuple[Int64s, int]:
    """(ns of each text, index of the first that is no time or -1)."""
    try:
        values = scaled(np.array([int(text) for text in texts], dtype=np.int64))
        if values is not None and not is_day(texts[0]):
            return values, -1
    except (ValueError, OverflowError):
        pass
    values = _uniform_iso(texts)
    if values is not None:
        return values, -1
    out = np.zeros(len(texts), np.int64)
    for i, text in enumerate(texts):
        ns = _iso_ns(text)
        if ns is None:
            ns = _number_ns(text)
        if ns is None or not 0 <= ns <= _MOST:
            return out, i
        out[i] = ns
    return out, -1


def forms(texts: Sequence[str]) -> frozenset[str]:
    """How times are written: the units of Unix times (s, ms, µs, ns), `zone` and `no zone` of dates."""
    return frozenset(map(_form, texts))


def forms_of(least: int, most: int) -> frozenset[str]:
    """The units of Unix times between two."""
    return frozenset(_UNIT_NAMES[unit(value)] for value in (least, most))


def mixed(found: Iterable[str]) -> list[str]:
    """A line for each way in which the times of one file differ."""
    units = [name for name in _UNIT_NAMES.values() if name in found]
    said = [f"times are in {' and '.join(units)}: each was read in the unit its size tells"] if len(units) > 1 else []
    if "zone" in found and "no zone" in found:
        said.append("some times name a zone or offset and some do not: those were read as UTC")
    if units and not _DATES.isdisjoint(found):
        said.append("some times are Unix times and some are dates: both were read")
    return said


def _form(text: str) -> str:
    whole = text.partition(".")[0]
    if whole.isdecimal() and not is_day(text):
        return _UNIT_NAMES[unit(int(whole))]
    tail = text[10:].upper()
    return "zone" if "+" in tail or "-" in tail or tail.endswith(("Z", "UTC", "GMT")) else "no zone"


def _uniform_iso(texts: Sequence[str]) -> Int64s | None:
    """ISO times without offsets, by NumPy's parser (some 10 times faster); None where it might read them otherwise than we do."""
    texts = [text.removesuffix("Z").rstrip() for text in texts]
    if not _PLAIN_ISO.fullmatch("\n".join([*texts, ""])) or min(texts) < "1970" or max(texts) > "2262":
        return None
    try:
        return np.array(texts, "M8[ns]").astype(np.int64)
    except ValueError:
        return None


def _iso_ns(text: str) -> int | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if hour is None and "-" not in text and not is_day(text):
        return None
    try:
        days = date(int(year), int(month), int(day)).toordinal() - 719_163
    except ValueError:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds - _offset_s(zone)
    return whole * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def _offset_s(zone: str | None) -> int:
    if zone is None or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)


def _number_ns(text: str) -> int | None:
    try:
        value = Decimal(text)
        if not value.is_finite() or abs(value.adjusted()) > 20:
            return 0 if value == 0 else None
    except (InvalidOperation, ValueError):
        return None
    if value == value.to_integral_value():
        return epoch_ns(int(value))
    return int(value * unit(int(value)))


def utc_day(ns: int) -> str:
    """The UTC date of a time."""
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).date().isoformat()
