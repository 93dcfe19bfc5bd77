"""How one figure is written in a report; one that does not exist is a dash."""

from __future__ import annotations

NONE = "-"


def count(value: int) -> str:
    """`1,234`."""
    return f"{value:,}"


def money(value: float | None, sign: bool = False) -> str:
    """`1,234.50`; amounts under one with four decimals, under a hundredth with six."""
    if value is None:
        return NONE
    decimals = 2 if abs(value) >= 1 or value == 0 else 4 if abs(value) >= 0.01 else 6
    return f"{value:+,.{decimals}f}" if sign else f"{value:,.{decimals}f}"


def number(value: float | None, unit: str = "", sign: bool = False) -> str:
    """`1.25 %`."""
    return NONE if value is None else f"{value:+,.2f}{unit}" if sign else f"{value:,.2f}{unit}"


def ratio(value: float | None, sign: bool = False) -> str:
    """A fraction as `58.3 %`."""
    if value is None:
        return NONE
    return f"{100 * value:+,.1f} %" if sign else f"{100 * value:,.1f} %"
