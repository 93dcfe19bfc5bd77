"""The one place that gives a tick its number in the canonical order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.types import TICK, Records, join


class Sequencer:
    """Numbers released ticks 1, 2, 3, … from `next_seq` on, never twice; late ticks have none (0)."""

    def __init__(self, next_seq: int = 1) -> None:
        if next_seq < 1:
            raise ValueError(f"next_seq must be at least 1, not {next_seq}")
        self.next_seq = next_seq

    def number(self, parts: Sequence[Records]) -> Records:
        """Merge the released ticks of several symbols in the order they arrived and set their `seq`.

        `parts` are TICK arrays, each one in the order it must keep, with the arrival number of each tick in
        `seq`. A tick that waited for an earlier one counts as arrived with it.
        """
        parts = [part for part in parts if len(part)]
        if not parts:
            return np.empty(0, TICK)
        merged = parts[0] if len(parts) == 1 else self._merge(parts)
        merged["seq"] = np.arange(self.next_seq, self.next_seq + len(merged))
        self.next_seq += len(merged)
        return merged

    @staticmethod
    def _merge(parts: Sequence[Records]) -> Records:
        arrived = np.concatenate([np.maximum.accumulate(part["seq"]) for part in parts])
        return join(parts).take(np.argsort(arrived, kind="stable"))
