"""Keeps what a feed hands on, as the tape would."""

from __future__ import annotations

import numpy as np

from core.feed.batch import Batch, FeedState
from core.types import TICK, Records, Symbols


class Recorder:
    """Released ticks, late ticks and the table of gaps."""

    def __init__(self) -> None:
        self.symbols = Symbols()
        self.states: list[FeedState] = []
        self.batches: list[Batch] = []
        self.held: frozenset[int] = frozenset()
        self.gaps: dict[tuple[int, int, int], tuple[str, str]] = {}
        self._parts: list[Records] = []
        self._late: list[Records] = []

    def take(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.held = batch.held
        self._parts.append(batch.ticks.copy())
        self._late.append(batch.late.copy())
        for gap in batch.gaps:
            self.gaps[gap.symbol, gap.from_id, gap.to_id] = (gap.state, gap.cause)

    def ticks(self, name: str | None = None) -> Records:
        """Released ticks, of one symbol or of all."""
        return self._of(self._parts, name)

    def late(self, name: str | None = None) -> Records:
        return self._of(self._late, name)

    def ids(self, name: str) -> list[int]:
        """Ids released, in order."""
        found: list[int] = self.ticks(name)["id"].tolist()
        return found

    def late_ids(self, name: str) -> list[int]:
        found: list[int] = self.late(name)["id"].tolist()
        return found

    def states_said(self) -> list[str]:
        """The states in words, without repeats in a row."""
        words = [state.state for state in self.states]
        return [word for n, word in enumerate(words) if n == 0 or words[n - 1] != word]

    def _of(self, parts: list[Records], name: str | None) -> Records:
        ticks = np.concatenate(parts) if parts else np.empty(0, TICK)
        if name is None:
            return ticks
        if f"binance:{name}" not in self.symbols:
            return ticks[:0]
        mine: Records = ticks[ticks["symbol"] == self.symbols[f"binance:{name}"]]
        return mine
