"""Bars of the venue from before the tape: which are wanted, and those that came, of them the ones used last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np

from core.analyst.words import Past, Reach
from core.types import BAR, Records

#: Bytes of bars that are kept: those of 300 series of 1,000 bars.
MOST = 32 << 20

#: Symbol and interval in ns: of each the venue is asked once.
Key = tuple[str, int]


class Pasts:
    """What one process wants of the venue and has of it; asked on one thread, answered on another.

    Args:
        send: takes all reaches that are wanted, whenever they are others.
        most: bytes that are kept, more only of the bars that came last.
    """

    def __init__(self, send: Callable[[list[Reach]], None], most: int = MOST) -> None:
        self._send, self._most = send, most
        self._lock = threading.Lock()
        self._open: dict[Key, Reach] = {}
        self._problems: dict[Key, str] = {}
        self._came: OrderedDict[Key, Past] = OrderedDict()
        self._bytes = 0

    def want(self, reaches: Iterable[Reach]) -> None:
        """Have these asked for that are not here, and no others; of several of one symbol and interval the deepest."""
        wanted: dict[Key, Reach] = {}
        with self._lock:
            for reach in reaches:
                key = (reach.symbol, reach.interval_ns)
                if not self.has(reach) and (key not in wanted or reach.start_ns < wanted[key].start_ns):
                    wanted[key] = reach
            if wanted == self._open:
                return
            self._problems = {key: why for key, why in self._problems.items() if wanted.get(key) == self._open[key]}
            self._open = wanted
        self._send(list(wanted.values()))

    def take(self, past: Past) -> None:
        """What became of a reach; nothing where it is not wanted any more."""
        key = (past.reach.symbol, past.reach.interval_ns)
        with self._lock:
            if self._open.get(key) != past.reach:
                return
            if past.problem:
                self._problems[key] = past.problem
                return
            del self._open[key]
            self._problems.pop(key, None)
            self._forget(key)
            self._came[key] = past
            self._bytes += len(past.bars)
            while self._bytes > self._most and len(self._came) > 1:
                self._forget(next(iter(self._came)))

    def _forget(self, key: Key) -> None:
        gone = self._came.pop(key, None)
        self._bytes -= 0 if gone is None else len(gone.bars)

    def has(self, reach: Reach) -> bool:
        """Whether its bars came, and lead up to where it ends."""
        past = self._came.get((reach.symbol, reach.interval_ns))
        return past is not None and past.reach.until_ns == reach.until_ns and past.reach.start_ns <= reach.start_ns

    def bars(self, reach: Reach) -> Records | None:
        """BAR records of it, oldest first; None where they did not come."""
        key = (reach.symbol, reach.interval_ns)
        with self._lock:
            if not self.has(reach):
                return None
            self._came.move_to_end(key)
            bars: Records = np.frombuffer(self._came[key].bars, BAR)
        return bars.compress(bars["start"] >= reach.start_ns)

    def problem(self, reach: Reach) -> str:
        """Why its bars did not come when the venue was asked last; '' where nothing is known to be wrong."""
        return self._problems.get((reach.symbol, reach.interval_ns), "")
