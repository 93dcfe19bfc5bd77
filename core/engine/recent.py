"""The last released ticks, in memory: what bridges the moment between the tape's last commit and now."""

from __future__ import annotations

from collections import deque

import numpy as np

from core.types import TICK, Records


class Recent:
    """Batches of released ticks, oldest dropped beyond `most` ticks."""

    def __init__(self, most: int = 200_000) -> None:
        self.most = most
        self.count = 0
        self.floor = 0  # the last seq that is no longer here
        self._batches: deque[Records] = deque()

    def add(self, ticks: Records) -> None:
        """Take a batch in order."""
        if not len(ticks):
            return
        if not self._batches:
            self.floor = max(self.floor, int(ticks["seq"][0]) - 1)
        self._batches.append(ticks)
        self.count += len(ticks)
        while self.count > self.most and len(self._batches) > 1:
            gone = self._batches.popleft()
            self.count -= len(gone)
            self.floor = int(gone["seq"][-1])

    def since(self, seq: int) -> Records | None:
        """All ticks after `seq`, or None when some are gone."""
        if seq < self.floor:
            return None
        late = [batch for batch in self._batches if int(batch["seq"][-1]) > seq]
        if not late:
            return np.empty(0, TICK)
        ticks = np.concatenate(late)
        return ticks[ticks["seq"] > seq]
