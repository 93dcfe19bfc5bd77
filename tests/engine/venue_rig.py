"""A venue that has the bars of some prints, and answers calls out of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.replay.venue import bars_of
from core.types import BAR, Records, interval_ns
from core.venues.venue import RestCall


class VenueOf:
    """Bars of prints of one symbol.

    Attributes:
        asked: (interval, first start, most) of every call.
    """

    name = "binance"
    kline_intervals = ("1s", "1m", "5m", "1h", "1d", "1w")

    def __init__(self, ticks: Records) -> None:
        self.ticks = ticks
        self.asked: list[tuple[str, int, int]] = []

    def klines(self, name: str, interval: str, *, start_ns: int | None = None, limit: int = 1000) -> RestCall:
        return RestCall("klines", {"symbol": name, "interval": interval, "start": start_ns or 0, "limit": limit}, 2)

    def parse_klines(self, name: str, body: bytes) -> Records:
        return np.frombuffer(body, BAR)

    async def ask(self, call: RestCall, parse: Callable[[bytes], Any], *, background: bool = False) -> Any:
        """As a REST client answers."""
        interval, start, limit = str(call.query["interval"]), int(call.query["start"]), int(call.query["limit"])
        self.asked.append((interval, start, limit))
        bars = bars_of(self.ticks, interval_ns(interval))
        return parse(bars.compress(bars["start"] >= start)[:limit].tobytes())
