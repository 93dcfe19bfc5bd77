"""Bars that are shorter than those of a source are not to be had from it: who asks for them is refused, and a strategy that does so by
default lives on the source's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import UsageError
from core.strategy import Definition
from core.types import interval_text


def bars_had(interval: int, source_ns: int) -> int:
    """How long (ns) the bars are that a strategy gets; 0: it lives on prints, or on the rows of the source as on prints.

    Args:
        interval, source_ns: of its bars and of the source's; 0 for ticks.
    """
    return max(interval, source_ns) if interval else 0


def refuse_short_bars(definition: Definition, values: Mapping[str, Any], source_ns: int) -> None:
    """Let no run begin on bars that are not those it was asked for.

    Args:
        values: parameters that were given, the rest are defaults.

    Raises:
        UsageError: they name an interval that is shorter than the source's bars; the line has both.
    """
    interval = definition.interval(definition.params(dict(values)))
    if "interval" in values and 0 < interval < source_ns:
        own = interval_text(source_ns)
        raise UsageError(
            f"interval={values['interval']}: the source has {own} bars: interval must be {own} or longer, or tick for each bar"
        )


def short_bars_note(interval: int, source_ns: int) -> str:
    """What a result says of a default that is too short; '' where it is not."""
    if not 0 < interval < source_ns:
        return ""
    return f"the source has {interval_text(source_ns)} bars: {interval_text(interval)} is not to be had, each source bar counts"
