"""Trading on bars once more, written from docs/costs.md, docs/results.md and docs/architecture.md alone: lists and floats, slow and plain,
sharing no code with the loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan

from loop_reference_guards import Guards, adds, even_level, overdue
from loop_reference_terms import (
    Volatility,
    added,
    available,
    difference,
    fee_bps,
    limit,
    ordered,
    paid,
    profit,
    unit_of,
    waiting,
)

from core.terms import Terms

DAY = 86_400_000_000_000

STOPS = ("stop_loss", "trailing", "break_even", "time_stop")


@dataclass
class Bar:
    """One row of a source."""

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    def against(self, way: float) -> float:
        """The extreme against a long (1) or a short (-1)."""
        return self.low if way > 0 else self.high

    def favouring(self, way: float) -> float:
        """The extreme for it."""
        return self.high if way > 0 else self.low


@dataclass
class Order:
    """The position it leads to, from when on it is at the venue, and what it waits for there."""

    goal: float
    due: int
    why: str = "signal"
    price: float | None = None
    expires: float = inf


@dataclass
class Fill:
    """An execution, told at the close of its bar."""

    bar: int
    time: int
    qty: float
    price: float
    fee: float
    position: float
    why: str


@dataclass
class Trip:
    """A round trip from flat to flat, or to a flip."""

    realised: float = 0.0
    fees: float = 0.0


@dataclass
class Account:
    """What docs/results.md calls by these names."""

    capital: float
    realised: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    equity: float = 0.0
    peak: float = 0.0
    max_drawdown: float = 0.0
    max_drawdown_ratio: float = 0.0
    closed: list[Trip] = field(default_factory=list)
    midnights: list[tuple[int, float]] = field(default_factory=list)

    def mark(self, open_result: float) -> None:
        """Equity, and how far it lies below its peak."""
        self.equity = self.capital + self.realised - self.fees + open_result
        self.peak = max(self.peak, self.equity)
        fall = self.peak - self.equity
        self.max_drawdown = max(self.max_drawdown, fall)
        self.max_drawdown_ratio = max(self.max_drawdown_ratio, fall / self.peak)


class BarTwin:
    """One strategy on one symbol's bars, told its target at each close."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.account = Account(terms.capital, equity=terms.capital, peak=terms.capital)
        self.fills: list[Fill] = []
        self.trip = Trip()
        self.order: Order | None = None
        self.position = self.entry = self.best = 0.0
        self.close = 0.0  # of the bar before
        self.at = 0  # number of the bar
        self.room = inf  # of its volume, what may still be taken
        self.triggered_at = 0.0
        self.latched: str | None = None
        self.held_against = self.opinion = 0.0
        self.unit, self.sized_for = terms.qty, 0.0
        self.market = Volatility(terms)
        self.latency = round(terms.latency_ms * 1e6)
        exits = (terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct, terms.break_even_pct)
        self.at_venue = terms.exits == "resting" and exits != (None, None, None, None)
        self.guards = Guards(terms)
        self.entered = 0  # when the bar opened that the position is of

    def run(self, bars: list[Bar], targets: list[float]) -> None:
        """Trade them all."""
        reached = bars[0].start
        for self.at, (bar, target) in enumerate(zip(bars, targets, strict=True)):
            self._pass_time(reached, bar.start)
            reached = bar.start
            fired = self._trade_inside(bar)
            self.close = bar.close
            self.market.see(bar.end, bar.close)
            open_result = self.position * (bar.close - self.entry) if self.position else 0.0
            self._decide(bar, target, fired, self._guard(bar, open_result))
            self.account.mark(open_result)

    def _guard(self, bar: Bar, open_result: float) -> str | None:
        """What protections make of the close; why everything is to be closed."""
        account, order = self.account, self.order
        equity = account.capital + account.realised - account.fees + open_result
        closing = self.guards.look(equity, self.trip.realised - self.trip.fees + open_result, bar.end)
        if order is not None and self.guards.locked(bar.end) and adds(self.position, order.goal):
            self.order = Order(0.0, bar.end + self.latency, order.why) if self.position * order.goal < 0 else None
        return closing

    # time

    def _pass_time(self, since: int, now: int) -> None:
        """From the opening of one bar to that of the next: funding at the close between them, and the mark of the day that ended. What
        is due by midnight belongs to that day."""
        midnight = (since // DAY + 1) * DAY
        self._fund(since, min(midnight, now))
        if now >= midnight:
            self.account.midnights.append((midnight, self.account.equity))
            self.guards.new_day(self.account.equity)
            self._fund(midnight, now)

    def _fund(self, since: int, now: int) -> None:
        every = self.terms.funding_hours * 3_600_000_000_000
        times = now // every - since // every
        if self.terms.funding_bps and self.position and times:
            cost = self.position * self.close * (self.terms.funding_bps / 1e4) * times
            self.account.fees += cost
            self.account.funding += cost
            self.trip.fees += cost
            self.account.mark(self.position * (self.close - self.entry))

    # executions

    def _execute(self, bar: Bar, qty: float, after: float, price: float, seen: float, why: str, *, made: bool = False) -> None:
        """Book one; `seen` is what the market was at, for trailing stops."""
        fee = abs(qty) * price * fee_bps(made, self.terms) / 1e4
        before = self.position
        self.account.fees += fee
        if before * qty < 0:
            closed = min(abs(qty), abs(before))
            gain = closed * (price - self.entry) if before > 0 else -(closed * (price - self.entry))
            self.account.realised += gain
            self.trip.realised += gain
            share = fee * (closed / abs(qty))
            self.trip.fees += share
            if before * after <= 0:
                self.account.closed.append(self.trip)
                self.guards.closed(self.trip.realised - self.trip.fees, why, bar.end)
                self.entered = bar.start
                self.trip = Trip(fees=fee - share)
                self.entry, self.best = (price, seen) if after else (0.0, 0.0)
        else:
            self.trip.fees += fee
            if before == 0.0:
                self.entry, self.best = price, seen
                self.entered = bar.start
            else:
                self.entry = (self.entry * abs(before) + price * abs(qty)) / abs(after)
        self.position = after
        self.fills.append(Fill(self.at, bar.end, qty, price, fee, after, why))

    def _take(self, bar: Bar, qty: float, after: float, price: float, why: str) -> None:
        """A market order."""
        print_ = {"price": price, "bid": float("nan"), "ask": float("nan"), "qty": bar.volume}
        self._execute(bar, qty, after, paid(price, qty, print_, self.terms), price, why)

    def _part(self, goal: float) -> tuple[float, float]:
        """How much of what leads to a goal the bar has room for, and the position after it."""
        wanted = difference(goal, self.position, self.terms)
        if abs(wanted) <= self.room:
            return wanted, goal
        most = available(self.room, self.terms)
        qty = most if wanted > 0 else -most
        return qty, added(self.position, qty, self.terms)

    # inside a bar

    def _trade_inside(self, bar: Bar) -> str | None:
        """What a bar does to what was there when it opened; the stop that it set off."""
        share = self.terms.participation
        self.room = share * bar.volume if share is not None and bar.volume > 0 else inf
        self._expire(bar)
        before, came = self.position, self._work(bar)
        if self.at_venue and self.room != inf:
            self.room = max(self.room - abs(self.position - before), 0.0)
        if not self.position:
            return None
        return self._exits_at_venue(bar, came) if self.at_venue else self._exits(bar, came)

    def _closes(self) -> bool:
        """Whether what is next of the working order takes away from the position."""
        return self.order is not None and self.position * (self.order.goal - self.position) < 0

    def _rests(self) -> bool:
        return self.order is not None and self.order.price is not None and not self._closes()

    def _expire(self, bar: Bar) -> None:
        """An order whose time ends inside a bar does not fill in it."""
        if not self._rests():
            return
        assert self.order is not None
        if bar.end > self.order.expires:
            later = Order(self.order.goal, int(self.order.expires) + self.latency, self.order.why)
            self.order = later if waiting(self.terms)[2] == "market" else None

    def _work(self, bar: Bar) -> str:
        """Let the working order fill; where its fill came in the bar: `open`, `limit`, `trigger`, or `` where none came inside."""
        order = self.order
        if order is None or bar.start < order.due:
            return "open"
        if not self._rests():
            turns = order.price is not None and self._closes()
            qty, after = self._part(0.0 if turns else order.goal)
            if qty:
                self._take(bar, qty, after, bar.open, order.why)
            came = "open"
        elif self.terms.entry == "stop":
            came = self._trigger(bar, order)
        else:
            came = self._fill_limit(bar, order)
        if self.order is not None and self.position == self.order.goal:
            self.order = None
        return came

    def _fill_limit(self, bar: Bar, order: Order) -> str:
        assert order.price is not None
        way = 1.0 if order.goal > self.position else -1.0
        beyond = way * (order.price - bar.against(way))
        if beyond < 0 or (beyond == 0 and self.terms.limit_fill != "touch"):
            return "open"
        qty, after = self._part(order.goal)
        if not qty:
            return "open"
        self._execute(bar, qty, after, order.price, order.price, order.why, made=True)
        return "limit"

    def _trigger(self, bar: Bar, order: Order) -> str:
        assert order.price is not None
        way = 1.0 if order.goal > self.position else -1.0
        gapped = way * bar.open >= way * order.price
        if not gapped and (way * bar.favouring(way) < way * order.price or self._out_before(bar, order.price)):
            return "open"
        price, order.price = (bar.open if gapped else order.price), None
        qty, after = self._part(order.goal)
        if not qty:
            return "open"
        self._take(bar, qty, after, price, order.why)
        self.triggered_at = price
        return "open" if gapped else "trigger"

    def _out_before(self, bar: Bar, price: float) -> bool:
        """Whether what is held is stopped out by the open, or takes its profit on the way from there to a price."""
        if not self.position:
            return False
        way = 1.0 if self.position > 0 else -1.0
        best = max(self.best, bar.open) if way > 0 else min(self.best, bar.open)
        if self._protective_hit(bar.open, best) or overdue(self.entered, bar.start, self.terms):
            return True
        goal = self._goal()
        return goal is not None and way * goal < way * price

    # stops

    def _levels(self, best: float) -> list[tuple[float, str]]:
        """Stop-loss, trailing stop and break-even."""
        way = 1.0 if self.position > 0 else -1.0
        found = []
        if self.terms.stop_loss_pct is not None:
            found.append((self.entry * (1.0 - way * (self.terms.stop_loss_pct / 100)), "stop_loss"))
        if self.terms.trailing_pct is not None:
            found.append((best * (1.0 - way * (self.terms.trailing_pct / 100)), "trailing"))
        if (even := even_level(self.position, self.entry, best, self.terms)) is not None:
            found.append((even, "break_even"))
        return found

    def _protective_hit(self, price: float, best: float) -> str | None:
        way = 1.0 if self.position > 0 else -1.0
        return next((why for level, why in self._levels(best) if way * price <= way * level), None)

    def _nearest(self) -> tuple[float, str] | None:
        """The one of them that a falling (rising) market reaches first."""
        way = 1.0 if self.position > 0 else -1.0
        return max(self._levels(self.best), key=lambda found: way * found[0], default=None)

    def _goal(self) -> float | None:
        """Where profit is taken."""
        if self.at_venue:
            return profit(self.position, self.entry, self.terms)
        if self.terms.take_profit_pct is None:
            return None
        return self.entry * (1.0 + (1.0 if self.position > 0 else -1.0) * (self.terms.take_profit_pct / 100))

    def _profits(self, price: float) -> bool:
        """Whether the market at a price takes it."""
        goal, way = self._goal(), 1.0 if self.position > 0 else -1.0
        if goal is None:
            return False
        beyond = way * (price - goal)
        return beyond > 0 or (beyond == 0 and (not self.at_venue or self.terms.limit_fill == "touch"))

    def _stretch(self, *prices: float) -> None:
        self.best = max(self.best, *prices) if self.position > 0 else min(self.best, *prices)

    def _sets_off(self, bar: Bar, came: str) -> tuple[str, float] | None:
        """The exit that a bar reaches, and where; `came` is where in the bar an order of ours filled."""
        way = 1.0 if self.position > 0 else -1.0
        if came == "open":
            self._stretch(bar.open)
            if why := self._protective_hit(bar.open, self.best):
                return why, bar.open
            if self._profits(bar.open):
                return "take_profit", bar.open
            if overdue(self.entered, bar.start, self.terms):
                return "time_stop", bar.open
        near = self._nearest()
        if near is not None and way * bar.against(way) <= way * near[0]:
            worst = {"open": near[0], "limit": bar.open, "trigger": self.triggered_at}[came]
            return near[1], min(near[0], worst) if way > 0 else max(near[0], worst)
        if came != "limit" and self._profits(bar.favouring(way)):
            goal = self._goal()
            assert goal is not None
            return "take_profit", goal
        self._stretch(bar.close if came == "limit" else bar.favouring(way))
        return None

    def _exits(self, bar: Bar, came: str) -> str | None:
        """Stops inside a bar fill whole, at once."""
        found = self._sets_off(bar, came)
        if found is None:
            return None
        self.order = None
        self._take(bar, difference(0.0, self.position, self.terms), 0.0, found[1], found[0])
        return found[0]

    def _exits_at_venue(self, bar: Bar, came: str) -> str | None:
        """They share the bar's room with what filled before; an order that closes and is at the venue takes their place."""
        way = 1.0 if self.position > 0 else -1.0
        if self._closes() and self.order is not None and bar.start >= self.order.due:
            self._stretch(bar.open, bar.favouring(way))
            return None
        found = self._sets_off(bar, came)
        if found is None:
            return None
        if found[0] in STOPS:
            return self._stop_out(bar, *found)
        took = self._take_profit(bar)
        if self.position:
            near = self._nearest()
            if near is not None and way * bar.against(way) <= way * near[0]:
                self.room = 0.0
                return self._stop_out(bar, near[1], near[0])
            self._stretch(bar.favouring(way))
        return took

    def _stop_out(self, bar: Bar, why: str, price: float) -> str:
        qty, after = self._part(0.0)
        self.order = Order(0.0, bar.end, why)
        if qty:
            self._take(bar, qty, after, price, why)
        if not self.position:
            self.order = None
        return why

    def _take_profit(self, bar: Bar) -> str | None:
        """Part of what wanted out anyway goes on; what was to add is cancelled."""
        qty, after = self._part(0.0)
        if not qty:
            return None
        goal = self._goal()
        assert goal is not None
        leaves = self.order is not None and self.position * self.order.goal <= 0
        self._execute(bar, qty, after, goal, goal, "take_profit", made=True)
        if self.order is not None:
            self.order = Order(0.0, self.order.due, self.order.why) if leaves and self.position else None
        return "take_profit"

    # decisions

    def _decide(self, bar: Bar, target: float, fired: str | None, closing: str | None) -> None:
        """At the close."""
        quiet = isnan(target)
        if not quiet:
            target = max(target, 0.0) if self.terms.side == "long_flat" else target
            if self.latched and target != self.held_against:
                self.latched = None
            self.opinion = target
        if fired:
            self.latched, self.held_against = fired, self.opinion
        if closing and (self.position or self.order is not None) and self.latched in (None, "take_profit"):
            self.latched, self.held_against = closing, self.opinion
        if self.at_venue and self.latched == "take_profit" and self.position * self.held_against > 0:
            return
        goal: float | None = 0.0 if self.latched else None if quiet else self._sized(bar, target)
        if goal is None:
            return
        working = None if self.order is None else self.order.goal
        goal = ordered(goal, self.position, working, bar.close, self.terms)
        if goal == (self.position if working is None else working):
            return
        if self.guards.hindrance(bar.end, self.position, goal):
            goal = 0.0 if self.position * goal < 0 else self.position
            if goal == (self.position if working is None else working):
                return
        self.order = None if goal == self.position else self._placed(goal, bar)

    def _sized(self, bar: Bar, target: float) -> float | None:
        """The position a target asks for; None: leave all as it is."""
        if target != 0.0 and (target != self.sized_for or self.unit == 0.0):
            if self.terms.size == "vol_pct" and not self.market.known:
                working = self.position if self.order is None else self.order.goal
                return None if target * working >= 0.0 else 0.0
            self.unit = unit_of(bar.close, self.account.equity, self.terms, target, self.market)
        self.sized_for = target
        return target * self.unit

    def _placed(self, goal: float, bar: Bar) -> Order:
        due, why = bar.end + self.latency, self.latched or "signal"
        opens = goal != 0 and (self.position * goal <= 0 or abs(goal) > abs(self.position))
        if self.terms.entry == "market" or self.latched or not opens:
            return Order(goal, due, why)
        ttl = waiting(self.terms)[1]
        life = inf if ttl is None else round(ttl * 1e6)
        return Order(goal, due, why, limit(bar.close, goal > self.position, self.terms), due + life)
