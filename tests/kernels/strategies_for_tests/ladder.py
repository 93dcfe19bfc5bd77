"""Bets that what it holds at a loss comes back: it adds to a loser and takes a gain, and says how sure it is and why."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.records import OWN

REASONS = ("nothing is held", "at a loss", "at a gain")


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: Annotated[int, Meta(ge=1, description="not used")] = 1


STATE = np.dtype([("own", OWN), ("confidence", "f8"), ("reason", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """One unit when flat, two at a loss, none at a gain of more than one."""
    if s.own.position == 0.0:
        s.confidence, s.reason, out[0] = 0.5, 0, 1.0
    elif tick.price < s.own.entry:
        s.confidence, s.reason, out[0] = 0.25, 1, 2.0
    elif tick.price > s.own.entry + 1.0:
        s.confidence, s.reason, out[0] = 1.0, 2, 0.0
