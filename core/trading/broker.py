"""What the desk asks of a venue's account, and the forms its answers come in; each venue has one implementation.

Every request has three ends: it went out, it certainly did not, or that is not known. A broker never guesses between them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from core.trading.events import Event, Fill
from core.trading.order import Intent


class Outcome(Struct, frozen=True):
    """How handing a request to the venue ended.

    Attributes:
        fate: sent: the venue has it, and what it says of it comes as an event; not_sent: the venue certainly did not take it, whether for
            want of a connection or because it told us to come again; uncertain: neither is known.
        after_s: of not_sent: not again before so many seconds.
    """

    fate: Literal["sent", "not_sent", "uncertain"]
    reason: str = ""
    after_s: float = 0.0


class Heard(Struct, frozen=True):
    """Something the venue said of an order by itself."""

    client_id: str
    event: Event


class Interrupted(Struct, frozen=True):
    """What the venue said between two moments may have been missed."""

    reason: str


Said: TypeAlias = Heard | Interrupted


class Report(Struct, frozen=True, kw_only=True):
    """How an order stands at the venue.

    Attributes:
        state: working, or how it ended.
        executed: base currency, by the venue's count.
        fills: its executions, as far as the venue gives them.
    """

    client_id: str
    state: Literal["working", "filled", "cancelled", "rejected", "expired"]
    venue_id: str
    executed: Decimal
    fills: tuple[Fill, ...] = ()
    reason: str = ""


class Executed(Struct, frozen=True):
    """An execution of the account on a symbol; `client_id` is empty or another's where the order was not ours."""

    client_id: str
    symbol: str
    fill: Fill


class Broker(Protocol):
    """One account at one venue. Every method but `submit`, `cancel` and `heard` raises VenueError where there is no answer.

    Attributes:
        name: of the venue.
        window_s: the venue refuses a request that reaches it later than so many seconds after it was made: what it does not know by then,
            it will never know.
    """

    name: str
    window_s: float

    async def submit(self, intent: Intent) -> Outcome:
        """Hand over an order; never raises for what a venue or a network does."""
        ...

    async def cancel(self, intent: Intent) -> Outcome:
        """Ask for its withdrawal; what comes of it is an event."""
        ...

    async def query(self, intent: Intent) -> Report | None:
        """How it stands, by its client id; None: the venue does not know it."""
        ...

    async def open_orders(self) -> Sequence[Report]:
        """All orders that work, whoever placed them."""
        ...

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        """All executions of the account from a venue time on, oldest first, whoever's orders they are of."""
        ...

    async def balances(self) -> Mapping[str, Decimal]:
        """What the account holds by asset, free and locked together; where contracts are traded, a contract is an asset."""
        ...

    def heard(self) -> AsyncIterator[Said]:
        """What the venue says by itself, in the order it comes; ends with the connection to the account."""
        ...
