"""How a feed is, as figures for `status` and the screen: plain JSON types, times as seconds from now.

venue state detail retry_in_s names      as in `FeedState`
connections [{state detail age_s symbols silent_s retry_in_s sockets}]   age_s, silent_s: of its newest socket, null without one
breaker {rest connect}                   closed | open | half_open
rest_weight_used rest_weight_limit       in the last minute, from this address
connects_used connects_limit             in the last five minutes
held_s                                   silence the venue asked for, still to keep
skew_ms skew_error_ms                    the venue's clock minus ours, null before it is known
clock_steps last_step_s                  how often our wall clock was set, and by how much last
counters {…} reasons {…}                 totals, and refused prints and quotes by reason
flags {…} odd {symbol: {…}}              prints and quotes that were taken and are odd, by reason; refused ones and these by symbol
jumps [{symbol id ts_ns price before}]   the newest prints out of their symbol's band, the newest last
frozen {symbol: s}                       prices that stand still while others move, and for how long when that was seen
degraded {symbol: why} unlisted [symbol] waiting [symbol]   waiting: for missing prints
gaps_open paused latency_ms trouble
"""

from __future__ import annotations

from asyncio import Event
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from core.clock import Clock
from core.feed.backfill import Backfill
from core.feed.batch import FeedState
from core.feed.checks import Checks
from core.feed.connection import Connection
from core.feed.intake import Intake
from core.feed.pump import Pump
from core.feed.quality import Quality
from core.feed.quota import Quota
from core.feed.refresh import Refresh
from core.feed.streams import Streams
from core.feed.venue_clock import VenueClock


@dataclass(frozen=True, slots=True)
class Health:
    """What the parts of one feed know of how it is."""

    clock: Clock
    ready: Event
    quota: Quota
    streams: Streams
    pump: Pump
    intake: Intake
    quality: Quality
    checks: Checks
    backfill: Backfill
    refresh: Refresh
    venue_clock: VenueClock
    name_of: Callable[[int], str]

    def degraded(self) -> dict[str, str]:
        """Symbols of which nothing usable comes at the moment, by bare name, and why."""
        return {self.name_of(symbol): why for symbol, why in self.quality.degraded.items()}

    def trouble(self) -> str:
        """Why the last REST call for missing prints, figures or the time failed, or empty."""
        return self.backfill.trouble or self.refresh.trouble or self.venue_clock.trouble

    def state(self) -> FeedState:
        """How the connections are, and if they are well, whether what they bring is."""
        state = self.streams.state()
        if state.state != "live" or not (degraded := self.degraded()):
            return state
        detail = "; ".join(f"{name} {why}" for name, why in degraded.items())
        return FeedState(state.venue, "degraded", detail, names=tuple(degraded))

    def figures(self) -> dict[str, Any]:
        """The document above."""
        now, state, quota, venue_clock = self.clock.monotonic(), self.state(), self.quota, self.venue_clock
        return {
            "venue": state.venue,
            "state": state.state,
            "detail": state.detail,
            "retry_in_s": _rounded(state.retry_in_s),
            "names": list(state.names),
            "connections": [_connection(connection, now) for connection in self.streams.connections],
            "breaker": {"rest": quota.calls.state(now), "connect": quota.connects.state(now)},
            "rest_weight_used": quota.weight_used.used(now),
            "rest_weight_limit": quota.weight_used.limit,
            "connects_used": quota.connects_used.used(now),
            "connects_limit": quota.connects_used.limit,
            "held_s": _rounded(quota.hold_left()),
            "skew_ms": _rounded(venue_clock.skew_ms),
            "skew_error_ms": _rounded(venue_clock.error_ms),
            "clock_steps": venue_clock.steps.steps,
            "last_step_s": _rounded(venue_clock.steps.last_s),
            "counters": asdict(self.intake.counters),
            "reasons": dict(self.quality.reasons),
            **self._flagged(),
            "gaps_open": self.intake.counters.gaps_open,
            "paused": not self.ready.is_set(),
            "latency_ms": self.pump.latency_ms,
            "degraded": self.degraded(),
            "unlisted": sorted(self.refresh.unlisted),
            "waiting": sorted(self.name_of(symbol) for symbol in self.intake.held),
            "trouble": self.trouble(),
        }

    def _flagged(self) -> dict[str, Any]:
        """What is odd of what was taken."""
        odd = self.checks.by_symbol()
        for (symbol, reason), count in self.quality.of_symbols.items():
            odd.setdefault(symbol, {})[reason] = count
        return {
            "flags": self.checks.totals(),
            "odd": {self.name_of(symbol): reasons for symbol, reasons in sorted(odd.items())},
            "jumps": [
                {"symbol": self.name_of(jump.symbol), "id": jump.id, "ts_ns": jump.ts, "price": jump.price, "before": jump.before}
                for jump in self.checks.jumps
            ],
            "frozen": {self.name_of(symbol): round(ns / 1e9, 3) for symbol, ns in self.checks.frozen.items()},
        }


def _connection(connection: Connection, now: float) -> dict[str, Any]:
    link = connection.link
    newest = link.sessions[-1] if link.sessions else link.trying
    return {
        "state": link.state,
        "detail": link.detail,
        "age_s": None if newest is None else _rounded(now - newest.opened),
        "symbols": len(connection.names),
        "silent_s": _rounded(link.silent_s()),
        "retry_in_s": None if link.retry_at is None else _rounded(max(0.0, link.retry_at - now)),
        "sockets": len(link.sessions),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
