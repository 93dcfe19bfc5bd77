"""Who has the last word before an order is made: a pure function of the order and of what is known of the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from core.trading.order import Intent
from core.trading.register import Register


class Rejection(Struct, frozen=True):
    """An order is not to be sent: why, and which limit says so."""

    reason: str
    rule: str = ""


#: Asked of every order before its intent is on disk, with all that is known of the account's orders; None lets it through.
Judge: TypeAlias = Callable[[Intent, Register], Rejection | None]


def allow(_intent: Intent, _register: Register) -> Rejection | None:
    """Lets everything through."""
    return None
