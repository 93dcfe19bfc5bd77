"""What became of a message, and what delivers one."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from core.channels.message import Message


class Outcome(NamedTuple):
    """A message was delivered, or it was not.

    Attributes:
        why: one line without a secret in it; '' it was delivered.
        again: another try may do better.
        after_s: the receiver asked to be left alone for so long.
    """

    ok: bool
    why: str = ""
    again: bool = True
    after_s: float = 0.0


DELIVERED = Outcome(True)


class Way(Protocol):
    """Delivers messages."""

    async def deliver(self, message: Message, body: str) -> Outcome:
        """Deliver one, given also as the text it is kept as; takes a bounded time, and raises nothing that is its receiver's doing."""
        ...
