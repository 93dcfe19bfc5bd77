"""Faults drawn from a seed: when, which and how bad."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from core.exchange.fault_kinds import KINDS, VARIANTS, Fault

#: Between these seconds something lasts, unless too little time is left.
_LASTING = {
    "half_open": (2.0, 30.0),
    "silence": (1.0, 15.0),
    "mute": (2.0, 20.0),
    "rename": (1.0, 10.0),
    "reject": (1.0, 10.0),
    "slow_rest": (2.0, 15.0),
    "refuse": (1.0, 10.0),
    "halt": (2.0, 15.0),
    "burst": (1.0, 8.0),
}

#: At most so many prints.
_PRINTS = {"skip": 50, "duplicate": 20, "reorder": 30, "poison": 5}

#: Renamed or retyped: what every print has.
_FIELDS = ("p", "q", "T", "m")

_LONGEST_GRACE_S = 10.0
_SHORTEST_S = 0.1


def draw(seed: int, duration_s: float, symbols: Sequence[str], kinds: Sequence[str], every_s: float) -> Iterator[Fault]:
    """Faults in the order of time, each over by `duration_s`."""
    source = random.Random(seed)
    at_s, bag = 0.0, list[str]()
    for number in count():
        at_s += source.uniform(0.5, 1.5) * every_s
        bag = bag or source.sample(list(kinds), len(kinds))
        kind = bag.pop()
        if at_s + _SHORTEST_S > duration_s:
            return
        # Drawn apart: when and what does not depend on the symbols there are.
        words = _words(random.Random(f"{seed} {number}"), kind, symbols, duration_s - at_s)
        yield Fault(at_s=round(at_s, 3), kind=kind, **words)


def _words(source: random.Random, kind: str, symbols: Sequence[str], left_s: float) -> dict[str, Any]:
    """What is said of a fault of this kind."""
    words: dict[str, Any] = {}
    if kind in _LASTING:
        words["for_s"] = _seconds(source.uniform(*_LASTING[kind]), left_s)
    if kind in VARIANTS:
        words["how"] = source.choice(VARIANTS[kind])
    if "symbol" in KINDS[kind]:
        words["symbol"] = source.choice(list(symbols))
    if kind in _PRINTS:
        words["count"] = source.randint(2, _PRINTS[kind])
    if kind == "half_open":
        words["all"] = source.random() < 0.3
    elif kind == "mute":
        words["acknowledge"] = source.random() < 0.5
    elif kind == "rename":
        words["field"] = source.choice(_FIELDS)
    elif kind == "reject":
        words["status"] = source.choice((429, 429, 418, 503))
        words["ban_after"] = source.randint(1, 3)
        words["ban_s"] = _seconds(source.uniform(2.0, 15.0), left_s)
    elif kind == "slow_rest":
        words["delay_s"] = round(source.uniform(0.2, 5.0), 3)
    elif kind == "shutdown":
        words["grace_s"] = _seconds(source.uniform(0.5, _LONGEST_GRACE_S), left_s)
    elif kind == "burst":
        words["times"] = round(source.uniform(3.0, 10.0), 1)
    return words


def _seconds(drawn: float, left_s: float) -> float:
    return max(_SHORTEST_S, round(min(drawn, left_s), 3))
