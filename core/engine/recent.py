"""The last released ticks, in memory: what bridges the moment between the tape's last commit and now."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from core.types import TICK, Records, copied, join, whole_of

MOST = 200_000

WHOLE = whole_of(TICK)

#: Ticks looked at at once when one symbol's newest are sought.
STRETCH = 8192


class Recent:
    """A ring of released ticks, the oldest overwritten beyond `most`. Its memory is the system's until it is first written to.

    Attributes:
        most: ticks kept at most.
        count: ticks in it.
        floor: the last seq that is no longer here.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.count = 0
        self.floor = 0
        self._ring: Records = np.empty(most, TICK)
        self._end = 0  # where the next one goes

    def add(self, ticks: Records) -> None:
        """Take a batch in order; it is copied."""
        if not len(ticks):
            return
        if not self.count:
            self.floor = max(self.floor, int(ticks["seq"][0]) - 1)
        if len(ticks) > self.most:
            self.floor = int(ticks["seq"][-self.most - 1])
            ticks, self.count, self._end = ticks[-self.most :], 0, 0
        gone = self.count + len(ticks) - self.most
        if gone > 0:
            self._forget(gone)
        head = min(len(ticks), len(self._ring) - self._end)
        ring, new = self._ring.view(WHOLE), ticks.view(WHOLE)
        ring[self._end : self._end + head] = new[:head]
        ring[: len(new) - head] = new[head:]
        self._end = (self._end + len(ticks)) % len(self._ring)
        self.count += len(ticks)

    def keep(self, most: int) -> None:
        """Keep so many from now on; what is over goes at once."""
        if self.count > most:
            self._forget(self.count - most)
        ring = np.empty(most, TICK)
        ring.view(WHOLE)[: self.count] = join(self._parts()).view(WHOLE)
        self._ring, self._end, self.most = ring, self.count % most, most

    def since(self, seq: int) -> Records | None:
        """All ticks after `seq`, copied, or None when some are gone."""
        if seq < self.floor:
            return None
        parts = [part[bisect_right(part["seq"], seq) :] for part in self._parts()]
        return join(parts) if len(parts) > 1 else copied(parts[0])

    def of(self, symbol: int, seq: int) -> Records | None:
        """The ticks of one symbol after `seq`, copied, or None when some may be gone."""
        if seq < self.floor:
            return None
        parts = [part[bisect_right(part["seq"], seq) :] for part in self._parts()]
        return join([part.compress(part["symbol"] == symbol) for part in parts])

    def newest(self, symbol: int, count: int) -> Records:
        """The last `count` ticks of one symbol that are here, oldest first, copied."""
        found: list[Records] = []
        left = count
        for part in reversed(self._parts()):
            for end in range(len(part), 0, -STRETCH):
                if left <= 0:
                    break
                stretch = part[max(0, end - STRETCH) : end]
                mine = stretch.compress(stretch["symbol"] == symbol)
                found.append(mine[max(0, len(mine) - left) :])
                left -= len(found[-1])
        return join(found[::-1])

    def _parts(self) -> list[Records]:
        """Views of it, oldest first."""
        start = self._end - self.count
        return [self._ring[start : self._end]] if start >= 0 else [self._ring[start:], self._ring[: self._end]]

    def _forget(self, number: int) -> None:
        """Let the oldest go."""
        last = (self._end - self.count + number - 1) % len(self._ring)
        self.floor = int(self._ring["seq"][last])
        self.count -= number
