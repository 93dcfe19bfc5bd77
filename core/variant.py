"""Variants of indicators: named parameter sets, and what each is for; as much as may be known of one without loading its indicator."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias, get_args

from msgspec import Struct

#: What a variant is for: anything; how risky it is, 0 to 100; or a price, the price of a stop, of a take-profit, when to close.
Type: TypeAlias = Literal["general", "risk", "price", "stop_loss", "take_profit", "close_order"]

TYPES: tuple[str, ...] = get_args(Type)

#: What the values of a variant of type `risk` lie in; others are flagged, and stay as they are.
RISK = (0.0, 100.0)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class Variant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One named parameter set of an indicator.

    Attributes:
        params: those that are given, defaults for the rest.
        line: which of the indicator's lines it stands for; '' its first.
        symbols: what it follows; None: all there are.
    """

    name: str
    indicator: str
    type: str = "general"
    params: dict[str, Any] = {}
    line: str = ""
    symbols: list[str] | None = None
