"""Variants: which of them can be, and which of their values."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from core.errors import StrategyError, UsageError
from core.indicators.catalogue import Catalogue
from core.variant import NAME, RISK, TYPES, Type, Variant

__all__ = ["NAME", "RISK", "TYPES", "Type", "Variant", "check", "flagged"]

_SYMBOL = re.compile(r"[^\s,\x00-\x1f\x7f-\x9f]{1,64}")


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
