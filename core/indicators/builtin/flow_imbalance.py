"""How one-sided trading was in the last `window_s` seconds: (bought - sold) / (bought + sold), -1 to 1, by who took.

Prints of which nobody knows who took count in neither. It is made of trades, not of changes of the quotes, as the order-flow imbalance
of Cont, Kukanov and Stoikov ("The price impact of order book events", 2014) is. `bought` and `sold` are in base currency.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.windows import CLOCK, WINDOW, buckets, reaches_back, turn, window_sum


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 60.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("imbalance", "ratio -1..1"), Line("bought", "base"), Line("sold", "base"))
STATE = np.dtype([("clock", CLOCK), ("bought", WINDOW), ("sold", WINDOW)])


def work(p: Params) -> int:
    """Two rings."""
    return 2 * buckets(p.window_s, p.resolution_s)


def warmup(p: Params) -> int:
    """The window."""
    return math.ceil(p.window_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    size = buckets(p.window_s, p.resolution_s)
    turned = turn(s.clock, tick.ts, p.resolution_s)
    bought = window_sum(s.bought, mem, 0, s.clock, turned, size, 0, tick.qty if tick.side > 0 else 0.0)
    sold = window_sum(s.sold, mem, size, s.clock, turned, size, 0, tick.qty if tick.side < 0 else 0.0)
    if not reaches_back(s.clock, size):
        return
    out[0] = (bought - sold) / (bought + sold) if bought + sold > 0.0 else math.nan
    out[1] = bought
    out[2] = sold
