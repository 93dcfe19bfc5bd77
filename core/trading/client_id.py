"""Client order ids: made of the home, the strategy and the order's number, so that the same order has the same id after any restart.

Letters and digits only, 25 of them: within what Binance (`^[\\.A-Z\\:/a-z0-9_-]{1,36}$`), OKX (32, letters and digits), Bybit (36)
and MEXC (32) take. A journal refuses a second order of one id, so what two hashes share can never reach a venue.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from core.errors import UsageError

#: Says to people, in a venue's own list of orders, who made it.
MARK = "ck"

_HOME, _STRATEGY, _NUMBER = 8, 8, 7
_SHAPE = re.compile(rf"{MARK}([a-z2-7]{{{_HOME}}})([a-z2-7]{{{_STRATEGY}}})([0-9a-v]{{{_NUMBER}}})")
_DIGITS = "0123456789abcdefghijklmnopqrstuv"

#: The highest number an order of a strategy may have: 34 thousand million.
MOST = 32**_NUMBER - 1


class ClientId(NamedTuple):
    """What an id is made of; home and strategy as hashes."""

    home: str
    strategy: str
    number: int


def client_id(home: str, strategy_id: str, number: int) -> str:
    """The id of a strategy's order.

    Args:
        home: what tells this home from every other one (the journal keeps it).
        number: from 1 on, never used before by this strategy of this home.

    Raises:
        UsageError: the number is out of range.
    """
    if not 1 <= number <= MOST:
        raise UsageError(f"order number {number} is not between 1 and {MOST}")
    digits = "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(_NUMBER)))
    return f"{MARK}{tag('home', home, _HOME)}{tag('strategy', strategy_id, _STRATEGY)}{digits}"


def parse(text: str) -> ClientId | None:
    """What an id is made of; None where it is not one of ours."""
    found = _SHAPE.fullmatch(text)
    return ClientId(found[1], found[2], int(found[3], 32)) if found else None


def is_of(text: str, home: str) -> bool:
    """Whether an id was made by this home."""
    found = parse(text)
    return found is not None and found.home == tag("home", home, _HOME)


@lru_cache(maxsize=4096)
def tag(kind: str, text: str, length: int = 8) -> str:
    """A text as so many letters and digits of its hash."""
    digest = hashlib.sha256(f"{kind}:{text}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]
