"""Bets on what it is told: its work memory holds a target for each tick, and it reads them round and round."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: Annotated[int, Meta(ge=1, description="targets in its memory")] = 1


STATE = np.dtype([("i", "i8")])


def work(p: Params) -> int:
    """The targets."""
    return p.n


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """The next target."""
    out[0] = mem[s.i]
    s.i += 1
    if s.i == p.n:
        s.i = 0
