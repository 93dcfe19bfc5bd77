"""Whether the bars of a venue say all that an indicator reads: open, high, low, close and volume, and not who bought or how many prints."""

from __future__ import annotations

import ast
from types import ModuleType
from weakref import WeakKeyDictionary

from core.indicators import module
from core.indicators.definition import Indicator

#: What bars of a venue lack, of a tick and of a bar made of them.
LACKING = frozenset({"side", "bid", "ask", "id", "recv", "seq", "origin", "buy_volume", "notional", "trades"})

#: Reads and writes all of it, for whoever wants some.
_CLOSES = frozenset({"bars__close_bar", "bars__finish"})

_KNOWN: WeakKeyDictionary[ModuleType, bool] = WeakKeyDictionary()


def told_by_bars(indicator: Indicator) -> bool:
    """Whether it would know after a venue's bars what it knows after their prints.

    Raises:
        StrategyError: `step` uses something that cannot be compiled in.
    """
    if indicator.module not in _KNOWN:
        tree = ast.parse(module.generate(indicator))
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in _CLOSES]
        read = {node.attr for function in functions for node in ast.walk(function) if isinstance(node, ast.Attribute)}
        _KNOWN[indicator.module] = not read & LACKING
    return _KNOWN[indicator.module]
