"""The ticks on their way to one worker: a window of them under way, the rest waiting here, so that a command overtakes them.

When `QUEUE` ticks wait, they are let go and the worker is `behind`: its ticks then come from the tape until it has caught up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np

from core.types import Records
from core.workers import frames
from core.workers.frames import Lever

WINDOW = 4096
QUEUE = 100_000

#: Arrays of up to so many ticks are looked through as lists: quicker than a mask.
FEW = 64


class Lane:
    """What one worker is sent, in order.

    Args:
        late: called when it fell behind.

    Attributes:
        wanted: symbols whose ticks go here.
        cursor: ticks through this seq were sent.
        given_seq: ticks through this seq are sent, wait here, or will come from the tape.
        seen_seq: ticks through this seq are done.
        waiting, in_flight: ticks that wait here, and that are under way.
        behind: its ticks come from the tape.
        held: it is sent no ticks for now.
        past: levers that took effect once, to be pulled again at their places while the ticks of then are sent again.
        again_until: ticks through this seq are sent for the second time.
    """

    def __init__(self, late: Callable[[], None]) -> None:
        self.wanted: set[int] = set()
        self.cursor = self.given_seq = self.seen_seq = 0
        self.behind = False
        self.held = False
        self.past: deque[tuple[int, Lever]] = deque()
        self.again_until = 0
        self.waiting = 0
        self.in_flight = 0
        self._queue: deque[Records] = deque()
        self._flight: deque[tuple[int, int]] = deque()
        self._mask = np.zeros(0, np.bool_)
        self._late = late
        self._room = asyncio.Event()
        self._room.set()

    @property
    def alive(self) -> bool:
        """It can be sent something."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Send frames before the ticks that wait; nothing when there is nobody."""
        raise NotImplementedError

    @property
    def caught_up(self) -> bool:
        """It has done all it was given."""
        return not (self.behind or self.waiting or self.in_flight)

    def want(self, symbols: set[int]) -> None:
        """Which symbols' ticks this worker gets from now on."""
        self.wanted = symbols
        self._mask = np.zeros(max(symbols, default=-1) + 1, np.bool_)
        self._mask[list(symbols)] = True

    def give(self, ticks: Records) -> None:
        """Ticks that were released: sent, or kept until there is room."""
        mine = self._wanted_of(ticks)
        if not len(mine):
            return
        self.given_seq = int(mine["seq"][-1])
        if self.behind:
            return
        self._queue.append(mine)
        self.waiting += len(mine)
        self._pump()
        if self.waiting > QUEUE:
            self.fall_behind()
            self._late()

    def fall_behind(self) -> None:
        """From here on its ticks come from elsewhere, after `cursor`."""
        self._queue.clear()
        self.waiting = 0
        self.behind = True

    async def pass_on(self, ticks: Records) -> None:
        """Send what comes after `cursor` of ticks from elsewhere, with the levers of the past at their places."""
        ticks = ticks[int(np.searchsorted(ticks["seq"], self.cursor, "right")) :]
        while len(ticks) and self.alive:
            await self._room.wait()
            cut = min(len(ticks), WINDOW)
            while self.past and self.past[0][0] < int(ticks["seq"][0]):
                self.send(frames.message(frames.LEVER, self.past.popleft()[1]))
            if self.past and self.past[0][0] < int(ticks["seq"][cut - 1]):
                cut = int(np.searchsorted(ticks["seq"], self.past[0][0], "right"))
            self._fly(self._wanted_of(ticks[:cut]), frames.PAST)
            self.cursor = int(ticks["seq"][cut - 1])
            ticks = ticks[cut:]

    def go_live(self, rest: Records) -> None:
        """It has caught up but for these ticks."""
        for _, lever in self.past:
            self.send(frames.message(frames.LEVER, lever))
        self.past.clear()
        self.behind = False
        mine = self._wanted_of(rest[int(np.searchsorted(rest["seq"], self.cursor, "right")) :])
        if len(mine):
            self._queue.append(mine)
            self.waiting += len(mine)
            self.given_seq = max(self.given_seq, int(mine["seq"][-1]))
        self._pump()

    def hold(self, held: bool) -> None:
        """Send no ticks for now, or again."""
        self.held = held
        self._pump()
        self.tell_room()

    def _wanted_of(self, ticks: Records) -> Records:
        if not len(self._mask):
            return ticks[:0]
        symbols = ticks["symbol"]
        if len(ticks) <= FEW:
            mine = [at for at, symbol in enumerate(symbols.tolist()) if symbol in self.wanted]
            return ticks if len(mine) == len(ticks) else ticks.take(mine) if mine else ticks[:0]
        wanted = self._mask[np.minimum(symbols, len(self._mask) - 1)] & (symbols < len(self._mask))
        return ticks if wanted.all() else ticks.compress(wanted)

    def _pump(self) -> None:
        while self._queue and self.in_flight < WINDOW and not self.held:
            batch = self._queue.popleft()
            if len(batch) > WINDOW:
                self._queue.appendleft(batch[WINDOW:])
                batch = batch[:WINDOW]
            self.waiting -= len(batch)
            self._fly(batch)
            self.cursor = int(batch["seq"][-1])

    def _fly(self, ticks: Records, kind: int = frames.TICKS) -> None:
        if not len(ticks):
            return
        last = int(ticks["seq"][-1])
        self._flight.append((last, len(ticks)))
        self.in_flight += len(ticks)
        self.send(frames.frame(kind, ticks.tobytes(), last))
        self.tell_room()

    def done(self, seq: int) -> None:
        """Ticks through this seq are done."""
        self.seen_seq = seq
        while self._flight and self._flight[0][0] <= seq:
            self.in_flight -= self._flight.popleft()[1]
        self._pump()
        self.tell_room()

    def tell_room(self) -> None:
        """Wake who waits for room, where there is any, or nobody to wait for."""
        if (self.in_flight < WINDOW and not self.held) or not self.alive:
            self._room.set()
        else:
            self._room.clear()
