"""The loop once more, for one leg on prints, written from the design's words alone, slow and plain, sharing no code with it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan

from loop_reference_guards import Guards, adds, even_level, overdue
from loop_reference_margin import Margin, Queue
from loop_reference_terms import (
    Volatility,
    added,
    available,
    difference,
    due_hours,
    fee_bps,
    limit,
    ordered,
    paid,
    profit,
    unit_of,
    waiting,
)

from core.commands import Terms
from core.types import Records

DAY = 86_400_000_000_000


@dataclass
class Order:
    """A working order: the target it was made for, and when it may fill."""

    target: float
    due: int
    why: str
    limit: float | None = None
    expires: float = inf
    ahead: float | None = None


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
    even = even_level(position, entry, best, terms)
    if even is not None and way * price <= way * even:
        return "break_even"
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


class Holdings:
    """A position, what it made, and the executions that led to it."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.fills: list[Fill] = []
        self.position = self.entry = self.best = self.realised = self.fees = 0.0
        self.trip_realised = self.trip_fees = 0.0
        self.entered = self.now = 0
        self.guards = Guards(terms)
        self.queue = Queue(terms)
        self.profit: tuple[float, float] | None = None  # where the take-profit stands in a queue, and what is ahead of it

    def result(self, price: float) -> float:
        """Of the open position, at a price."""
        return self.position * (price - self.entry) if self.position else 0.0

    def equity(self, price: float) -> float:
        """With what is open at a price."""
        return self.terms.capital + self.realised - self.fees + self.result(price)

    def _book_trip(self, qty: float, after: float, gain: float, fee: float, why: str) -> None:
        if self.position == 0.0:
            self.trip_realised, self.trip_fees, self.entered = 0.0, fee, self.now
        elif self.position * qty > 0:
            self.trip_fees += fee
        else:
            share = fee * (min(abs(qty), abs(self.position)) / abs(qty))
            self.trip_realised += gain
            self.trip_fees += share
            if self.position * after <= 0:
                self.guards.closed(self.trip_realised - self.trip_fees, why, self.now)
                self.trip_realised, self.trip_fees, self.entered = 0.0, fee - share, self.now

    def fill(self, tick: int, qty: float, after: float, cost: float, seen: float, why: str, *, made: bool) -> None:
        """An execution, on a print."""
        fee = abs(qty) * cost * fee_bps(made, self.terms) / 1e4
        if why == "liquidated":
            fee += abs(qty) * cost * self.terms.liquidation_fee_bps / 1e4
        self.fees += fee
        gain = 0.0
        if self.position * qty < 0:
            gain = min(abs(qty), abs(self.position)) * (cost - self.entry)
            gain = gain if self.position > 0 else -gain
            self.realised += gain
        self._book_trip(qty, after, gain, fee, why)
        self.fills.append(Fill(tick, qty, cost, fee, after, why))
        if self.position * after <= 0.0:
            self.profit = None
        if self.position == 0.0 or self.position * after < 0.0:
            self.entry, self.best = cost, seen
        elif abs(after) > abs(self.position):
            self.entry = (self.entry * abs(self.position) + cost * abs(qty)) / abs(after)
        self.position = after

    def pay_funding(self, since: int, now: int, price: float) -> None:
        """What is due after a time and through another; a day ends with what is due by its midnight."""
        midnight = (since // DAY + 1) * DAY
        for start, end in ((since, min(midnight, now)), (midnight, now)):
            for times in due_hours(start, end, self.terms) if start < end else []:
                cost = self.position * price * (self.terms.funding_bps / 1e4) * times
                self.fees += cost
                self.trip_fees += cost
            if end == midnight:
                self.guards.new_day(self.equity(price))

    def part(self, goal: float, size: float, most: float = inf) -> tuple[float, float]:
        """How much of what leads to a goal a print of a size lets through, and the position after it."""
        wanted = difference(goal, self.position, self.terms)
        share = inf if self.terms.participation is None else self.terms.participation
        cap = available(min(share * size, most), self.terms) if size > 0 else inf
        qty = max(-cap, min(cap, wanted))
        return qty, goal if qty == wanted else added(self.position, qty, self.terms)

    def exit_at_venue(self, tick: int, print_: dict[str, float], time: int, order: Order | None) -> tuple[str | None, Order | None]:
        """What a print does to a stop-loss, a trailing stop and a take-profit that rest: which it set off, and what works after it."""
        price = print_["price"]
        self.best = max(self.best, price) if self.position > 0 else min(self.best, price)
        if order is not None and time >= order.due and self.position * (order.target - self.position) < 0:
            self.profit = None
            return None, order
        qty, after = self.part(0.0, print_["qty"])
        why = stop_reached(self.position, self.entry, self.best, price, self.terms)
        if why in ("stop_loss", "trailing", "break_even"):
            if qty:
                self.fill(tick, qty, after, paid(price, qty, print_, self.terms), price, why, made=False)
            return why, Order(0.0, time, why)
        level = profit(self.position, self.entry, self.terms)
        beyond = 0.0 if level is None else (price - level if self.position > 0 else level - price)
        if level is not None and self.terms.limit_fill == "queue":
            if self.profit is None or self.profit[0] != level:
                self.profit = level, self.queue.joined(self.position < 0)
            ahead, got = self.queue.after(print_, level, self.position < 0, self.profit[1])
            self.profit = level, ahead
            qty, after = self.part(0.0, print_["qty"], got)
            qty = qty if got else 0.0
        elif not (beyond > 0 or (beyond == 0 and self.terms.limit_fill == "touch")):
            return None, order
        if level is None or not qty:
            return None, order
        leaves = order is not None and self.position * order.target <= 0 and after != 0.0
        self.fill(tick, qty, after, level, level, "take_profit", made=True)
        return "take_profit", Order(0.0, order.due, order.why) if leaves and order is not None else None


def trade(ticks: Records, targets: list[float], terms: Terms) -> list[Fill]:
    """Every fill of a strategy that gives these targets."""
    held = Holdings(terms)
    order: Order | None = None
    latched: str | None = None
    held_against = 0.0  # the target that must change before a latched leg trades again
    opinion = 0.0
    unit, sized_for = terms.qty, 0.0  # what a target of 1 was when it became another one
    market = Volatility(terms)
    margin = Margin(terms)
    exits = (terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct, terms.break_even_pct)
    at_venue = terms.exits == "resting" and exits != (None, None, None, None)
    bids, asks, sides = ticks["bid"].tolist(), ticks["ask"].tolist(), ticks["side"].tolist()
    latency = round(terms.latency_ms * 1e6)
    last = 0.0
    reached = int(ticks["ts"][0])  # funding through here was paid
    for i, (time, price, size) in enumerate(zip(ticks["ts"].tolist(), ticks["price"].tolist(), ticks["qty"].tolist(), strict=True)):
        print_ = {"price": price, "bid": bids[i], "ask": asks[i], "qty": size, "side": sides[i]}
        held.now = time
        held.pay_funding(reached, time, last)
        equity = held.equity(last)  # as marked on the print before
        reached, last = time, price
        market.see(time, price)
        closes = order is not None and order.limit is not None and held.position * (order.target - held.position) < 0
        if order is not None and order.limit is not None and not closes and time > order.expires:
            late = Order(order.target, int(order.expires) + latency, order.why)
            order = late if waiting(terms)[2] == "market" else None
        fired = None
        if at_venue and held.position != 0.0:
            fired, order = held.exit_at_venue(i, print_, time, order)
        rests = order is not None and order.limit is not None and not closes
        due = order is not None and time >= order.due and not fired
        got = inf
        if order is not None and due and rests and order.limit is not None and terms.entry == "limit" and terms.limit_fill == "queue":
            buys = order.target > held.position
            order.ahead, got = held.queue.after(print_, order.limit, buys, held.queue.joined(buys) if order.ahead is None else order.ahead)
        elif order is not None and rests and not crossed(order, held.position, price, terms):
            got = 0.0
        if order is not None and due and got:  # (1) fill what is due
            if rests and terms.entry == "stop":
                order.limit, rests = None, False
            qty, after = held.part(0.0 if closes else order.target, size, got)
            if qty:
                cost = order.limit if rests and order.limit is not None else paid(price, qty, print_, terms)
                held.fill(i, qty, after, cost, price, order.why, made=rests)
                if held.position == order.target:
                    order = None
        held.queue.see(print_)
        if margin.called(held.realised - held.fees, held.position, held.entry, price):
            held.fill(i, -held.position, 0.0, price, price, "liquidated", made=False)
            order = latched = None
            margin.closed = True
        if not at_venue and held.position != 0.0:  # (2) extremes, stops
            held.best = max(held.best, price) if held.position > 0 else min(held.best, price)
            fired = stop_reached(held.position, held.entry, held.best, price, terms)
        if fired is None and held.position != 0.0 and overdue(held.entered, time, terms):
            fired = "time_stop"
        closing = held.guards.look(held.equity(price), held.trip_realised - held.trip_fees + held.result(price), time)
        if order is not None and held.guards.locked(time) and adds(held.position, order.target):
            order = Order(0.0, time + latency, order.why) if held.position * order.target < 0 else None
            margin.refused = None
        target = targets[i]  # (3) step
        if not isnan(target):
            if terms.side == "long_flat":
                target = max(target, 0.0)
            if latched and target != held_against:
                latched = None
            opinion = target
        if fired:  # (4) latch
            latched, held_against = fired, opinion
        if closing and (held.position != 0.0 or order is not None) and latched in (None, "take_profit"):
            latched, held_against = closing, opinion
        if at_venue and latched == "take_profit" and held.position * held_against > 0:
            continue
        position = held.position
        if order is not None and order.target == position:
            order = None
        if latched:
            goal, why = 0.0, latched
        elif isnan(target) or margin.closed:
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
        now = terms.capital + held.realised - held.fees + position * (price - held.entry)
        goal = margin.cut(goal, position, order.target if order else position, price, now, why)
        goal = ordered(goal, position, order.target if order else None, price, terms)
        if goal == (order.target if order else position):  # (5) order
            continue
        if held.guards.hindrance(time, position, goal):
            margin.refused = None
            goal = 0.0 if position * goal < 0 else position
            if goal == (order.target if order else position):
                continue
        order = None if goal == position else placed(goal, position, price, time + latency, why, terms)
    return held.fills
