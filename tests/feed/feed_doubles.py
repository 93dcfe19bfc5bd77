"""Small stand-ins for the tests of the feed: ticks out of ids, ids out of ticks, times that pass quickly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.feed.timing import Timing
from core.types import TICK, Origin, Records

#: Reconnects without delay, and never takes a busy machine for a silent venue.
CALM = Timing(stale_after_s=20.0, reconnect_after_s=40.0, open_timeout_s=5.0, reply_timeout_s=5.0, overlap_s=0.05, breaker_open_s=0.2)

#: For tests about silence.
QUICK = replace(CALM, stale_after_s=0.3, reconnect_after_s=0.6)


def ticks_of(ids: Iterable[int], *, symbol: int = 0, price: float = 100.0, origin: Origin = Origin.LIVE) -> Records:
    """One print an id; its venue time is the id in milliseconds."""
    numbers = list(ids)
    ticks = np.zeros(len(numbers), TICK)
    ticks["id"] = numbers
    ticks["ts"] = ticks["id"] * 1_000_000
    ticks["price"] = price
    ticks["qty"] = 1.0
    ticks["bid"] = ticks["ask"] = np.nan
    ticks["symbol"] = symbol
    ticks["origin"] = origin
    return ticks


def ids_of(ticks: Records) -> list[int]:
    """The ids of ticks, in their order."""
    numbers: list[int] = ticks["id"].tolist()
    return numbers
