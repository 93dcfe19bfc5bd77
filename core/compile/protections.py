"""What a strategy's terms say to the loop of its protections, and of exits by time and at the entry."""

from __future__ import annotations

import math

from core.terms import Terms

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS

#: Terms each of which is a protection by itself.
GUARDS = (
    "max_drawdown_pct", "daily_loss_pct", "loss_streak", "cooldown_s", "stop_cooldown_s", "low_profit_pct", "min_confidence", "max_age_s",
)  # fmt: skip


def is_guarded(terms: Terms) -> bool:
    """Whether something may keep it from opening."""
    return any(getattr(terms, name) is not None for name in GUARDS)


def is_timed(terms: Terms) -> bool:
    """Whether there is an exit by time, or a stop that moves to the entry."""
    return terms.time_stop_s is not None or terms.break_even_pct is not None


def guard_terms(terms: Terms) -> dict[str, float]:
    """The fields of TERMS that protections add, by name."""
    return {
        "deepest_fall": _share(terms.max_drawdown_pct),
        "day_loss": _share(terms.daily_loss_pct),
        "flattens": terms.on_guard == "flatten",
        "streak_of": terms.loss_streak or 0,
        "lock": round(terms.lock_hours * HOUR_NS),
        "cooldown": _ns(terms.cooldown_s),
        "stop_cooldown": _ns(terms.stop_cooldown_s),
        "low_profit": (terms.low_profit_pct or 0.0) / 100,
        "low_trades": 0 if terms.low_profit_pct is None else terms.low_profit_trades,
        "least_sure": terms.min_confidence or 0.0,
        "max_age": _ns(terms.max_age_s),
    }


def timed_terms(terms: Terms) -> dict[str, float]:
    """The same of exits by time and at the entry, where nothing is lost: the taker's fee both ways, slippage and half the spread paid."""
    fee, worse, half = terms.fee_bps / 1e4, terms.slippage_bps / 1e4, terms.spread_bps / 2e4
    return {
        "time_stop": _ns(terms.time_stop_s),
        "break_even": _share(terms.break_even_pct),
        "even_long": (1.0 + fee) / (1.0 - fee) / (1.0 - worse) / (1.0 - half),
        "even_short": (1.0 - fee) / (1.0 + fee) / (1.0 + worse) / (1.0 + half),
    }


def _share(percent: float | None) -> float:
    return math.nan if percent is None else percent / 100


def _ns(seconds: float | None) -> int:
    return 0 if seconds is None else round(seconds * SECOND_NS)
