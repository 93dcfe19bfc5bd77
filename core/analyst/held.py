"""The newest live ticks, kept for whoever comes up from the tape: it ends a moment before the market does."""

from __future__ import annotations

from collections import deque

import numpy as np

from core.types import Records, join

MOST = 50_000


class Held:
    """Ticks in the order of seq, the oldest given up beyond `most`.

    Attributes:
        floor: every tick of the stream after this seq is here, as far as it has come; -1: none is known to be.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.floor = -1
        self._parts: deque[Records] = deque()
        self._count = 0

    def begin(self, seq: int) -> None:
        """The stream is another one after this seq."""
        self._parts.clear()
        self._count, self.floor = 0, seq

    def add(self, ticks: Records) -> None:
        """Take a batch in order; it is kept as it is, so nobody may write to it any more."""
        if self.floor < 0 or not len(ticks):
            return
        self._parts.append(ticks)
        self._count += len(ticks)
        while self._count > self.most:
            gone = self._parts.popleft()
            self._count -= len(gone)
            self.floor = int(gone["seq"][-1])

    def since(self, seq: int) -> Records | None:
        """All after `seq`; None where some may be gone."""
        if not 0 <= self.floor <= seq:
            return None
        return join([part[int(np.searchsorted(part["seq"], seq, "right")) :] for part in self._parts if part["seq"][-1] > seq])
