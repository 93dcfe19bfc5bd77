"""What rules look at: one plain snapshot of market, feeds, strategies, risk and machine. None is not known, never NaN.

Times are int64 ns UTC, spans seconds, money quote currency, shares percent unless named otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.terms import Terms


@dataclass(frozen=True, slots=True)
class TrendFact:
    """What a market is like over bars of one length.

    Attributes:
        trend: uptrend | downtrend | sideways | volatile.
        confidence: 0 to 1.
        was: what it was before, as far back as was looked; '' the same.
    """

    trend: str
    confidence: float
    was: str = ""


@dataclass(frozen=True, slots=True)
class SymbolFact:
    """One watched symbol.

    Attributes:
        state: live | stale | waiting | gap | halted.
        age_s: since anything was heard of it; None never.
        spread_bps, usual_spread_bps: over the last minutes, and the median of the hours before.
        move_bps, usual_move_bps: root mean square of 10 s returns, likewise.
        trends: by interval.
    """

    symbol: str
    state: str = "live"
    age_s: float | None = 0.0
    last: float | None = None
    spread_bps: float | None = None
    usual_spread_bps: float | None = None
    move_bps: float | None = None
    usual_move_bps: float | None = None
    trends: Mapping[str, TrendFact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedFact:
    """One venue's feed; `bad_s`: how long it has not been live."""

    venue: str
    state: str = "live"
    detail: str = ""
    latency_ms: float | None = None
    bad_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StrategyFact:
    """One registered strategy.

    Attributes:
        interval: of its bars; '' it takes prints, or this is not known.
        state: starting | warming | running | paused | closing | restarting | failed.
        state_s: how long it has been in that state, as far as was looked.
        worst_pct, fall_pct: its deepest fall from a peak before this one, and this one.
        trips: net results of its closed round trips, oldest first.
        fills: how many are known; `idle_s` since the last one; `usual_gap_s` the median time between them.
        blocks: orders refused in the last hour, by reason.
        paid_bps: fee of its last fills, of their value; `assumed_bps` costs of a fill, of `assumed_in` (its terms, or a run's id).
        waits_s: how long its oldest working order has waited; None there is none.
        entry, last: average price of its position, and the last print, of its first symbol.
    """

    id: str
    name: str = "sma_crossover"
    symbols: tuple[str, ...] = ("binance:BTCUSDT",)
    interval: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    state: str = "running"
    detail: str = ""
    state_s: float = 0.0
    seen: int = 0
    warmup: int = 0
    position: float = 0.0
    equity: float | None = None
    fall_pct: float | None = None
    worst_pct: float | None = None
    trips: tuple[float, ...] = ()
    fills: int = 0
    idle_s: float | None = None
    usual_gap_s: float | None = None
    blocks: Mapping[str, int] = field(default_factory=dict)
    paid_bps: float | None = None
    paid_fills: int = 0
    assumed_bps: float | None = None
    assumed_in: str = ""
    waits_s: float | None = None
    entry: float | None = None
    last: float | None = None

    @property
    def on(self) -> str:
        """Its symbols without their venues."""
        return "+".join(symbol.rpartition(":")[2] for symbol in self.symbols)


@dataclass(frozen=True, slots=True)
class CoupleFact:
    """How equity changes of two strategies go together, by the minute; `exposure`: what both hold is worth."""

    a: str
    b: str
    correlation: float
    minutes: int
    exposure: float = 0.0


@dataclass(frozen=True, slots=True)
class PairFact:
    """A pair that alert rules watch: `A/B 5m`; `p_before` the last Engle-Granger p that was under 0.05, None never."""

    name: str
    pvalue: float | None = None
    p_before: float | None = None
    zscore: float | None = None
    half_life: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRuleFact:
    """An alert rule: `rule` as plain values, `fired_hour` how often it fired in the last hour."""

    id: str
    sentence: str
    fired_hour: int
    cooldown_s: float
    rule: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkerFact:
    """A place of the pool; `restarts_hour` how often its process was replaced in the last hour."""

    number: int
    restarts_hour: int = 0
    last_end: str = ""
    strategies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyFact:
    """A study or run that ended, `ago_s` seconds ago."""

    id: str
    strategy: str
    state: str
    ago_s: float
    verdict: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it.

    Attributes:
        looked_s: since the engine began to look.
        exposure: what all positions together are worth.
        disk_free, disk_day: bytes free, and bytes fewer a day at the rate since `disk_hours`; None not known.
        gaps, gaps_before: ids missing from the tape now, and half an hour ago.
        unseen: open alerts nobody has seen that are not mere information, `unseen_s` the age of the oldest.
    """

    now_ns: int
    looked_s: float = 0.0
    mode: str = "paper"
    symbols: Mapping[str, SymbolFact] = field(default_factory=dict)
    feeds: tuple[FeedFact, ...] = ()
    strategies: Mapping[str, StrategyFact] = field(default_factory=dict)
    couples: tuple[CoupleFact, ...] = ()
    pairs: tuple[PairFact, ...] = ()
    alert_rules: tuple[AlertRuleFact, ...] = ()
    workers: tuple[WorkerFact, ...] = ()
    studies: tuple[StudyFact, ...] = ()
    equity: float | None = None
    capital: float = 0.0
    exposure: float | None = None
    fall_pct: float | None = None
    disk_free: float | None = None
    disk_day: float | None = None
    disk_hours: float = 0.0
    gaps: int = 0
    gaps_before: int | None = None
    unseen: int = 0
    unseen_s: float = 0.0
    unseen_text: str = ""


def short(symbol: str) -> str:
    """A symbol without its venue."""
    return symbol.rpartition(":")[2]
