"""What can happen to an order: what we did with it, and what a venue said of it. Times are int64 ns UTC."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec
from msgspec import Struct


class Sent(Struct, frozen=True, tag="sent", tag_field="kind"):
    """It is about to be handed to the wire; its intent is on disk."""

    ts_ns: int


class NotSent(Struct, frozen=True, tag="not_sent", tag_field="kind"):
    """The venue certainly did not take it, and it may be tried again, after `after_s` seconds at the earliest."""

    ts_ns: int
    reason: str
    after_s: float = 0.0


class Accepted(Struct, frozen=True, tag="accepted", tag_field="kind"):
    """The venue has it, under an id of its own."""

    ts_ns: int
    venue_id: str = ""


class Rejected(Struct, frozen=True, tag="rejected", tag_field="kind"):
    """The venue refused it for good."""

    ts_ns: int
    reason: str


class Fill(Struct, frozen=True, tag="fill", tag_field="kind"):
    """An execution, told apart from others of its symbol by the venue's own trade id.

    Attributes:
        qty, price: base currency, above 0; quote currency.
        fee: in `fee_asset`, below 0 a rebate.
        maker: whether it rested in the book; None: not known.
        ts_ns: venue time of the execution.
    """

    ts_ns: int
    trade_id: str
    qty: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool | None = None


class CancelAsked(Struct, frozen=True, tag="cancel_asked", tag_field="kind"):
    """We want it withdrawn."""

    ts_ns: int
    reason: str = ""


class CancelRefused(Struct, frozen=True, tag="cancel_refused", tag_field="kind"):
    """The venue did not withdraw it: it is too late, or the venue does not know it."""

    ts_ns: int
    reason: str


class Cancelled(Struct, frozen=True, tag="cancelled", tag_field="kind"):
    """It is withdrawn, by us or by the venue; `executed` is what was filled of it by the venue's count, None: not said."""

    ts_ns: int
    reason: str = ""
    executed: Decimal | None = None


class Expired(Struct, frozen=True, tag="expired", tag_field="kind"):
    """Its time was over; `executed` as above."""

    ts_ns: int
    reason: str = ""
    executed: Decimal | None = None


class Lost(Struct, frozen=True, tag="lost", tag_field="kind"):
    """Nothing was heard in time, or it is not known whether it arrived."""

    ts_ns: int
    reason: str


class NotFound(Struct, frozen=True, tag="not_found", tag_field="kind"):
    """The venue says that it does not know it, at a time at which it would if it ever were to."""

    ts_ns: int


class Reported(Struct, frozen=True, tag="reported", tag_field="kind"):
    """How much of it is filled by the venue's count."""

    ts_ns: int
    executed: Decimal


Event: TypeAlias = (
    Sent | NotSent | Accepted | Rejected | Fill | CancelAsked | CancelRefused | Cancelled | Expired | Lost | NotFound | Reported
)

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Event)


def kind_of(event: Event) -> str:
    """Its name, as it stands in the journal."""
    return str(event.__struct_config__.tag)


def written(event: Event) -> str:
    """An event as JSON; amounts are texts, so that no digit is lost."""
    return _ENCODER.encode(event).decode()


def read(text: str) -> Event:
    """What `written` wrote.

    Raises:
        ValueError: the text is no such event.
    """
    event: Event = _DECODER.decode(text)
    return event
