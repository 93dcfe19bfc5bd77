"""What a strategy rests a decision on, read from its memory in plain Python: what it declares, else the scalars of its state.

Nothing here is compiled, and nothing computes an indicator again: values are those the step left behind.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from msgspec import Struct

from core.errors import StrategyError, one_line
from core.kernels.bars import BAR_STATE
from core.strategy import Definition

#: A decision has so many values at most.
MOST = 64

#: State, work memory, and work memory as it was before the step, to values by name.
Reader = Callable[[Any, Any, Any], Mapping[str, float]]

#: Names are heads of columns in files that spreadsheets open.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.%]{0,63}")


def reader_of(definition: Definition, params: Struct) -> Reader:
    """How the values of a compiled strategy are read.

    Raises:
        StrategyError: its `indicators` takes other things.
    """
    declared = getattr(definition.module, "indicators", None)
    if declared is None:
        return lambda s, mem, old: dict(islice(_scalars(s), MOST))
    _must_take(definition.name, declared, "indicators(s, mem, p, old)", 4)
    return lambda s, mem, old: numbers(definition.name, declared(s, mem, params, old))


def plain_reader(name: str, strategy: Any) -> Callable[[], Mapping[str, float]]:
    """How the values of a strategy in ordinary Python are read: by its `indicators`, else its public attributes that are numbers.

    Raises:
        StrategyError: its `indicators` takes other things.
    """
    declared = getattr(strategy, "indicators", None)
    if callable(declared):
        _must_take(name, declared, "indicators(self)", 0)
        return lambda: numbers(name, declared())
    return lambda: dict(islice(_attributes(strategy), MOST))


def _must_take(name: str, declared: Callable[..., Any], words: str, count: int) -> None:
    try:
        inspect.signature(declared).bind(*[None] * count)
    except (TypeError, ValueError):
        raise StrategyError(f"{name}: its values are read by {words}, not {declared.__name__}{inspect.signature(declared)}") from None


def numbers(name: str, given: Any) -> dict[str, float]:
    """What `indicators` gave, as numbers by name.

    Raises:
        StrategyError: it is anything else.
    """
    if not isinstance(given, Mapping):
        raise StrategyError(one_line(f"{name}: indicators gave {given!r}: it gives a number by name, such as {{'fast': 1.5}}"))
    if len(given) > MOST:
        raise StrategyError(f"{name}: indicators gave {len(given):,} values: {MOST} at most")
    found = {}
    for key, value in given.items():
        if not (isinstance(key, str) and _NAME.fullmatch(key)):
            raise StrategyError(
                one_line(f"{name}: indicators gave a value the name {key!r}: letters, digits, _ . % and 64 of them at most")
            )
        number = _number(value)
        if number is None:
            raise StrategyError(one_line(f"{name}: indicators gave {value!r} for {key}: a number, or nan where there is none"))
        found[key] = number
    return found


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float | np.number | np.bool_) or isinstance(value, np.complexfloating):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number beyond all that a float can hold
        return math.inf if value > 0 else -math.inf


def _scalars(record: Any, before: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a record, `fast.total` of one inside it; of its bars the close."""
    for field in record.dtype.names or ():
        kind, value = record.dtype.fields[field][0], record[field]
        if kind == BAR_STATE:
            if value.close:  # left out of the code where the step does not read it
                yield f"{before}{field}.close", float(value.close)
        elif kind.names is not None:
            yield from _scalars(value, f"{before}{field}.")
        elif not kind.shape and kind.kind in "iufb" and _NAME.fullmatch(field):
            yield f"{before}{field}", float(value)


def _attributes(strategy: Any) -> Iterator[tuple[str, float]]:
    for key, value in getattr(strategy, "__dict__", {}).items():
        number = _number(value) if _NAME.fullmatch(key) else None
        if number is not None:
            yield key, number
