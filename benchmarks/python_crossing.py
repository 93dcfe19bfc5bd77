"""The crossing as a strategy in plain Python, with the averages of the plain Python reference."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from benchmarks.peers.market import SAME
from benchmarks.peers.on_python import Average
from core.compile.python import Tick


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    fast: Annotated[int, Meta(ge=1, description="ticks in the fast average")] = 50
    slow: Annotated[int, Meta(ge=2, description="ticks in the slow average")] = 200


class Strategy:
    """Long while the fast average is above the slow one."""

    def __init__(self, params: Params) -> None:
        self.fast, self.slow = Average(params.fast), Average(params.slow)
        self.warmup = params.slow
        self.seen = 0

    def on_tick(self, tick: Tick) -> float | None:
        """The target, None for no opinion."""
        fast, slow = self.fast.add(tick.price), self.slow.add(tick.price)
        self.seen += 1
        if self.seen < self.warmup:
            return None
        if fast > slow + SAME:
            return 1.0
        if fast < slow - SAME:
            return -1.0
        return None
