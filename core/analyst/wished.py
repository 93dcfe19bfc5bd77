"""The values that somebody waits for, and what each was when it was last told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from core.types import Symbols


class Wish:
    """One value: that of a variant's line on a symbol.

    Attributes:
        name: as it is wished for: `VARIANT SYMBOL`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.variant, _, self.symbol = name.partition(" ")
        self._told = math.nan

    def moved(self, value: float) -> bool:
        """Whether a value is known and another one than was told; it counts as told from now on."""
        if not math.isfinite(value) or value == self._told:
            return False
        self._told = value
        return True


class Wished:
    """All of them, by symbol."""

    def __init__(self) -> None:
        self._wishes: dict[str, Wish] = {}
        self._of: dict[str, list[Wish]] = {}

    def __len__(self) -> int:
        return len(self._wishes)

    def put(self, names: Iterable[str]) -> None:
        """These from now on; what was told of those that stay is known."""
        self._wishes = {name: self._wishes.get(name) or Wish(name) for name in names}
        self._of = {}
        for wish in self._wishes.values():
            self._of.setdefault(wish.symbol, []).append(wish)

    def of(self, indices: Iterable[int], symbols: Symbols) -> Iterator[Wish]:
        """Those on some symbols."""
        for index in indices:
            yield from self._of.get(symbols.names[index], ())
