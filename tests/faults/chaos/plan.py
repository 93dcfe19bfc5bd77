"""What a chaos run does and when: drawn from one number, so that a run can be repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: How often each deed comes in one round of the bag.
BAG = {
    "kill_engine": 2,
    "restart_engine": 1,
    "edit": 2,
    "kill_worker": 3,
    "freeze_worker": 2,
    "pause": 2,
    "resume": 3,
    "flatten": 2,
    "reduce": 2,
    "stops": 2,
    "limits": 2,
    "register": 2,
    "register_culprit": 1,
    "unregister": 1,
    "lock_ledger": 1,
    "lock_tape": 1,
    "viewer": 3,
    "audit": 1,
}


@dataclass(frozen=True)
class Deed:
    """One thing to do: when (seconds since the start), what, and the number its own choices are drawn from."""

    number: int
    at_s: float
    kind: str
    seed: str

    def source(self) -> random.Random:
        """Its choices."""
        return random.Random(self.seed)


def draw(seed: int, seconds: float, every_s: float) -> list[Deed]:
    """Deeds in the order of time."""
    source = random.Random(seed)
    deeds: list[Deed] = []
    bag: list[str] = []
    at_s = 0.0
    while True:
        at_s += source.uniform(0.1, 1.9) * every_s
        if at_s > seconds:
            return deeds
        if not bag:
            bag = [kind for kind, times in BAG.items() for _ in range(times)]
            source.shuffle(bag)
        deeds.append(Deed(len(deeds), round(at_s, 2), bag.pop(), f"{seed} {len(deeds)}"))
