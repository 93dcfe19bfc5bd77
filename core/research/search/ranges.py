"""Values a parameter is to be tried at, as people write them: `fast=5:50:5`, `interval=1m,5m`, `k=0.5:2:0.25`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from core.errors import UsageError
from core.strategy import Definition

#: Values a range may have at most: a typing error is told before it fills the memory.
MOST_VALUES = 100_000

_FORM = "write NAME=FROM:TO:STEP (both ends included), NAME=FROM:TO for whole numbers, or NAME=A,B,C"


class Range(NamedTuple):
    """The values of one parameter, in the order given, each once.

    Attributes:
        texts: each as it is written, in the shortest form that means the same number.
    """

    name: str
    texts: tuple[str, ...]


def parse_range(text: str) -> Range:
    """A range of a command line.

    Raises:
        UsageError: it cannot be read; the line says what can.
    """
    name, sign, said = text.partition("=")
    name, said = name.strip(), said.strip()
    if not sign or not name or not said:
        raise UsageError(f"--range {text}: {_FORM}")
    if ":" in said:
        return Range(name, _stepped(text, said))
    values = tuple(dict.fromkeys(part.strip() for part in said.split(",")))
    if not all(values):
        raise UsageError(f"--range {text}: a value is empty; {_FORM}")
    return Range(name, values)


def _stepped(text: str, said: str) -> tuple[str, ...]:
    parts = [part.strip() for part in said.split(":")]
    if len(parts) not in (2, 3):
        raise UsageError(f"--range {text}: {_FORM}")
    try:
        first, last, step = (Decimal(part) for part in (*parts, "1")[:3])
    except InvalidOperation:
        raise UsageError(f"--range {text}: FROM, TO and STEP are numbers; {_FORM}") from None
    if not all(value.is_finite() for value in (first, last, step)) or step <= 0 or last < first:
        raise UsageError(f"--range {text}: FROM must not be above TO, and STEP must be above 0")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise UsageError(f"--range {text}: {count:,} values; at most {MOST_VALUES:,}")
    return tuple(_plain(first + k * step) for k in range(count))


def _plain(value: Decimal) -> str:
    """`5`, `0.25`: no exponent, no zeros that mean nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed(definition: Definition, ranges: list[Range]) -> dict[str, list[Any]]:
    """The values of each range that this strategy has, as its parameters take them.

    Raises:
        StrategyError: a value is none that the parameter takes; or the parameter does not exist.
        UsageError: a parameter has two ranges.
    """
    fields = {field.name: field for field in msgspec.structs.fields(definition.params_type)}
    values: dict[str, list[Any]] = {}
    for one in ranges:
        if one.name in values:
            raise UsageError(f"--range {one.name}: given twice")
        for text in one.texts:
            if one.name not in fields:
                raise UsageError(f"{definition.name} has no parameter {one.name!r}; it has: {', '.join(fields)}")
            try:
                value = msgspec.convert(text, fields[one.name].type, strict=False)
            except msgspec.ValidationError as error:
                said = str(error)
                raise UsageError(f"--range {one.name}: {definition.name} does not take {text}: {said[:1].lower()}{said[1:]}") from None
            values.setdefault(one.name, []).append(value)
    return values
