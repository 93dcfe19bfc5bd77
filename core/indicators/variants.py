"""Variants: indicators with parameters and a name, and what each is for."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.errors import StrategyError, UsageError
from core.indicators.catalogue import Catalogue

#: What a variant is for: anything; how risky it is, 0 to 100; or a price, the price of a stop, of a take-profit, when to close.
Type: TypeAlias = Literal["general", "risk", "price", "stop_loss", "take_profit", "close_order"]

TYPES: tuple[str, ...] = get_args(Type)

#: What the values of a variant of type `risk` lie in; others are flagged, and stay as they are.
RISK = (0.0, 100.0)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SYMBOL = re.compile(r"[^\s,\x00-\x1f\x7f-\x9f]{1,64}")


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


def check(variant: Variant, catalogue: Catalogue) -> None:
    """Let no variant pass that cannot be.

    Raises:
        UsageError: one line: its name, indicator, type, line, a parameter or a symbol is not allowed.
    """
    name = variant.name
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a variant: a letter, then letters, digits, _ and -, 64 at most")
    if name in catalogue.indicators:
        raise UsageError(f"{name} is an indicator: give the variant another name")
    if variant.type not in TYPES:
        raise UsageError(f"{name}: {variant.type!r} is no type of a variant: {', '.join(TYPES)}")
    for symbol in variant.symbols or ():
        if not _SYMBOL.fullmatch(symbol):
            raise UsageError(f"{name}: {symbol!r} is no symbol, such as BTCUSDT")
    try:
        indicator = catalogue[variant.indicator]
        indicator.params(variant.params)
        if variant.line:
            indicator.line(variant.line)
    except StrategyError as error:
        raise UsageError(f"{name}: {error}") from None


def flagged(variant: Variant, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of its values are none that its type allows; those that are not known are not among them."""
    if variant.type != "risk":
        return np.zeros(len(values), bool)
    return np.asarray((values < RISK[0]) | (values > RISK[1]))
