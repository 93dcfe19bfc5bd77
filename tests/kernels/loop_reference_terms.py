"""What orders and fills are under a strategy's terms, in exact decimals, from the words of docs/costs.md alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from itertools import pairwise
from math import fsum, isnan, sqrt

from core.commands import Terms


def decimal(value: float) -> Decimal:
    """The number a float was meant to be."""
    return Decimal(f"{value:.12g}")


def whole(value: float | Decimal, step: float, rounding: str) -> float:
    """The multiple of a step nearest to a value in a direction."""
    exact = value if isinstance(value, Decimal) else decimal(value)
    return float((exact / decimal(step)).to_integral_value(rounding) * decimal(step))


def ordered(goal: float, position: float, working: float | None, price: float, terms: Terms) -> float:
    """The position an order may lead to on the way to a goal."""
    if goal in (0.0, position):
        return goal
    if terms.lot is not None:
        cut = whole(decimal(goal) - decimal(position), terms.lot, ROUND_DOWN)
        goal = float(decimal(position) + decimal(cut))
    if goal in (position, working):
        return goal
    if terms.min_notional is not None and abs(goal - position) * price < terms.min_notional:
        return position
    return goal


def available(cap: float, terms: Terms) -> float:
    """How much of a print may be taken."""
    return whole(cap, terms.lot, ROUND_DOWN) if terms.lot is not None and cap != float("inf") else cap


def added(position: float, qty: float, terms: Terms) -> float:
    """The position after a part of an order."""
    return position + qty if terms.lot is None else float(decimal(position) + decimal(qty))


def difference(target: float, position: float, terms: Terms) -> float:
    """What is left of an order."""
    return target - position if terms.lot is None else float(decimal(target) - decimal(position))


class Volatility:
    """What all returns so far tell of a year's, each from one print to the first one late enough after it."""

    def __init__(self, terms: Terms) -> None:
        self.half_life = terms.vol_half_life_hours * 3600e9
        self.moments: list[tuple[int, float]] = []

    def see(self, time: int, price: float) -> None:
        """A print."""
        if not self.moments or time - self.moments[-1][0] >= round(self.half_life / 100):
            self.moments.append((time, price))

    def _sums(self) -> tuple[float, float, float]:
        now = self.moments[-1][0]
        weighed = [
            (0.5 ** ((now - b) / self.half_life), ((q - p) / ((p + q) / 2)) ** 2, float(b - a)) for (a, p), (b, q) in pairwise(self.moments)
        ]
        return fsum(w * square for w, square, _ in weighed), fsum(w * span for w, _, span in weighed), fsum(w for w, _, _ in weighed)

    @property
    def known(self) -> bool:
        """Whether there are enough of them."""
        squares, _, count = self._sums()
        return count >= 20.0 and squares > 0.0

    @property
    def yearly(self) -> float:
        """The deviation of a year's return."""
        squares, spans, _ = self._sums()
        return sqrt(squares / spans * 365 * 86_400e9)


def unit_of(price: float, equity: float, terms: Terms, target: float, market: Volatility) -> float:
    """What a target of 1 is, in base currency."""
    if terms.size == "units":
        return terms.qty
    if terms.size == "vol_pct":
        return max(min(terms.qty / 100 * equity / market.yearly, terms.max_leverage * equity / abs(target)), 0.0) / price
    return max(terms.qty if terms.size == "quote" else terms.qty / 100 * equity, 0.0) / price


def due_hours(after: int, through: int, terms: Terms) -> list[int]:
    """How often funding is due after a time and through another; by midnight, and after it."""
    every, day = terms.funding_hours * 3_600_000_000_000, 86_400_000_000_000
    midnight = min(through, (after // day + 1) * day)
    counts = [midnight // every - after // every, through // every - midnight // every]
    return [count for count in counts if count > 0 and terms.funding_bps]


def waiting(terms: Terms) -> tuple[float, float | None, str]:
    """Offset in basis points, time in ms, and end of an entry that waits."""
    if terms.entry == "stop":
        return terms.trigger_offset_bps, terms.trigger_ttl_ms, terms.trigger_then
    return terms.limit_offset_bps, terms.limit_ttl_ms, terms.limit_then


def limit(price: float, buys: bool, terms: Terms) -> float:
    """Where an order rests that was decided at a price; a stop order on the other side."""
    if terms.entry == "stop":
        beyond = price * (1.0 + terms.trigger_offset_bps / 1e4) if buys else price * (1.0 - terms.trigger_offset_bps / 1e4)
        if terms.tick_size is None:
            return beyond
        return whole(beyond, terms.tick_size, ROUND_CEILING) if buys else max(whole(beyond, terms.tick_size, ROUND_FLOOR), terms.tick_size)
    away = price * (1.0 - terms.limit_offset_bps / 1e4) if buys else price * (1.0 + terms.limit_offset_bps / 1e4)
    if terms.tick_size is None:
        return away
    return max(whole(away, terms.tick_size, ROUND_FLOOR), terms.tick_size) if buys else whole(away, terms.tick_size, ROUND_CEILING)


def profit(position: float, entry: float, terms: Terms) -> float | None:
    """Where a take-profit rests."""
    if terms.take_profit_pct is None:
        return None
    away = entry * (1.0 + terms.take_profit_pct / 100) if position > 0 else entry * (1.0 - terms.take_profit_pct / 100)
    if terms.tick_size is None or away <= 0.0:
        return away if away > 0.0 else None
    return whole(away, terms.tick_size, ROUND_CEILING) if position > 0 else max(whole(away, terms.tick_size, ROUND_FLOOR), terms.tick_size)


def fee_bps(made: bool, terms: Terms) -> float:
    """The fee of a fill: a maker's, or a taker's."""
    return terms.maker_fee_bps if made and terms.maker_fee_bps is not None else terms.fee_bps


def paid(price: float, qty: float, print_: Mapping[str, float], terms: Terms) -> float:
    """What a market order pays that fills on a print, at a price of it."""
    buys = qty > 0
    bid, ask = print_["bid"], print_["ask"]
    if terms.spread == "quote" and not isnan(bid) and not isnan(ask) and bid <= ask:
        price = max(price, ask) if buys else min(price, bid)
    else:
        half = terms.spread_bps / 2 / 1e4
        price = price * (1.0 + half) if buys else price * (1.0 - half)
    if terms.impact_bps:
        volume = terms.impact_volume or print_["qty"]
        move = min(0.5, terms.impact_bps / 1e4 * sqrt(abs(qty) / volume if volume else 1.0))
        price = price * (1.0 + move) if buys else price * (1.0 - move)
    cost = price * (1.0 + terms.slippage_bps / 1e4) if buys else price * (1.0 - terms.slippage_bps / 1e4)
    if terms.tick_size is None:
        return cost
    return whole(cost, terms.tick_size, ROUND_CEILING) if buys else max(whole(cost, terms.tick_size, ROUND_FLOOR), terms.tick_size)
