"""How far the best ask is above the best bid, in percent of the middle between them: 100 (ask - bid) / mid.

As the quotes stood before the last print; not known where it came without them.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line


class Params(Struct, frozen=True, kw_only=True):
    """Nothing can be set."""


LINES = (Line("spread", "%"),)
STATE = np.dtype([("none", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    mid = 0.5 * (tick.bid + tick.ask)
    out[0] = 100.0 * (tick.ask - tick.bid) / mid if mid > 0.0 else math.nan
