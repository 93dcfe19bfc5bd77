"""The indicators that rules can be about: the built-in ones, imported as modules so that a strategy's code can be bundled with theirs."""

from __future__ import annotations

import functools
import importlib
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
