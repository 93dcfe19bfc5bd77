"""The volume-weighted average price since midnight UTC: what was paid for all that was traded, over how much it was.

Not known while nothing was traded. A print that comes after midnight with a time before it counts to the new day.
"""

from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.kernels.averages import VWAP, session_vwap


class Params(Struct, frozen=True, kw_only=True):
    """Nothing can be set."""


LINES = (Line("vwap", "price", "main"),)
STATE = np.dtype([("day", VWAP)])


def warmup(p: Params) -> int:
    """The day so far."""
    return 86_400


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    out[0] = session_vwap(s.day, tick.ts, tick.price, tick.qty)
