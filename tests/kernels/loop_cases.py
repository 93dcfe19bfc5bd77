"""Random markets, targets and terms for the laws of the loop, small enough to shrink to something readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st
from loop_rig import NO, T0, prints, terms

from core.commands import Terms
from core.types import DAY, Records

TARGETS = [NO, NO, 0.0, 1.0, 1.0, -1.0, 2.0, 0.5, -0.25]
GAPS_MS = [0, 0, 1, 50, 100, 250, 1000, DAY // 1_000_000]
BUSY_MS = [0, 100, 900, 1000, 1000, 2000, 5000]


@st.composite
def markets(draw: st.DrawFn, *, least: int = 1, most: int = 60, gaps_ms: Sequence[int] = GAPS_MS) -> Records:
    """Prints in time order, some at the same time, some days apart, on a coarse grid of prices so that levels are met exactly."""
    count = draw(st.integers(least, most))
    steps = draw(st.lists(st.sampled_from([-10, -4, -1, 0, 0, 1, 4, 10]), min_size=count, max_size=count))
    gaps = draw(st.lists(st.sampled_from(gaps_ms), min_size=count, max_size=count))
    sizes = draw(st.lists(st.sampled_from([0.0, 0.125, 0.5, 1.0, 8.0]), min_size=count, max_size=count))
    prices = np.maximum(100.0 + np.cumsum(steps), 10.0)
    spread = draw(st.sampled_from([np.nan, 0.125, 4.0]))
    ticks = prints(prices.tolist(), at=np.cumsum(gaps).tolist(), qty=sizes, bid=prices - spread, ask=prices + spread, start=T0)
    ticks["side"] = draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=count, max_size=count)) if draw(st.booleans()) else 0
    return ticks


def targets(count: int) -> st.SearchStrategy[list[float]]:
    """A target for each tick, most of them the one before."""
    return st.lists(st.sampled_from(TARGETS), min_size=count, max_size=count)


def cuts(count: int) -> st.SearchStrategy[list[int]]:
    """Where to cut a stream into batches."""
    return st.lists(st.integers(0, count), max_size=8)


def off_or(*values: float) -> st.SearchStrategy[float | None]:
    """A setting that may be off."""
    return st.sampled_from([None, None, *values])


@st.composite
def any_terms(draw: st.DrawFn, *, stops: bool = True) -> Terms:
    """Any way to trade."""
    given: dict[str, Any] = {
        "qty": draw(st.sampled_from([1.0, 0.5, 0.3])),
        "side": draw(st.sampled_from(["long_flat", "long_short"])),
        "fee_bps": draw(st.sampled_from([0.0, 4.0, 100.0])),
        "slippage_bps": draw(st.sampled_from([0.0, 1.0, 625.0])),
        "latency_ms": draw(st.sampled_from([0.0, 1.0, 100.0, 300.0])),
        "participation": draw(off_or(0.5, 0.1)),
    }
    if stops:
        given["stop_loss_pct"] = draw(off_or(5.0, 25.0))
        given["take_profit_pct"] = draw(off_or(5.0, 25.0))
        given["trailing_pct"] = draw(off_or(4.0, 12.5))
    return terms(**given)


def lots(draw: st.DrawFn) -> dict[str, Any]:
    """Lots, ticks and a least order."""
    return {"lot": draw(off_or(0.1, 0.25, 2.0)), "tick_size": draw(off_or(0.01, 0.5, 4.0)), "min_notional": draw(off_or(5.0, 60.0))}


def spread(draw: st.DrawFn) -> dict[str, Any]:
    """Quotes, spreads where there is none, and impact."""
    return {
        "spread": draw(st.sampled_from(["print", "quote"])), "spread_bps": draw(st.sampled_from([0.0, 5.0, 800.0])),
        "impact_bps": draw(st.sampled_from([0.0, 10.0, 4000.0])), "impact_volume": draw(off_or(3.0)),
    }  # fmt: skip


def resting(draw: st.DrawFn) -> dict[str, Any]:
    """Entries that rest."""
    return {
        "entry": "limit", "limit_offset_bps": draw(st.sampled_from([0.0, 100.0, 390.625])),
        "limit_fill": draw(st.sampled_from(["through", "touch"])), "limit_ttl_ms": draw(off_or(50.0, 1500.0)),
        "limit_then": draw(st.sampled_from(["cancel", "market"])), "maker_fee_bps": draw(off_or(-1.0, 2.0)),
    }  # fmt: skip


def funded(draw: st.DrawFn) -> dict[str, Any]:
    """Funding, paid or received."""
    return {"funding_bps": draw(st.sampled_from([1.0, -25.0])), "funding_hours": draw(st.sampled_from([1, 8, 24]))}


def sized(draw: st.DrawFn) -> dict[str, Any]:
    """Sizes in money."""
    return draw(st.sampled_from([{"size": "quote", "qty": 150.0}, {"size": "equity_pct", "qty": 12.5}]))


def triggered(draw: st.DrawFn) -> dict[str, Any]:
    """Entries that are stop orders."""
    return {
        "entry": "stop", "trigger_offset_bps": draw(st.sampled_from([0.0, 100.0, 390.625])),
        "trigger_ttl_ms": draw(off_or(50.0, 1500.0)), "trigger_then": draw(st.sampled_from(["cancel", "market"])),
    }  # fmt: skip


def held(draw: st.DrawFn) -> dict[str, Any]:
    """Exits that rest."""
    return {
        "exits": "resting", "limit_fill": draw(st.sampled_from(["through", "touch"])), "maker_fee_bps": draw(off_or(-1.0, 2.0)),
        "take_profit_pct": draw(off_or(1.0, 5.0)), "stop_loss_pct": draw(st.sampled_from([3.0, 10.0])),
    }  # fmt: skip


def volatile(draw: st.DrawFn) -> dict[str, Any]:
    """Sizes by volatility; of a half-life so short that it is known within the few prints there are."""
    return {
        "size": "vol_pct", "qty": draw(st.sampled_from([1000.0, 50_000.0])), "max_leverage": draw(st.sampled_from([0.5, 20.0])),
        "vol_half_life_hours": draw(st.sampled_from([0.01, 0.01, 0.02, 24.0])),
    }  # fmt: skip


def guarded(draw: st.DrawFn) -> dict[str, Any]:
    """Protections of all kinds that one leg without a word of confidence can have."""
    return {
        "max_drawdown_pct": draw(off_or(1.0, 2.5)), "daily_loss_pct": draw(off_or(0.5, 1.0)),
        "on_guard": draw(st.sampled_from(["block", "flatten"])), "loss_streak": draw(off_or(1, 2)),
        "lock_hours": draw(st.sampled_from([0.0003, 0.01, 24.0])), "cooldown_s": draw(off_or(0.25, 2.0)),
        "stop_cooldown_s": draw(off_or(1.0, 86_400.0)), "low_profit_pct": draw(off_or(-0.5, 0.0, 0.4)),
        "low_profit_trades": draw(st.sampled_from([1, 2, 3])),
    }  # fmt: skip


def timed(draw: st.DrawFn) -> dict[str, Any]:
    """An exit by time, and a stop that moves to the entry."""
    return {"time_stop_s": draw(off_or(0.3, 2.0, 100.0)), "break_even_pct": draw(st.sampled_from([1.0, 4.0]))}


def queued(draw: st.DrawFn) -> dict[str, Any]:
    """Limit orders that stand in a queue: entries, take-profits or both."""
    rests = draw(st.sampled_from([("limit", "market"), ("limit", "resting"), ("market", "resting"), ("stop", "resting")]))
    return {
        "entry": rests[0], "exits": rests[1], "limit_fill": "queue", "queue_ahead": draw(off_or(0.0, 0.5, 3.0)),
        "queue_model": draw(st.sampled_from(["trades", "quotes"])), "take_profit_pct": draw(st.sampled_from([1.0, 4.0])),
        "limit_offset_bps": draw(st.sampled_from([0.0, 100.0])), "tick_size": draw(off_or(1.0)), "maker_fee_bps": draw(off_or(-1.0)),
        "limit_ttl_ms": draw(off_or(1500.0)) if rests[0] == "limit" else None,
    }  # fmt: skip


def margined(draw: st.DrawFn) -> dict[str, Any]:
    """Margin: so little equity that orders are cut, and so much leverage that positions are liquidated."""
    return {
        "capital": draw(st.sampled_from([10.0, 60.0, 1000.0])), "leverage": draw(st.sampled_from([1.0, 5.0, 20.0])),
        "maintenance_pct": draw(st.sampled_from([0.5, 4.0])), "liquidation_fee_bps": draw(st.sampled_from([0.0, 50.0])),
    }  # fmt: skip


#: By name: what features of the loop may be asked for.
FEATURES = {
    "lots": lots,
    "spread": spread,
    "resting": resting,
    "funded": funded,
    "sized": sized,
    "triggered": triggered,
    "volatile": volatile,
    "held": held,
    "guarded": guarded,
    "timed": timed,
    "queued": queued,
    "margined": margined,
}


#: All that go together but the newest of those that do not.
TOGETHER = ("lots", "spread", "resting", "funded", "sized")


@st.composite
def realistic_terms(draw: st.DrawFn, *features: str) -> Terms:
    """Any way to trade, with these features, or with one or all of them."""
    chosen = features or draw(st.sampled_from([(name,) for name in FEATURES] + [TOGETHER, tuple(FEATURES)]))
    how = draw(any_terms())
    return msgspec.structs.replace(how, **{name: value for feature in chosen for name, value in FEATURES[feature](draw).items()})


@st.composite
def realistic_cases(draw: st.DrawFn, *features: str) -> tuple[Records, list[float], Terms]:
    """A market, a target for each of its prints, and terms that ask for more than plain market orders."""
    how = draw(realistic_terms(*features))
    ticks = draw(markets(most=90, gaps_ms=BUSY_MS) if how.size == "vol_pct" else markets())
    return ticks, draw(targets(len(ticks))), how


@st.composite
def cases(draw: st.DrawFn, *, stops: bool = True) -> tuple[Records, list[float], Terms]:
    """A market, a target for each of its prints, and terms."""
    ticks = draw(markets())
    return ticks, draw(targets(len(ticks))), draw(any_terms(stops=stops))
