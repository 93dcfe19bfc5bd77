"""The ticks on their way to the analyst: sent as they come while it follows any, and left on the tape while it does not keep up.

Nothing is kept for it: where more waits in its socket than `ROOM`, it is told so and reads the tape, until the ring of recent ticks
reaches back to where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.analyst import words
from core.analyst.words import Behind, Want
from core.engine.analyst_process import AnalystProcess
from core.types import Records
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Bytes that may wait in its socket.
ROOM = 4 << 20

#: Ticks it may lack to be sent them at once.
LAST_PIECE = 16_384


class AnalystFeed:
    """What the process of the moment is sent.

    Attributes:
        wanted: indices of the symbols it follows.
        behind: it reads the tape.
        sent_seq, seen_seq: ticks through these were sent, and are done.
        ticks, falls: ticks sent, and how often it fell behind.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.wanted: set[int] = set()
        self.behind = False
        self.sent_seq = self.seen_seq = 0
        self.ticks = self.falls = 0
        self._process: AnalystProcess | None = None
        self._mask = np.zeros(0, np.bool_)
        self._names = 0

    def begin(self, process: AnalystProcess | None) -> None:
        """Another process, or none: it follows nothing yet."""
        self._process = process
        self.wanted, self.behind, self._names = set(), False, 0

    def want(self, want: Want) -> None:
        """It follows these symbols from here on."""
        symbols = self.engine.symbols
        self.wanted = {symbols.add(name) for name in want.symbols}
        self._mask = np.zeros(max(self.wanted, default=-1) + 1, np.bool_)
        self._mask[list(self.wanted)] = True
        self._name()
        self.engine.incoming.absorb()
        after = want.after if want.after >= 0 else self.engine.last_seq
        if self._process is not None:
            self._process.send(frames.frame(words.WANTED, seq=after))
        if want.after < 0:
            self.behind, self.sent_seq = False, after
        else:
            self.meet(after)

    def take(self, ticks: Records) -> None:
        """Ticks that are on the tape."""
        if not self.wanted or self.behind or not len(ticks):
            return
        process = self._process
        if process is None:
            return
        if process.unsent > ROOM:
            self.falls += 1
            self._fall_behind(self.sent_seq)
            return
        self._send(ticks)

    def meet(self, seq: int) -> None:
        """It has all ticks through `seq`: it is sent the rest where that is here, and else told to read on."""
        fresh = self.engine.recent.since(seq)
        if fresh is None:
            self.behind = True
            self.engine.spawn(self._read_on(self._process, seq), "analyst's ticks")
        elif len(fresh) > LAST_PIECE and self.engine.tape.synced_seq > seq:
            self._fall_behind(seq)
        else:
            self.behind, self.sent_seq = False, seq
            self._send(fresh)

    async def _read_on(self, process: AnalystProcess | None, seq: int) -> None:
        """Once the tape has what the ring no longer has."""
        await self.engine.tape.wait_synced(self.engine.recent.floor)
        if process is self._process:
            self._fall_behind(seq)

    def _fall_behind(self, seq: int) -> None:
        self.behind = True
        if self._process is not None:
            self._process.send(frames.message(words.BEHIND, Behind(self.engine.tape.synced_seq), seq))

    def _send(self, ticks: Records) -> None:
        """The wanted ones of ticks that come after all that were sent."""
        if self._process is None or not len(ticks):
            return
        symbols = ticks["symbol"]
        wanted = self._mask[np.minimum(symbols, len(self._mask) - 1)] & (symbols < len(self._mask))
        mine = ticks if wanted.all() else ticks.compress(wanted)
        self.sent_seq = int(ticks["seq"][-1])
        if len(mine):
            self.ticks += len(mine)
            self._process.send(frames.frame(words.TICKS, mine.tobytes(), self.sent_seq))

    def _name(self) -> None:
        """It learns the symbols it has not heard of."""
        names = self.engine.symbols.names
        if self._process is not None and len(names) != self._names:
            self._names = len(names)
            self._process.send(frames.message(words.NAMES, names))
