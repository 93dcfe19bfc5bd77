"""The loop once more, for one leg on prints, written from the design's words alone, slow and plain, sharing no code with it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan

from loop_reference_terms import Volatility, added, available, difference, due_hours, fee_bps, limit, ordered, paid, unit_of, waiting

from core.commands import Terms
from core.types import Records


@dataclass
class Order:
    """A working order: the target it was made for, and when it may fill."""

    target: float
    due: int
    why: str
    limit: float | None = None
    expires: float = inf


@dataclass
class Fill:
    """An execution."""

    tick: int
    qty: float
    price: float
    fee: float
    position: float
    why: str


def stop_reached(position: float, entry: float, best: float, price: float, terms: Terms) -> str | None:
    """Which stop a print sets off: `best` is the most favourable print since entry."""
    way = 1.0 if position > 0 else -1.0
    loss, trail, gain = terms.stop_loss_pct, terms.trailing_pct, terms.take_profit_pct
    if loss is not None and way * price <= way * (entry * (1.0 - way * loss / 100)):
        return "stop_loss"
    if trail is not None and way * price <= way * (best * (1.0 - way * trail / 100)):
        return "trailing"
    if gain is not None and way * price >= way * (entry * (1.0 + way * gain / 100)):
        return "take_profit"
    return None


def placed(goal: float, position: float, price: float, due: int, why: str, terms: Terms) -> Order:
    """A new order, decided at a price; what opens or adds may rest."""
    opens = goal != 0 and (position * goal <= 0 or abs(goal) > abs(position))
    if terms.entry == "market" or why != "signal" or not opens:
        return Order(goal, due, why)
    ttl = waiting(terms)[1]
    life = inf if ttl is None else round(ttl * 1e6)
    return Order(goal, due, why, limit(price, goal > position, terms), due + life)


def crossed(order: Order, position: float, price: float, terms: Terms) -> bool:
    """Whether a print fills a resting order, or sets it off."""
    assert order.limit is not None
    if terms.entry == "stop":
        return price >= order.limit if order.target > position else price <= order.limit
    beyond = order.limit - price if order.target > position else price - order.limit
    return beyond > 0 or (beyond == 0 and terms.limit_fill == "touch")


def trade(ticks: Records, targets: list[float], terms: Terms) -> list[Fill]:
    """Every fill of a strategy that gives these targets."""
    fills: list[Fill] = []
    position = entry = best = 0.0
    order: Order | None = None
    latched: str | None = None
    held_against = 0.0  # the target that must change before a latched leg trades again
    opinion = 0.0
    unit, sized_for = terms.qty, 0.0  # what a target of 1 was when it became another one
    market = Volatility(terms)
    share = inf if terms.participation is None else terms.participation
    bids, asks = ticks["bid"].tolist(), ticks["ask"].tolist()
    latency = round(terms.latency_ms * 1e6)
    realised = fees = last = 0.0
    reached = int(ticks["ts"][0])  # funding through here was paid
    for i, (time, price, size) in enumerate(zip(ticks["ts"].tolist(), ticks["price"].tolist(), ticks["qty"].tolist(), strict=True)):
        for hours in due_hours(reached, time, terms):
            fees += position * last * (terms.funding_bps / 1e4) * hours
        equity = terms.capital + realised - fees + position * (last - entry)  # as marked on the print before
        reached, last = time, price
        market.see(time, price)
        closes = order is not None and order.limit is not None and position * (order.target - position) < 0
        if order is not None and order.limit is not None and not closes and time > order.expires:
            late = Order(order.target, int(order.expires) + latency, order.why)
            order = late if waiting(terms)[2] == "market" else None
        rests = order is not None and order.limit is not None and not closes
        if order is not None and time >= order.due and (not rests or crossed(order, position, price, terms)):  # (1) fill what is due
            if rests and terms.entry == "stop":
                order.limit, rests = None, False
            goal_now = 0.0 if closes else order.target
            wanted = difference(goal_now, position, terms)
            cap = available(share * size, terms) if size > 0 else inf
            qty = max(-cap, min(cap, wanted))
            if qty:
                after = goal_now if qty == wanted else added(position, qty, terms)
                cost = (
                    order.limit
                    if rests and order.limit is not None
                    else paid(price, qty, {"bid": bids[i], "ask": asks[i], "qty": size}, terms)
                )
                fees += abs(qty) * cost * fee_bps(rests, terms) / 1e4
                if position * qty < 0:
                    gain = min(abs(qty), abs(position)) * (cost - entry)
                    realised += gain if position > 0 else -gain
                fills.append(Fill(i, qty, cost, abs(qty) * cost * fee_bps(rests, terms) / 1e4, after, order.why))
                if position == 0.0 or position * after < 0.0:
                    entry, best = cost, price
                elif abs(after) > abs(position):
                    entry = (entry * abs(position) + cost * abs(qty)) / abs(after)
                position = after
                if position == order.target:
                    order = None
        fired = None
        if position != 0.0:  # (2) extremes, stops
            best = max(best, price) if position > 0 else min(best, price)
            fired = stop_reached(position, entry, best, price, terms)
        target = targets[i]  # (3) step
        if not isnan(target):
            if terms.side == "long_flat":
                target = max(target, 0.0)
            if latched and target != held_against:
                latched = None
            opinion = target
        if fired:  # (4) latch
            latched, held_against = fired, opinion
        if latched:
            goal, why = 0.0, latched
        elif isnan(target):
            continue
        else:
            fresh = target != 0.0 and (target != sized_for or unit == 0.0)
            if fresh and terms.size == "vol_pct" and not market.known:
                if target * (order.target if order else position) >= 0.0:
                    continue
                goal = 0.0
            else:
                if fresh:
                    unit = unit_of(price, equity, terms, target, market)
                sized_for = target
                goal = target * unit
            why = "signal"
        goal = ordered(goal, position, order.target if order else None, price, terms)
        if goal == (order.target if order else position):  # (5) order
            continue
        order = None if goal == position else placed(goal, position, price, time + latency, why, terms)
    return fills
