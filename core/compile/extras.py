"""Which features of the loop a strategy's terms ask for, what they say to them, and the loop's own acts with these features in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.commands import Terms
from core.compile.bundle import Bundle
from core.compile.protections import guard_terms, is_guarded, is_timed, timed_terms
from core.kernels import book, orders
from core.kernels.features import ADDED
from core.kernels.sizing import EQUITY, QUOTE, UNITS, VOLATILITY
from core.kernels.volatility import RETURNS_A_HALF_LIFE

HOUR_NS = 3_600_000_000_000

_SIZINGS = {"units": UNITS, "quote": QUOTE, "equity_pct": EQUITY, "vol_pct": VOLATILITY}

#: A step is one over a whole number where it is as close to it as this, relative.
_WHOLE = 1e-9


def features_of(terms: Terms) -> frozenset[str]:
    """The features without which these terms could not be kept to."""
    asked = {
        "lots": any(size is not None for size in (terms.lot, terms.tick_size, terms.min_notional)),
        "sized": terms.size != "units",
        "funded": terms.funding_bps != 0,
        "resting": terms.entry != "market" or _held(terms),
        "triggered": terms.entry == "stop",
        "volatile": terms.size == "vol_pct",
        "held": _held(terms),
        "queued": terms.limit_fill == "queue" and (terms.entry == "limit" or _held(terms)),
        "margined": terms.leverage is not None,
        "guarded": is_guarded(terms),
        "timed": is_timed(terms),
        "spread": terms.spread == "quote" or terms.spread_bps > 0 or terms.impact_bps > 0,
    }
    return frozenset(name for name, wanted in asked.items() if wanted)


def _held(terms: Terms) -> bool:
    """Whether there are exits that rest."""
    stops = (terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct, terms.break_even_pct)
    return terms.exits == "resting" and any(percent is not None for percent in stops)


def added_terms(terms: Terms) -> dict[str, float]:
    """The fields of TERMS that features add, by name."""
    return {
        "lot": terms.lot or 0.0,
        "lots": _per_unit(terms.lot),
        "price_tick": terms.tick_size or 0.0,
        "price_ticks": _per_unit(terms.tick_size),
        "min_notional": terms.min_notional or 0.0,
        "quoted": terms.spread == "quote",
        "half_spread": terms.spread_bps / 2e4,
        "impact": terms.impact_bps / 1e4,
        "impact_volume": terms.impact_volume or 0.0,
        "sizing": _SIZINGS[terms.size],
        "worth": terms.qty / 100 if terms.size in ("equity_pct", "vol_pct") else terms.qty,
        "funding": terms.funding_bps / 1e4,
        "funding_every": terms.funding_hours * HOUR_NS,
        "touch": terms.limit_fill == "touch",
        "maker_bps": terms.fee_bps if terms.maker_fee_bps is None else terms.maker_fee_bps,
        "half_life": terms.vol_half_life_hours * HOUR_NS,
        "spacing": round(terms.vol_half_life_hours * HOUR_NS / RETURNS_A_HALF_LIFE),
        "leverage": terms.max_leverage,
        "holds": _held(terms),
        "queued": terms.limit_fill == "queue",
        "queue_ahead": -1.0 if terms.queue_ahead is None else terms.queue_ahead,
        "queue_quotes": terms.queue_model == "quotes",
        "margin_leverage": terms.leverage or 0.0,
        "maintenance": terms.maintenance_pct / 100,
        "liquidation_bps": terms.liquidation_fee_bps,
        "outside": True,
        **_waiting(terms),
        **guard_terms(terms),
        **timed_terms(terms),
    }


def _waiting(terms: Terms) -> dict[str, float]:
    """What is said of an entry that waits: a limit order, or a stop order."""
    stop = terms.entry == "stop"
    offset, life, then = (
        (terms.trigger_offset_bps, terms.trigger_ttl_ms, terms.trigger_then)
        if stop
        else (terms.limit_offset_bps, terms.limit_ttl_ms, terms.limit_then)
    )
    return {
        "rests": terms.entry != "market",
        "triggers": stop,
        "offset": offset / 1e4,
        "life": round(life * 1e6) if life else 0,
        "then_market": then == "market",
    }


def _per_unit(step: float | None) -> float:
    """How many steps make a unit, 0 where that is no whole number."""
    count = round(1.0 / step) if step else 0
    return float(count) if step and abs(count * step - 1.0) <= _WHOLE else 0.0


class Acts(NamedTuple):
    """What is done to a book between ticks."""

    cancel: Callable[..., int]
    decide: Callable[..., int]
    place: Callable[..., int]
    execute: Callable[..., int]
    mark: Callable[..., None]


@functools.cache
def acts(features: frozenset[str]) -> Acts:
    """The loop's own functions, run by Python, with these features in."""
    plain = (orders.cancel, orders.decide, orders.place, book.execute, book.mark)
    if not features:
        return Acts(*plain)
    bundle = Bundle({}, {}, features={name.upper(): name in features for name in ADDED})
    names = [bundle.add(function) for function in plain]  # type: ignore[arg-type]
    space: dict[str, Any] = {"np": np}
    exec(compile("\n\n".join(bundle.definitions()), "acts.py", "exec"), space)
    return Acts(*(space[name] for name in names))
