"""The indicators that rules can be about: the built-in ones, imported as modules so that a strategy's code can be bundled with theirs."""

from __future__ import annotations

import functools
import importlib
import math
from pathlib import Path
from typing import Any

from core.errors import StrategyError
from core.indicators.catalogue import BUILTIN
from core.indicators.definition import Indicator, define
from core.types import interval_ns

#: Where they are imported from.
PACKAGE = "core.indicators.builtin"

#: Those there are.
NAMES = tuple(sorted(path.stem for path in BUILTIN.glob("[!_]*.py")))


@functools.cache
def builtin(name: str) -> Indicator:
    """One of NAMES."""
    module = importlib.import_module(f"{PACKAGE}.{name}")
    return define(name, Path(str(module.__file__)), module)


def check_given(indicator: Indicator, given: dict[str, Any]) -> None:
    """Refuse parameters that the indicator has not, or values it does not allow.

    Raises:
        StrategyError: one line.
    """
    for key, value in given.items():
        if not isinstance(value, str | int | float | bool):
            raise StrategyError(f"{key} = {value!r} is not allowed: a number or a text")
    indicator.params(given)


def needs_bars(indicator: Indicator, given: dict[str, Any]) -> bool:
    """Whether a warm-up in prints cannot be told: it lives on bars of its own, or looks back over seconds."""
    if indicator.on_bars:
        return interval_ns(given.get("interval", "tick")) > 0
    return indicator.warmup(indicator.params(given)) > 0


def bars_needed(count: int, each_ns: int, interval: int) -> int:
    """So many bars of `each_ns` as bars of `interval` ns: whole ones, and one more where theirs begin at other times.

    Args:
        count: bars (prints, where both are 0).
    """
    if count == 0 or each_ns == interval:
        return count
    return math.ceil(count * each_ns / interval) + max(1, math.ceil(each_ns / interval))


def check_order(params: Any, ordered: tuple[tuple[str, str], ...]) -> None:
    """Refuse a lower bound above its upper one.

    Args:
        ordered: names of parameters, lower and upper ones of a pair.

    Raises:
        ValueError: there is one.
    """
    for low, high in ordered:
        if getattr(params, low) > getattr(params, high):
            raise ValueError(f"{low} ({getattr(params, low):g}) must not be above {high} ({getattr(params, high):g})")


def check_interval(interval: str, own: tuple[str, ...], seconds: bool) -> None:
    """Refuse `tick` as the interval that the warm-up is told in where something needs bars.

    Args:
        own: intervals that indicators have for themselves.
        seconds: an indicator looks back over seconds.

    Raises:
        ValueError: it is.
    """
    if interval_ns(interval) == 0 and (seconds or any(interval_ns(each) for each in own)):
        raise ValueError("interval: tick cannot be where indicators look back over bars or seconds")
