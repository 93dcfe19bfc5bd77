"""Names of strategies that run: one is never given twice, because fills of the past bear it."""

from __future__ import annotations

import re
from collections.abc import Container

from core.errors import UsageError

#: What an id may be: it is typed, shown, and part of every fill's id.
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def free_id(name: str, asked: str | None, taken: Container[str]) -> str:
    """The id asked for, else NAME-1, NAME-2, …

    Raises:
        UsageError: the id asked for is taken, or cannot be one.
    """
    if asked is not None:
        if not ID.fullmatch(asked):
            raise UsageError(f"{asked[:80]!r} cannot be an id: at most 64 letters, digits, '_', '-' and '.'")
        if asked in taken:
            raise UsageError(f"the id {asked!r} is taken: fills of the past bear it; choose another")
        return asked
    n = 1
    while f"{name}-{n}" in taken:
        n += 1
    return f"{name}-{n}"
