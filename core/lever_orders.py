"""What acts on a running strategy between two ticks: commands (pause, resume, flatten, reduce, its stops, the account's limits), and what
a venue did with its orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from core.terms import StopLoss, TakeProfit, Terms, Trailing

Positive: TypeAlias = Annotated[float, Meta(gt=0)]


class Pause(Struct, frozen=True, kw_only=True, tag="pause"):
    """The strategy sees ticks, its working orders are cancelled, position and stops stay. `id` None is all."""

    id: str | None


class Resume(Struct, frozen=True, kw_only=True, tag="resume"):
    """Undo a pause, and lift what protections locked. `id` None is all."""

    id: str | None


class Flatten(Struct, frozen=True, kw_only=True, tag="flatten"):
    """Close the position and stay flat until the strategy changes its mind. `id` None is all."""

    id: str | None


class Reduce(Struct, frozen=True, kw_only=True, tag="reduce"):
    """Close this share of a strategy's position, percent, and keep the rest until the strategy changes its mind. `id` None is all."""

    id: str | None
    pct: Annotated[float, Meta(gt=0, lt=100)] = 50.0


class SetStops(Struct, frozen=True, kw_only=True, tag="stops"):
    """A strategy's stops from here on, in percent as in its terms; None is off. They judge the position it holds from the next print on."""

    id: str
    stop_loss_pct: StopLoss | None = None
    take_profit_pct: TakeProfit | None = None
    trailing_pct: Trailing | None = None


class SetLimits(Struct, frozen=True, kw_only=True, tag="limits"):
    """Account-level limits, enforced in the loop of one strategy or (`id` None) of all."""

    id: str | None = None
    mode: Literal["normal", "stop_new", "reduce_only", "halt"] = "normal"
    max_position: Positive | None = None
    max_spread_pct: Positive | None = None
    price_low: Positive | None = None
    price_high: Positive | None = None


class Hear(Struct, frozen=True, kw_only=True, tag="hear"):
    """What a source beyond the tape says of a strategy's leg. No person says it: sources are configured, see `core.config_heard`."""

    source: str
    leg: int
    side: float  # -1 sell to 1 buy, 0 hold; NaN: it abstains
    confidence: float  # 0 to 1
    at: int  # ns, when it was said
    until: int  # ns, how long it counts


def silence(source: str, leg: int) -> Hear:
    """What is heard of a source that has said nothing yet."""
    return Hear(source=source, leg=leg, side=0.0, confidence=0.0, at=0, until=0)


class Executed(Struct, frozen=True, kw_only=True, tag="executed"):
    """A venue executed an order of a strategy, or a part of it. The engine alone says so.

    Attributes:
        order: the strategy's number of it. leg: of the strategy.
        qty: signed, base currency; position: after it, the exact sum of all executions.
        fee: quote currency, below 0 a rebate.
        client_id, trade_id: the order's name and the execution's, at the venue.
        ts_ns: venue time of the execution.
    """

    id: str
    leg: int
    order: int
    qty: Decimal
    position: Decimal
    price: Decimal
    fee: float
    client_id: str
    trade_id: str
    ts_ns: int


class Unplaced(Struct, frozen=True, kw_only=True, tag="unplaced"):
    """An order of a strategy is over, or never was, and does not lead where it was to. The engine alone says so.

    Attributes:
        wait_s: for so long, by the time of prints, nothing but an order to flat goes out on this leg.
    """

    id: str
    leg: int
    order: int
    reason: str
    wait_s: float = 0.0


def with_stops(terms: Terms, stops: SetStops) -> Terms:
    """The terms with these stops in the place of theirs."""
    return msgspec.structs.replace(
        terms, stop_loss_pct=stops.stop_loss_pct, take_profit_pct=stops.take_profit_pct, trailing_pct=stops.trailing_pct
    )


LeverCommand: TypeAlias = Pause | Resume | Flatten | Reduce | SetStops | SetLimits

#: What a venue did with an order.
VenueWord: TypeAlias = Executed | Unplaced

#: What goes with a lever to the loop.
Said: TypeAlias = SetLimits | SetStops | Reduce | Hear | VenueWord | None
