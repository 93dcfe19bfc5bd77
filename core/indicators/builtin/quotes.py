"""The best bid and ask as they stood before the last print, and the middle between them.

Not known where a print came without quotes, as those of files do.
"""

from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line


class Params(Struct, frozen=True, kw_only=True):
    """Nothing can be set."""


LINES = (Line("bid", "price", "main"), Line("ask", "price", "main"), Line("mid", "price", "main"))
STATE = np.dtype([("none", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    out[0] = tick.bid
    out[1] = tick.ask
    out[2] = 0.5 * (tick.bid + tick.ask)
