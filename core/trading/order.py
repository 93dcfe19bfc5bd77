"""An order and its state machine: a pure function from an order and an event to the order after it, defined for every state and event.

What a venue executed is true, whenever it is told: after a cancel, before the acknowledgement, beyond what was asked for. Only an
execution that was counted already is not counted again. What contradicts what is known leads to `unknown`, and the venue is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.trading.events import (
    Accepted,
    CancelAsked,
    Cancelled,
    CancelRefused,
    Event,
    Expired,
    Fill,
    Lost,
    NotFound,
    NotSent,
    Rejected,
    Reported,
    Sent,
    kind_of,
)
from core.trading.exact import ZERO, added, minus, plus, times
from core.trading.states import FINAL, TRANSITIONS, State


class Intent(Struct, frozen=True, kw_only=True):
    """What is wanted; on disk before anything of it is on the wire.

    Attributes:
        symbol: `venue:SYMBOL`; `base`, `quote`: what is bought or sold, and what is paid in.
        qty: base currency, above 0.
        price: the limit, in quote currency; None of a market order.
        closes: it only reduces a position.
        decided_ns: our time of the decision; `tick_ns`: when the tick it was made on was read, 0: not known.
        seq: of that tick. order: what the strategy's own loop counts it as, 0: it is none of a loop.
    """

    client_id: str
    strategy_id: str
    number: int
    symbol: str
    base: str
    quote: str
    side: Literal["buy", "sell"]
    qty: Decimal
    type: Literal["market", "limit"] = "market"
    price: Decimal | None = None
    closes: bool = False
    decided_ns: int = 0
    tick_ns: int = 0
    seq: int = 0
    order: int = 0


class Order(Struct, frozen=True, kw_only=True):
    """An intent and what became of it.

    Attributes:
        events: how many events it took: the number of the next row in the journal.
        attempts: how often it was handed to the wire.
        sent_ns: when last; 0: never.
        reached: the venue is known to have had it.
        filled: base currency; `worth`: quote currency, the sum of quantity times price; `fees`: by asset.
        said: what the venue itself said is filled.
        duplicates: executions told again; `late`: counted although it was over.
        odd: events that do not go with what was known, `remark` says which was the last.
        reason: why it ended, or was not taken.
    """

    intent: Intent
    state: State = State.CREATED
    events: int = 0
    attempts: int = 0
    sent_ns: int = 0
    venue_id: str = ""
    reached: bool = False
    filled: Decimal = ZERO
    worth: Decimal = ZERO
    fees: dict[str, Decimal] = {}  # msgspec copies an empty default
    fills: tuple[Fill, ...] = ()
    said: Decimal = ZERO
    cancel_asked: bool = False
    duplicates: int = 0
    late: int = 0
    odd: int = 0
    remark: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        """Its client order id."""
        return self.intent.client_id

    @property
    def overfilled(self) -> Decimal:
        """How much more was filled than asked for."""
        return max(ZERO, minus(self.filled, self.intent.qty))

    @property
    def owed(self) -> Decimal:
        """What the venue says is filled, and whose executions have not been told."""
        return max(ZERO, minus(self.said, self.filled))

    @property
    def settled(self) -> bool:
        """It is over, and every execution the venue spoke of is here."""
        return self.state in FINAL and not self.owed


def apply(order: Order, event: Event) -> Order:
    """The order after an event. An execution that is known already changes nothing but the count of such."""
    if isinstance(event, Fill):
        known = next((fill for fill in order.fills if fill.trade_id == event.trade_id), None)
        if known is not None and same_execution(known, event):
            return replace(order, duplicates=order.duplicates + 1)
        if known is not None:
            return _odd(replace(order, events=order.events + 1), f"trade {event.trade_id} was told again with other figures")
    state, odd = TRANSITIONS[order.state, kind_of(event)]
    after = _took(order, event)
    if state is None:
        state, contradicts = _by_quantities(after, event)
        odd = odd or contradicts
    if odd:
        after = _odd(after, f"{kind_of(event)} while {order.state}".replace("_", " "))
    return replace(after, state=state, events=order.events + 1)


def same_execution(a: Fill, b: Fill) -> bool:
    """Whether two tellings of one trade id agree in what counts."""
    return (a.qty, a.price, a.fee, a.fee_asset) == (b.qty, b.price, b.fee, b.fee_asset)


def replay(intent: Intent, events: Iterable[Event]) -> Order:
    """An order as its journal tells it."""
    order = Order(intent=intent)
    for event in events:
        order = apply(order, event)
    return order


def _by_quantities(after: Order, event: Event) -> tuple[State, bool]:
    """The next state where it depends on what was filled, and whether the event contradicts that."""
    before = after.state
    by_fills = State.FILLED if after.filled >= after.intent.qty else State.PARTIALLY_FILLED if after.filled else State.ACKNOWLEDGED
    match event:
        case Fill() if before in (State.CANCELLED, State.EXPIRED) and by_fills is not State.FILLED:
            return before, False  # what is filled came too late to be told, the rest is withdrawn all the same
        case Rejected() if after.reached:
            return State.UNKNOWN, True
        case Rejected():
            return State.REJECTED, False
        case NotFound():  # it was there and is forgotten, or it never came
            return (State.EXPIRED, True) if after.reached else (State.REJECTED, False)
    return by_fills, False


def _took(order: Order, event: Event) -> Order:
    """What an event says, put down, but for the state."""
    match event:
        case Sent():
            return replace(order, attempts=order.attempts + 1, sent_ns=event.ts_ns)
        case Accepted():
            return replace(order, reached=True, venue_id=event.venue_id or order.venue_id)
        case Fill():
            return replace(
                order,
                reached=True,
                filled=plus(order.filled, event.qty),
                worth=plus(order.worth, times(event.qty, event.price)),
                fees=added(order.fees, {event.fee_asset: event.fee}),
                fills=(*order.fills, event),
                late=order.late + (order.state in FINAL and order.state is not State.FILLED),
            )
        case Cancelled() | Expired():
            said = order.said if event.executed is None else max(order.said, event.executed)
            return replace(order, said=said, reason=event.reason or order.reason)
        case Reported():
            return replace(order, said=max(order.said, event.executed))
        case CancelAsked():
            return replace(order, cancel_asked=True)
        case CancelRefused():
            return order
        case NotFound():
            return replace(order, reason="the venue no longer knows it" if order.reached else "it never arrived at the venue")
        case NotSent() | Rejected() | Lost():
            return replace(order, reason=event.reason)


def _odd(order: Order, remark: str) -> Order:
    return replace(order, odd=order.odd + 1, remark=remark)


_INTENTS = msgspec.json.Decoder(Intent)


def written_intent(intent: Intent) -> str:
    """An intent as JSON; amounts are texts."""
    return msgspec.json.encode(intent).decode()


def read_intent(text: str) -> Intent:
    """What `written_intent` wrote.

    Raises:
        ValueError: the text is no intent.
    """
    return _INTENTS.decode(text)
