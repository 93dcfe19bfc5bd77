"""The times of a recording as people write them, in the dialog and on the command line alike."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.clock import parse_time
from core.codes import DAY, SECOND
from core.errors import UsageError

_SPAN = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?[zZ]?")


class Bounds(NamedTuple):
    """Where a replay is and what it plays, ns; `end_ns` 0: nobody knows."""

    now_ns: int
    begin_ns: int
    end_ns: int


def place_of(text: str, bounds: Bounds) -> int:
    """The time (ns) that a person means: `00:10`, `2024-08-09T00:10`, `+5m`, `-90s`, `start`, `end`.

    Raises:
        ValueError: it is none, or not in the recording.
    """
    word = text.strip().lower()
    if word == "start":
        return bounds.begin_ns
    if word == "end":
        if not bounds.end_ns:
            raise ValueError("nobody knows yet where this recording ends")
        return bounds.end_ns
    to_ns = read(text.strip(), bounds.now_ns)
    if to_ns < bounds.begin_ns or (bounds.end_ns and to_ns > bounds.end_ns):
        end = f" to {shown(bounds.end_ns)}" if bounds.end_ns else ""
        raise ValueError(f"{shown(to_ns)} is not in the recording: it goes from {shown(bounds.begin_ns)}{end}")
    return to_ns


def read(text: str, now_ns: int) -> int:
    """A time, a time of the day it is, or so much on or back, in ns.

    Raises:
        ValueError: it is none.
    """
    if span := _SPAN.fullmatch(text):
        sign, amount, unit = span.groups()
        return now_ns + (1 if sign == "+" else -1) * int(float(amount) * _UNITS[unit] * SECOND)
    if of_day := _OF_DAY.fullmatch(text):
        hours, minutes, seconds = int(of_day[1]), int(of_day[2]), float(of_day[3] or 0)
        if hours > 23 or minutes > 59 or seconds >= 60:
            raise ValueError(f"{text} is no time of day")
        return now_ns - now_ns % DAY + (hours * 3600 + minutes * 60) * SECOND + int(seconds * SECOND)
    try:
        return parse_time(text)
    except UsageError:
        raise ValueError("a time such as 00:10:30 or 2024-08-09T00:10, or +5m, -90s, start, end") from None


def shown(ns: int) -> str:
    """A time for people."""
    from cockpit import figures

    return f"{figures.date(ns)} {figures.clock(ns)}Z"
