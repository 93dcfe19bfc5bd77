"""Which parameters a strategy that is written out has: those of its parts under names of their own, and what its file sets beside them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from core.strategy import Definition, describe_fields, is_interval


class Settings(Struct):
    """The parameters of one strategy.

    Attributes:
        fields: lines of its `Params`, by name.
        of: by part, its own parameters and what they are called here.
        intervals: intervals that parts have for themselves.
        ordered: lower and upper bounds of a pair.
        twice: a name that two of them would have; empty: none.
    """

    fields: dict[str, str] = {}
    of: dict[str, dict[str, str]] = {}
    intervals: list[str] = []
    ordered: tuple[tuple[str, str], ...] = ()
    twice: str = ""

    def add(self, name: str, kind: str, value: Any) -> None:
        """A parameter of this type, as source, with this default."""
        if name in self.fields:
            self.twice = name
        self.fields[name] = f"{name}: {kind} = {value!r}"

    def number(self, name: str, value: float, bounds: str, words: str) -> None:
        """A parameter that is a float, within such bounds as `ge=0, le=1`."""
        self.add(name, f"Annotated[float, Meta({bounds}, description={words!r})]", float(value))

    def part(self, name: str, definition: Definition, given: dict[str, Any]) -> None:
        """The parameters of a part, those it is given as their defaults; an interval it is not given is the strategy's own."""
        params = definition.params(given)
        self.of[name] = ours = {}
        fields = msgspec.structs.fields(definition.params_type)
        for row, field in zip(describe_fields(definition.params_type), fields, strict=True):
            value = getattr(params, field.name)
            if field.name == "interval" and "interval" not in given:
                ours["interval"] = "interval"
                continue
            ours[field.name] = called = f"{name}_{field.name}"
            if is_interval(field.type):
                self.intervals.append(called)
                self.add(called, "Interval", value)
                continue
            bounds = [f"{key}={row[key]!r}" for key in ("ge", "gt", "le", "lt") if key in row]
            meta = ", ".join([*bounds, f"description={name + ': ' + row['description']!r}"])
            kind = f"Literal[{', '.join(map(repr, row['choices']))}]" if "choices" in row else row["type"]
            self.add(called, f"Annotated[{kind}, Meta({meta})]", value)
