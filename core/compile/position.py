"""What a strategy in ordinary Python may know of its own book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Position:
    """The strategy's book, read-only: as of the tick before the one it is shown."""

    def __init__(self, settle: Callable[[], Any]) -> None:
        self._settle = settle

    @property
    def qty(self) -> float:
        """Signed position of the first leg."""
        return float(self._settle().books[0].position)

    @property
    def entry(self) -> float:
        """Average entry price, 0 when flat."""
        return float(self._settle().books[0].entry)

    @property
    def equity(self) -> float:
        """Marked equity in quote currency."""
        return float(self._settle().account[0].equity)
