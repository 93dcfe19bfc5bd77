"""Amounts as decimals that are added and multiplied without rounding: a venue counts in decimal places, and so do its books."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow

ZERO = Decimal(0)

#: An amount has at most so many digits and decimal places: products of two and sums of any number of them fit the context below.
DIGITS, PLACES = 36, 18

_EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, Overflow])


def amount(value: Decimal | str | int) -> Decimal:
    """A finite amount.

    Raises:
        ValueError: it is none, or has more digits than any venue's.
    """
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is no amount") from None
    _, digits, exponent = found.as_tuple()
    if not isinstance(exponent, int) or len(digits) > DIGITS or not -PLACES <= exponent <= PLACES:
        raise ValueError(f"{value!r} is no amount of at most {DIGITS} digits, {PLACES} of them decimal places")
    return found


def plus(a: Decimal, b: Decimal) -> Decimal:
    """a + b, exact."""
    return _EXACT.add(a, b)


def minus(a: Decimal, b: Decimal) -> Decimal:
    """a - b, exact."""
    return _EXACT.subtract(a, b)


def times(a: Decimal, b: Decimal) -> Decimal:
    """a * b, exact."""
    return _EXACT.multiply(a, b)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether a value is a whole number of steps."""
    return not _EXACT.remainder(value, step)


def plain(value: Decimal) -> str:
    """Without an exponent and without zeros that say nothing: `0.5`, `1200`, `0`."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def added(amounts: Mapping[str, Decimal], more: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts by asset with others added."""
    found = dict(amounts)
    for asset, value in more.items():
        found[asset] = plus(found.get(asset, ZERO), value)
    return found
