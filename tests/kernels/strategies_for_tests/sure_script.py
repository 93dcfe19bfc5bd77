"""Bets on what it is told and is as sure as it is told: its work memory holds a target and a confidence for each tick, round and round."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

REASONS = ("told so",)


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: Annotated[int, Meta(ge=1, description="targets in its memory")] = 1


STATE = np.dtype([("i", "i8"), ("confidence", "f8"), ("reason", "i8")])


def work(p: Params) -> int:
    """A pair for each."""
    return 2 * p.n


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """The next target."""
    out[0] = mem[2 * s.i]
    s.confidence = mem[2 * s.i + 1]
    s.i += 1
    if s.i == p.n:
        s.i = 0
