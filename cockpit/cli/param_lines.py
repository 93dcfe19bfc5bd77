"""How a catalogue lists the parameters of a strategy or an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def param_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line each: its default, its type, what is allowed, what it is. `rows` as of `core.strategy.describe_fields`."""
    for row in rows:
        bounds = ", ".join(f"{sign} {row[key]:g}" for key, sign in _SIGNS.items() if key in row)
        allowed = " | ".join(row.get("choices", ())) or bounds
        yield f"    {row['name']}={row['default']}  {row['type']}{f', {allowed}' if allowed else ''}  {row['description']}".rstrip()
