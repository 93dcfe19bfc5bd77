"""Whether the account may take what a strategy wants: one pure function, for orders to venues and for what strategies may do on paper.

What makes a position smaller always passes, but in a halt; of a flip that is refused its exit passes. The words of what is refused are
those of the loop's own limits, where it has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from core.trading.exposure import Exposure, Holding

#: Modes by how much they hold back.
MODES = ("normal", "stop_new", "reduce_only", "halt")


class Intent(Struct, frozen=True, kw_only=True):
    """A position that is wanted. Quantities signed, base currency; prices and money in quote currency.

    Attributes:
        position: what is held of the symbol by this strategy now.
        want: what it is to be.
        price: the last price; bid and ask None where not known.
        limit: of an order that waits; None at the market.
        age_s: how long ago anything was heard of the symbol.
        confidence: 0..1; None: the strategy says none.
        person: somebody takes something off by hand.
    """

    strategy_id: str
    symbol: str
    position: float
    want: float
    price: float
    bid: float | None = None
    ask: float | None = None
    limit: float | None = None
    age_s: float = 0.0
    confidence: float | None = None
    person: bool = False


class Working(Struct, frozen=True):
    """A limit order that works at the venue."""

    strategy_id: str
    symbol: str
    qty: float  # signed
    limit: float


class Account(Struct, frozen=True, kw_only=True, dict=True):
    """The account at a moment: its equity, open positions counted in, that equity's peak, and all it holds."""

    equity: float
    peak: float
    holdings: tuple[Holding, ...] = ()
    working: tuple[Working, ...] = ()

    @cached_property
    def exposure(self) -> Exposure:
        """What it holds, added up."""
        return Exposure(self.holdings)


class Limits(Struct, frozen=True, kw_only=True):
    """What the account may hold. None is off; percents are of equity.

    Attributes:
        groups: symbols that move together: what they are worth, net, counts as one.
        band_pct: how far a limit price may lie from the last one, and at the market the last one from the middle of the quotes.
        stale_s: nothing is opened on a symbol of which nothing was heard for longer.
    """

    mode: str = "normal"
    max_positions: int | None = None
    max_symbol_pct: float | None = None
    max_strategy_pct: float | None = None
    max_group_pct: float | None = None
    groups: tuple[frozenset[str], ...] = ()
    max_leverage: float | None = None
    max_notional: float | None = None
    min_notional: float = 0.0
    max_drawdown_pct: float | None = None
    band_pct: float | None = None
    stale_s: float | None = None
    min_confidence: float = 0.0


class Order(Struct, frozen=True):
    """The position that may be ordered; `cut` says what held the rest back, empty nothing."""

    want: float
    cut: str = ""


class Rejection(Struct, frozen=True):
    """Nothing may be ordered: which limit, and its figures in words."""

    reason: str
    detail: str = ""


def judge(intent: Intent, account: Account, limits: Limits) -> Order | Rejection:
    """What the account lets through of an intent."""
    position, want = intent.position, intent.want
    if want == position or intent.person:
        return Order(want)
    if limits.mode == "halt":
        return Rejection("halted", "the account is halted")
    flips = position * want < 0.0
    if not flips and abs(want) <= abs(position):
        return Order(want)
    refused = forbidden(intent, account, limits)
    if refused is None:
        most, why = room(intent, account, limits)
        if most >= abs(want):
            return Order(want)
        if most > (0.0 if flips else abs(position)) and most * intent.price >= limits.min_notional:
            return Order(math.copysign(most, want), why.reason)
        refused = why
    return Order(0.0, refused.reason) if flips else refused


def forbidden(intent: Intent, account: Account, limits: Limits) -> Rejection | None:
    """What keeps a position from being opened, added to or flipped, whatever its size; None nothing."""
    opens = intent.position == 0.0 or intent.position * intent.want < 0.0
    if limits.mode == "stop_new" and opens:
        return Rejection("no new positions", "the account takes no new positions")
    if limits.mode == "reduce_only":
        return Rejection("reduce only", "the account only reduces")
    fall = fall_pct(account)
    if limits.max_drawdown_pct is not None and fall >= limits.max_drawdown_pct:
        return Rejection("drawdown limit", f"{fall:.2f} % below the peak of {limits.max_drawdown_pct:g} %")
    if limits.stale_s is not None and intent.age_s > limits.stale_s:
        return Rejection("stale price", f"the last was heard {intent.age_s:.1f} s ago, {limits.stale_s:g} s at most")
    if intent.confidence is not None and intent.confidence < limits.min_confidence:
        return Rejection("not sure enough", f"confidence {intent.confidence:.2f}, at least {limits.min_confidence:g}")
    if limits.band_pct is not None and (found := off_pct(intent)) is not None and found[0] > limits.band_pct:
        return Rejection("outside the price band", f"{found[1]}: {found[0]:.2f} %, {limits.band_pct:g} % at most")
    if crosses := _crossed(intent, account.working):
        return Rejection("would meet our own order", f"{crosses.strategy_id} {'buys' if crosses.qty > 0 else 'sells'} at {crosses.limit:g}")
    if limits.max_positions is not None and opens:
        count = account.exposure.count - account.exposure.own(intent.strategy_id, intent.symbol).open
        if count >= limits.max_positions:
            return Rejection("too many positions", f"{count} of {limits.max_positions} are open")
    return None


def room(intent: Intent, account: Account, limits: Limits) -> tuple[float, Rejection]:
    """The largest position, base currency without sign, that exposure lets the strategy hold on the side it wants; and what sets it.

    Infinity where nothing does, or no price is known.
    """
    side = math.copysign(1.0, intent.want)
    held, equity = account.exposure, max(account.equity, 0.0)
    own = held.own(intent.strategy_id, intent.symbol)
    rooms: list[tuple[float, str, str]] = []
    if limits.max_notional is not None:
        rooms.append((limits.max_notional, "position limit", f"{limits.max_notional:,.2f} at most"))
    if limits.max_symbol_pct is not None:
        net = side * held.net_beside(own, (intent.symbol,))
        rooms.append(_share(equity, limits.max_symbol_pct, net, "symbol limit", intent.symbol))
    if limits.max_strategy_pct is not None:
        gross = held.of_beside(own, intent.strategy_id)
        rooms.append(_share(equity, limits.max_strategy_pct, gross, "strategy limit", intent.strategy_id))
    if limits.max_group_pct is not None:
        for group in limits.groups:
            if intent.symbol in group:
                net = side * held.net_beside(own, group)
                rooms.append(_share(equity, limits.max_group_pct, net, "group limit", ", ".join(sorted(group))))
    if limits.max_leverage is not None:
        gross = held.size_beside(own)
        rooms.append(_share(equity, limits.max_leverage * 100.0, gross, "leverage limit", "the account"))
    if not rooms or not intent.price > 0.0:
        return math.inf, Rejection("")
    value, reason, detail = min(rooms, key=lambda each: each[0])
    return max(value, 0.0) / intent.price, Rejection(reason, detail)


def off_pct(intent: Intent) -> tuple[float, str] | None:
    """How far, in percent, a limit is off the last price, at the market that price off the quotes; and which of them. None: not known."""
    if intent.limit is not None:
        return abs(intent.limit - intent.price) / intent.price * 100.0, "the limit off the last price"
    off = mid_off_pct(intent.price, intent.bid, intent.ask)
    return None if off is None else (off, "the last price off the quotes")


def mid_off_pct(price: float | None, bid: float | None, ask: float | None) -> float | None:
    """How far, in percent, a price is off the middle of the quotes; None where one of them is not known."""
    if price is None or bid is None or ask is None or not bid + ask > 0.0:
        return None
    middle = (bid + ask) / 2.0
    return abs(price - middle) / middle * 100.0


def fall_pct(account: Account) -> float:
    """How far equity is below its peak, in percent of the peak."""
    return max(0.0, (account.peak - account.equity) / account.peak * 100.0) if account.peak > 0.0 else 0.0


def _share(equity: float, percent: float, used: float, reason: str, whose: str) -> tuple[float, str, str]:
    """What is left of a share of equity."""
    most = equity * percent / 100.0
    return most - used, reason, f"{whose}: {used:,.2f} of {most:,.2f} in use elsewhere"


def _crossed(intent: Intent, working: Iterable[Working]) -> Working | None:
    """An order of another strategy that this one would be filled against."""
    buys = intent.want > intent.position
    reach = intent.limit if intent.limit is not None else (intent.ask if buys else intent.bid) or intent.price
    for order in working:
        other = order.symbol == intent.symbol and order.strategy_id != intent.strategy_id and (order.qty < 0.0) == buys
        if other and (order.limit <= reach if buys else order.limit >= reach):
            return order
    return None
