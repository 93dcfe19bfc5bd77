"""How far a result stands on its own among neighbours in the grid: a plateau can be believed, a lone peak was luck."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from core.research.search.ranking import Row


def mark_plateaus(rows: Sequence[Row], axes: Sequence[tuple[str, Sequence[Any]]], by: str) -> None:
    """Set `plateau` of the rows of one strategy on one symbol: the median figure of the neighbours over its own.

    Neighbours are one step away along one axis that has an order (numbers); None where there are none, or its own figure is not
    above zero: there is nothing to lose.

    Args:
        axes: the parameters tried at several values, with those values in order.
        by: the figure.
    """
    ordered = [(name, {value: k for k, value in enumerate(values)}) for name, values in axes if _numbers(values)]
    rest = [name for name, values in axes if not _numbers(values)]
    if not ordered:
        return
    at: dict[tuple[Any, ...], Row] = {_place(row, ordered, rest): row for row in rows}
    for place, row in at.items():
        own = getattr(row, by)
        near = [getattr(at[one], by) for one in _neighbours(place, len(ordered)) if one in at]
        known = [value for value in near if value is not None]
        if own is not None and own > 0 and known:
            row.plateau = statistics.median(known) / own


def _numbers(values: Sequence[Any]) -> bool:
    return len(values) > 1 and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _place(row: Row, ordered: Sequence[tuple[str, dict[Any, int]]], rest: Sequence[str]) -> tuple[Any, ...]:
    return (*(places[row.params[name]] for name, places in ordered), *(row.params[name] for name in rest))


def _neighbours(place: tuple[Any, ...], axes: int) -> list[tuple[Any, ...]]:
    return [(*place[:k], place[k] + step, *place[k + 1 :]) for k in range(axes) for step in (-1, 1)]
