"""What is said between the scripted broker and who trades with it, over a Unix socket: a line of JSON each, amounts as texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from core.trading.broker import Executed, Interrupted, Outcome, Report
from core.trading.events import Event
from core.trading.order import Intent

What: TypeAlias = Literal["hello", "listen", "submit", "cancel", "query", "open_orders", "executions", "balances", "calm", "truth"]

#: Bytes of the longest line: a truth of some ten thousand orders.
LONGEST = 1 << 26


class Ask(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question, and its number.

    Attributes:
        sent_ns: when an order was handed over.
    """

    n: int
    what: What
    intent: Intent | None = None
    since_ns: int = 0
    sent_ns: int = 0


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the broker says: an answer to question `n`, or (0) something by itself.

    Attributes:
        error: there is no answer, and why.
        about: the order that `event` happened to.
        missed: what it said may have been missed, and why. ended: it says nothing more by itself until it is asked to.
    """

    n: int = 0
    found: Any = None
    error: str | None = None
    about: str = ""
    event: Event | None = None
    missed: Interrupted | None = None
    ended: bool = False


class Hello(Struct, frozen=True):
    """Who it is."""

    name: str
    window_s: float


class Truth(Struct, frozen=True, kw_only=True):
    """Its books as they truly are, for tests.

    Attributes:
        orders: every order that was taken, in its final form.
        twice, blind: orders that came again after they were taken, or while nobody could know.
    """

    intents: list[Intent]
    orders: list[Report]
    executions: list[Executed]
    balances: dict[str, Decimal]
    twice: list[str]
    blind: list[str]
    submits: int


#: By question, what is answered.
ANSWERS: dict[What, Any] = {
    "hello": Hello,
    "listen": None,
    "submit": Outcome,
    "cancel": Outcome,
    "query": Report | None,
    "open_orders": list[Report],
    "executions": list[Executed],
    "balances": dict[str, Decimal],
    "calm": None,
    "truth": Truth,
}


def written(message: Ask | Line) -> bytes:
    """A message as a line."""
    return msgspec.json.encode(message) + b"\n"


ASK = msgspec.json.Decoder(Ask)
LINE = msgspec.json.Decoder(Line)
