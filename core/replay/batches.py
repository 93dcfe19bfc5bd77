"""What a feed says besides its ticks, of a recording: the quotes that prints carry, and figures without any connection."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.types import QUOTE, Records


def quotes_of(ticks: Records) -> Records:
    """The last quote of each symbol that its prints carry, as of their times."""
    known = ticks.compress(np.isfinite(ticks["bid"]) & np.isfinite(ticks["ask"]))
    newest = {symbol: at for at, symbol in enumerate(known["symbol"].tolist())}
    quotes = np.zeros(len(newest), QUOTE)
    if newest:
        last = known.take(list(newest.values()))
        for there, here in (("recv", "ts"), ("bid", "bid"), ("ask", "ask"), ("symbol", "symbol")):
            quotes[there] = last[here]
    return quotes


def health_of(venue: str, counters: dict[str, int], *, paused: bool) -> dict[str, Any]:
    """The document of `core.feed.health`; what only connections have is empty."""
    nothing = dict.fromkeys(("retry_in_s", "skew_ms", "skew_error_ms", "last_step_s", "latency_ms"))
    zero = dict.fromkeys(("rest_weight_used", "rest_weight_limit", "connects_used", "connects_limit", "held_s", "clock_steps"), 0)
    return {
        **nothing,
        **zero,
        "venue": venue,
        "state": "live",
        "detail": "",
        "names": [],
        "connections": [],
        "breaker": {},
        "counters": counters,
        "reasons": {},
        "flags": {},
        "odd": {},
        "jumps": [],
        "frozen": {},
        "gaps_open": 0,
        "paused": paused,
        "degraded": {},
        "unlisted": [],
        "waiting": [],
        "trouble": "",
    }
