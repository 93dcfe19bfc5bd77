"""What the exchange allows one client, as Binance documents it, and the account it keeps of REST weight."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The venue's limits; tests shorten them.

    Attributes:
        ping_interval_s: how often the server pings.
        pong_timeout_s: how long it waits for any pong before it cuts the connection.
        messages_per_s: what a client may send, pings and pongs included; one more closes the connection with 1008.
        max_streams: what a connection may listen to.
        max_age_s: when a connection is closed.
        weight_per_min: REST weight a minute; beyond it 429 and `Retry-After`.
        connects_per_5min: connections; beyond it the handshake is refused with 429.
    """

    ping_interval_s: float = 20.0
    pong_timeout_s: float = 60.0
    messages_per_s: float = 5.0
    max_streams: int = 1024
    max_age_s: float = 24 * 3600.0
    weight_per_min: int = 6000
    connects_per_5min: int = 300


class Weights:
    """REST weight used in the current minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._minute = 0

    def spend(self, weight: int) -> float | None:
        """Add a request's weight; seconds to wait when that is more than a minute may have."""
        now = time.time()
        if int(now // 60) != self._minute:
            self._minute, self.used = int(now // 60), 0
        self.used += weight
        return None if self.used <= self.limit else 60.0 - now % 60.0
