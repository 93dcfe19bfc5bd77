"""What an indicator is: one file with a sentence, `Params`, `STATE`, `LINES`, `work`, `warmup` and `step`, as a strategy is one.

    \"\"\"The average close of the last `period` bars.\"\"\"

    class Params(Struct, frozen=True, kw_only=True):
        period: Annotated[int, Meta(ge=1, le=10_000, description="bars in the average")] = 20
        interval: Interval = "1m"

    LINES = (Line("sma", "price", "main"),)           # what it gives: name, unit, where a chart draws it
    STATE = np.dtype([("bar", BAR_STATE), ("average", SMA)])

    def work(p): return p.period                      # float64s of work memory; left out: none
    def warmup(p): return p.period                    # bars until it is known; without an `interval`: seconds
    def step(s, mem, p, tick, out): ...               # compiled; out[k] = value of line k, left alone = as it was

It lives on bar closes where it has an `interval` and calls `close_bar`, else on ticks. Lines are NaN until `step` sets them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from msgspec import Struct

from core.errors import StrategyError
from core.strategy import KERNEL, Definition, params_dtype
from core.strategy_files import load_as, sentence_of
from core.types import SECOND

Panel = Literal["main", "lower"]

#: An indicator has so many lines at most.
MOST_LINES = 16

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_UNIT = re.compile(r"[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]{0,23}")


class Line(NamedTuple):
    """One value an indicator gives.

    Attributes:
        unit: "price", "%", "%/s", "base", "quote", "ratio 0-1", … as people read it.
        panel: "main": drawn over the price; "lower": in a panel of its own, below.
    """

    name: str
    unit: str
    panel: Panel = "lower"


@dataclass(frozen=True)
class Indicator(Definition):
    """One loaded indicator file."""

    lines: tuple[Line, ...] = ()

    @property
    def on_bars(self) -> bool:
        """Whether its parameters have an `interval`."""
        return "interval" in self.params_type.__struct_fields__

    def line(self, name: str) -> int:
        """The place of a line.

        Raises:
            StrategyError: it has none of that name.
        """
        names = [line.name for line in self.lines]
        if name not in names:
            raise StrategyError(f"{self.name} has no line {name!r}; it has: {', '.join(names)}")
        return names.index(name)

    def work(self, params: Struct) -> int:
        """float64s of work memory.

        Raises:
            StrategyError: the file's own function gives no such number.
        """
        return self._length("work", params)

    def warmup(self, params: Struct) -> int:
        """Bars until it is known (ticks, for interval `tick`); seconds where it has no `interval`."""
        return self._length("warmup", params)

    def warming(self, params: Struct) -> tuple[int, int]:
        """(how many, of how many ns) it needs until it is known; 0 ns: ticks."""
        return self.warmup(params), self.interval(params) if self.on_bars else SECOND

    def _length(self, name: str, params: Struct) -> int:
        function = getattr(self.module, name, None)
        if function is None:
            return 0
        try:
            length = int(function(params))
        except Exception as error:  # the user's function
            raise StrategyError(f"{self.path}: {name}: {type(error).__name__}: {error}") from error
        if length < 0:
            raise StrategyError(f"{self.path}: {name} gives a length: {length} cannot be")
        return length


def load(path: Path) -> Indicator:
    """Load one indicator file.

    Raises:
        StrategyError: it does not load or lacks a part; the message names file, line and cause.
    """
    return load_as("indicator", define, path)


def define(name: str, path: Path, module: ModuleType) -> Indicator:
    """What a file's module defines.

    Raises:
        StrategyError: a part is missing or is not what it must be.
    """
    if not callable(getattr(module, "step", None)):
        raise StrategyError(f"{path}:1: an indicator has a `step` function; this file has none")
    params_type = getattr(module, "Params", None)
    if not (isinstance(params_type, type) and issubclass(params_type, Struct)):
        raise StrategyError(f"{path}:1: `Params` must be a msgspec Struct")
    if not isinstance(getattr(module, "STATE", None), np.dtype):
        raise StrategyError(f"{path}:1: `STATE` must be a NumPy dtype of the indicator's scalars")
    sentence = sentence_of(module)
    if not sentence:
        raise StrategyError(f"{path}:1: the file's docstring must say in one sentence what the indicator measures")
    try:
        params_dtype(params_type)
        params_type()
    except TypeError as error:
        raise StrategyError(f"{path}:1: every parameter must have a default: {error}") from None
    lines = tuple(_lines(path, getattr(module, "LINES", None)))
    return Indicator(name, sentence, path, module, KERNEL, params_type, 1, lines=lines)


def _lines(path: Path, given: Any) -> Iterable[Line]:
    if not isinstance(given, tuple | list) or not 1 <= len(given) <= MOST_LINES:
        raise StrategyError(f'{path}:1: `LINES` must be 1 to {MOST_LINES} lines such as Line("rsi", "0-100", "lower")')
    seen = set()
    for row in given:
        parts = tuple(row) if isinstance(row, tuple | list) else ()
        if not (2 <= len(parts) <= 3 and all(isinstance(part, str) for part in parts)):
            raise StrategyError(f'{path}:1: {row!r} is no line: a name, a unit and a panel, such as Line("rsi", "0-100", "lower")')
        line = Line(*parts)
        if not _NAME.fullmatch(line.name) or line.name in seen:
            twice = "given twice" if line.name in seen else "no name of a line: letters, digits and _, 32 at most"
            raise StrategyError(f"{path}:1: {line.name!r} is {twice}")
        if not _UNIT.fullmatch(line.unit):
            raise StrategyError(f"{path}:1: line {line.name}: {line.unit!r} is no unit: 1 to 24 characters, such as price or %")
        if line.panel not in get_args(Panel):
            raise StrategyError(f"{path}:1: line {line.name}: {line.panel!r} is no panel: main or lower")
        seen.add(line.name)
        yield line
