"""The values of ranges as the parameters of a strategy take them."""

from __future__ import annotations

from typing import Any

import msgspec

from core.errors import UsageError
from core.ranges import MOST_VALUES, Range, parse_range
from core.strategy import Definition

__all__ = ["MOST_VALUES", "Range", "parse_range", "typed"]


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
