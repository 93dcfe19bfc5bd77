"""How a plan lays out its records in memory, told by its text: what a snapshot must fit."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.compile.blueprint import Blueprint
from core.errors import StrategyError


@functools.lru_cache(maxsize=256)
def records_in(text: str) -> dict[str, Any]:
    """The RECORDS literal of a generated module, without running it.

    Raises:
        StrategyError: it is not one.
    """
    _, found, rest = text.rpartition("\nRECORDS = ")
    literal, ended, _ = rest.partition("\n\ndef entry(")  # all of a long text need not be parsed for it
    if found and ended:
        records: dict[str, Any] = ast.literal_eval(literal)
        return records
    raise StrategyError("not a generated module")


def layout_hash(records: dict[str, Any]) -> str:
    """Names the memory layout a snapshot was taken with: all of it, and after the point that of books and account alone."""
    books = {"order": ["account", "books", "limits"], **{name: records[name] for name in ("BOOK", "ACCOUNT", "LIMITS")}}
    return ".".join(hashlib.sha256(repr(sorted(part.items())).encode()).hexdigest()[:16] for part in (records | books, books))


def layout_of(plan: Blueprint) -> str:
    """The layout a snapshot of this plan has."""
    return layout_hash(records_in(plan.text))


def same_books(layout: str, other: str) -> bool:
    """Whether books and account of two layouts lie in memory in the same way, whatever the strategies' own state does."""
    return layout.partition(".")[2] == other.partition(".")[2]


def zeros(layout: np.dtype[Any], count: int) -> Any:
    """So many records of a layout, as the loop takes them."""
    return np.zeros(count, layout).view(np.recarray)


def take_up(parts: Sequence[Any], data: bytes) -> None:
    """Set records, one after the other, to the bytes they were."""
    at = 0
    for part in parts:
        part.view(np.uint8)[:] = np.frombuffer(data, np.uint8, part.nbytes, at)
        at += part.nbytes
