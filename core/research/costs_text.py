"""What a run was asked to pay beyond fee and slippage, as lines of its report: see docs/costs.md."""

from __future__ import annotations

import numpy as np

from core.commands import Terms
from core.kernels.records import BLOCK_NAMES, BLOCKED, FILL, LIQUIDATED, MARGIN, MINIMUM, UNKNOWN
from core.types import Records

#: What a size counts, by `Terms.size`.
SIZES = {
    "units": "base currency a unit of target",
    "quote": "quote currency a unit of target, at the price where the target became another one",
    "equity_pct": "% of equity a unit of target, at the price where the target became another one",
    "vol_pct": "% of equity is the volatility a year of a unit of target, as known where the target became another one",
}


def costs(terms: Terms) -> list[tuple[str, str, str]]:
    """(name, value, remark) of each that was asked for."""
    parts = (_volatility, _lots, _spread, _resting, _triggered, _held, _queue, _funding, _margin)
    return [row for part in parts for row in part(terms)]


def held_back(reports: Records) -> list[str]:
    """A line that says so where orders were not placed: each is reported once until something else happens."""
    blocked = reports["why"][reports["kind"] == BLOCKED]
    small, vague, short = (int(np.count_nonzero(blocked == why)) for why in (MINIMUM, UNKNOWN, MARGIN))
    wiped = int(np.count_nonzero((reports["kind"] == FILL) & (reports["why"] == LIQUIDATED)))
    return [
        *([f"it was liquidated, {wiped:,} position{'s' * (wiped > 1)}, and traded no more from there on"] if wiped else []),
        *([f"an order was cut or not placed, {BLOCK_NAMES[MARGIN]}: {short:,} time{'s' * (short > 1)}"] if short else []),
        *([f"an order was {BLOCK_NAMES[MINIMUM]} and not placed: {small:,} time{'s' * (small > 1)}"] if small else []),
        *([f"a target waited, {BLOCK_NAMES[UNKNOWN]}: {vague:,} time{'s' * (vague > 1)}"] if vague else []),
    ]


def _volatility(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.size != "vol_pct":
        return []
    return [
        ("volatility", f"{terms.vol_half_life_hours:g} h", "half-life of the squared returns it is made of; no order until it is known"),
        ("leverage", f"{terms.max_leverage:g}", "times equity: most a position is worth where it is decided"),
    ]


def _lots(terms: Terms) -> list[tuple[str, str, str]]:
    rows = (
        ("lot", terms.lot, "base currency, orders are whole multiples of it, cut towards zero"),
        ("tick size", terms.tick_size, "quote currency, prices are rounded to it against who takes"),
        ("least order", terms.min_notional, "quote currency; smaller ones are not placed, but one to flat"),
    )
    return [(name, f"{value:.12g}", remark) for name, value, remark in rows if value is not None]


def _spread(terms: Terms) -> list[tuple[str, str, str]]:
    rows = []
    if terms.spread == "quote":
        rows.append(("spread", "quotes", "market orders pay ask or bid where known, never better than the print"))
    if terms.spread_bps:
        rows.append(("spread", f"{terms.spread_bps:g} bps", "half of it is paid where no quote is"))
    if terms.impact_bps:
        volume = "the print's quantity" if terms.impact_volume is None else f"{terms.impact_volume:g}, base currency"
        rows.append(("impact", f"{terms.impact_bps:g} bps", f"times √(quantity / {volume}), 50 % at most"))
    return rows


def _resting(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.entry != "limit":
        return []
    life = "without end" if terms.limit_ttl_ms is None else f"for {terms.limit_ttl_ms:g} ms, then {terms.limit_then}"
    return [
        ("entries", "limit", f"{terms.limit_offset_bps:g} bps from the decision's price, filled {_filled(terms)} it; rest {life}"),
        _maker(terms, "of the value of each fill of a limit order" + ("" if _holds(terms) else "; exits and stops are market orders")),
    ]


def _triggered(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.entry != "stop":
        return []
    life = "without end" if terms.trigger_ttl_ms is None else f"for {terms.trigger_ttl_ms:g} ms, then {terms.trigger_then}"
    how = f"{terms.trigger_offset_bps:g} bps beyond the decision's price, a market order from the print at it on; wait {life}"
    return [("entries", "stop", how)]


def _held(terms: Terms) -> list[tuple[str, str, str]]:
    if not _holds(terms):
        return []
    how = f"at the venue from the entry's fill on; a take-profit fills at its price, by what trades {_filled(terms)} it"
    fee = [] if terms.entry == "limit" else [_maker(terms, "of the value of each fill of a take-profit")]
    return [("exits", "resting", how), *fee]


def _filled(terms: Terms) -> str:
    return "through, or at the end of the queue at," if terms.limit_fill == "queue" else terms.limit_fill


def _queue(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.limit_fill != "queue" or not (terms.entry == "limit" or _holds(terms)):
        return []
    how = (
        "base currency ahead of a limit order" if terms.queue_ahead is not None else "what is printed at a price before prints go beyond it"
    )
    quotes = ", none where the best quote is worse" if terms.queue_model == "quotes" else ""
    return [
        ("queue", "estimated" if terms.queue_ahead is None else f"{terms.queue_ahead:g}", f"{how}; prints at the limit use it up{quotes}")
    ]


def _margin(terms: Terms) -> list[tuple[str, str, str]]:
    if terms.leverage is None:
        return []
    fee = f", a fee of {terms.liquidation_fee_bps:g} bps more" if terms.liquidation_fee_bps else ""
    return [
        ("margin", f"{terms.leverage:g} x", "of the equity is the most that positions are worth where an order is decided"),
        ("liquidation", f"{terms.maintenance_pct:g} %", f"of the positions' value: with no more equity than that all is closed{fee}"),
    ]


def _holds(terms: Terms) -> bool:
    stops = (terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct, terms.break_even_pct)
    return terms.exits == "resting" and any(percent is not None for percent in stops)


def _maker(terms: Terms, remark: str) -> tuple[str, str, str]:
    return "maker fee", f"{terms.fee_bps if terms.maker_fee_bps is None else terms.maker_fee_bps:g} bps", remark


def _funding(terms: Terms) -> list[tuple[str, str, str]]:
    every = f"of a position's value every {terms.funding_hours} h UTC, paid by longs, received by shorts"
    return [("funding", f"{terms.funding_bps:g} bps", every)] if terms.funding_bps else []
