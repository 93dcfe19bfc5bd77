"""The ticks the analyst follows: live ones as the engine sends them, the rest from the tape where the engine could not send all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np

from core.analyst import words
from core.analyst.words import Want
from core.store.reader import ticks_since
from core.types import Records, Symbols
from core.workers import frames

#: The engine hears how far it is once every so many ticks.
TELL = 4096

#: Batches of the tape that are read between two looks at what else the engine says.
BATCHES = 4


class Following:
    """The analyst's place in the stream.

    Args:
        send: takes frames for the engine.

    Attributes:
        seq: ticks through this one were taken.
        symbols: the engine's symbols.
        wanted: those whose ticks are read from the tape.
        on_ticks: what every batch is handed to, in the order of seq, none twice.
        on_wanted: called with a seq once every tick after it of the symbols asked for last will come.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.seq = 0
        self.symbols = Symbols()
        self.wanted: list[str] = []
        self.on_ticks: Callable[[Records], None] = lambda ticks: None
        self.on_wanted: Callable[[int], None] = lambda seq: None
        self._send = send
        self._tape = Path()
        self._told = 0

    def open(self, home: Path, names: list[str]) -> None:
        """Where the tape is, and what symbols are called."""
        self._tape = home / "tape.db"
        self.learn(names)

    def learn(self, names: list[str]) -> None:
        """The engine's symbols by their index."""
        self.symbols = Symbols(names)

    def want(self, symbols: list[str], after: int = -1) -> None:
        """Ask for ticks of these symbols, and no others; see `Want`."""
        self.wanted = symbols
        self._send(frames.message(words.WANT, Want(symbols, after)))

    def meet(self, seq: int) -> None:
        """The stream is of the symbols that were asked for, from this seq on; what was taken beyond it may lack some of them."""
        self.seq = max(self.seq, seq)
        self.on_wanted(self.seq)

    def take(self, ticks: Records, seq: int) -> None:
        """Live ticks through `seq`; those that were taken already are passed over."""
        if len(ticks) and int(ticks["seq"][0]) <= self.seq:
            ticks = ticks[int(np.searchsorted(ticks["seq"], self.seq, "right")) :]
        if len(ticks):
            self.on_ticks(ticks)
        self.seq = max(self.seq, seq)
        if self.seq - self._told >= TELL:
            self._told = self.seq
            self._send(frames.frame(words.SEEN, seq=self.seq))

    def read_on(self, after: int, through: int) -> None:
        """Take what the tape has after the one seq and through the other, a stretch of it, and say how far that is: the engine then sends
        the rest, or says again where to read on."""
        batches = ticks_since(self._tape, after, self.wanted, symbols=self.symbols, to_seq=through)
        count = 0
        for ticks in islice(batches, BATCHES):
            self.take(ticks, int(ticks["seq"][-1]))
            count += 1
        batches.close()
        self.seq = max(self.seq, after, through if count < BATCHES else 0)
        self._send(frames.frame(words.CAUGHT, seq=self.seq))
