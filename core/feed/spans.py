"""Arithmetic on spans of ids: inclusive (first, last) pairs, ascending and disjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Span: TypeAlias = tuple[int, int]
Ids: TypeAlias = NDArray[Any]


def runs(ids: Ids) -> list[Span]:
    """The spans of consecutive ids in a strictly ascending array."""
    if not len(ids):
        return []
    breaks = np.flatnonzero(np.diff(ids) != 1)
    firsts = ids[np.concatenate(([0], breaks + 1))]
    lasts = ids[np.concatenate((breaks, [len(ids) - 1]))]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def cut(spans: list[Span], first: int, last: int) -> list[Span]:
    """The spans without the ids first..last."""
    left: list[Span] = []
    for a, b in spans:
        if b < first or a > last:
            left.append((a, b))
            continue
        if a < first:
            left.append((a, first - 1))
        if b > last:
            left.append((last + 1, b))
    return left


def overlap(spans: list[Span], first: int, last: int) -> list[Span]:
    """The parts of the spans within first..last."""
    return [(max(a, first), min(b, last)) for a, b in spans if b >= first and a <= last]


def within(spans: list[Span], reach: int) -> tuple[Span, ...]:
    """The spans as far as `reach` ids from the first one on."""
    return tuple(overlap(spans, spans[0][0], spans[0][0] + reach - 1))


def member(spans: Sequence[Span], ids: Ids) -> NDArray[np.bool_]:
    """Which ids lie in one of the spans."""
    if not spans:
        return np.zeros(len(ids), np.bool_)
    firsts = np.array([a for a, _ in spans], np.int64)
    lasts = np.array([b for _, b in spans], np.int64)
    at = np.searchsorted(firsts, ids, side="right") - 1
    return (at >= 0) & (ids <= lasts[np.maximum(at, 0)])
