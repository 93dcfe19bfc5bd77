"""The price of the last print."""

from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line


class Params(Struct, frozen=True, kw_only=True):
    """Nothing can be set."""


LINES = (Line("price", "price", "main"),)
STATE = np.dtype([("none", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    out[0] = tick.price
