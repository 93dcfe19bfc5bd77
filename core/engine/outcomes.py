"""What became of each target that changed: told by what the loop did next on the same print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.engine.roster import Entry
from core.kernels.records import BLOCK_NAMES, BLOCKED, CANCELLED, MINIMUM, PLACED, SIGNAL, SIGNALLED

ORDERED = "ordered"
NOTHING = "nothing to do"


class Outcomes:
    """Says it of a run of reports, in words: ordered, in part where a limit took the rest; blocked, paused, or nothing to do.

    An order that stays too small is told by the loop once, so which legs that is true of is remembered.
    """

    def __init__(self) -> None:
        self._small: set[tuple[str, int]] = set()

    def of(self, entry: Entry, reports: Iterable[tuple[Any, ...]]) -> dict[tuple[int, int], str]:
        """The outcomes of a strategy's changed targets, by (seq, leg)."""
        found: dict[tuple[int, int], str] = {}
        blocked: dict[tuple[int, int], str] = {}
        for _, at, _, _, _, qty, _, _, _, _, aim, _, kind, why, leg in reports:
            place = at, leg
            if kind == SIGNALLED:
                found[place] = self._without_order(entry, leg, qty, aim)
            elif kind == BLOCKED:
                (self._small.add if why == MINIMUM else self._small.discard)((entry.id, leg))
                if place in found:
                    blocked[place] = BLOCK_NAMES[why]
                    found[place] = f"blocked: {BLOCK_NAMES[why]}"
            elif kind == PLACED and why == SIGNAL:
                self._small.discard((entry.id, leg))
                if place in found:
                    found[place] = f"{ORDERED} in part: {blocked[place]}" if place in blocked else ORDERED
            elif kind == CANCELLED and place in found and place not in blocked:
                found[place] = "the working order was cancelled"
        return found

    def forget(self, id_: str) -> None:
        """A strategy is gone."""
        self._small = {place for place in self._small if place[0] != id_}

    def _without_order(self, entry: Entry, leg: int, target: float, aim: float) -> str:
        """What it is where nothing else is told of that print."""
        if "close" in entry.stance or "closing" in entry.stance:
            return "closing"
        paused = entry.stance.get("pause")
        if paused is not None and paused.lever == "pause":
            return "paused"
        there = entry.terms.size == "units" and target * entry.terms.qty == aim
        if (entry.id, leg) in self._small and target != 0.0 and not there:
            return f"blocked: {BLOCK_NAMES[MINIMUM]}"
        return NOTHING
