"""Bets on what it is told on two legs: its work memory holds two targets for each tick, and it reads them round and round."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

LEGS = 2


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: Annotated[int, Meta(ge=1, description="pairs of targets in its memory")] = 1


STATE = np.dtype([("i", "i8")])


def work(p: Params) -> int:
    """The pairs of targets."""
    return 2 * p.n


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """The next two targets."""
    out[0] = mem[2 * s.i]
    out[1] = mem[2 * s.i + 1]
    s.i += 1
    if s.i == p.n:
        s.i = 0
