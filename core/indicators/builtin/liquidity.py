"""How much is traded for each percent the price moves, in quote currency: the more, the more liquid.

liquidity = value of all that was traded in the last `window_s` seconds / sum of the absolute returns, in percent, from bucket to bucket
of `resolution_s` seconds. It is the inverse of the illiquidity of Y. Amihud, "Illiquidity and stock returns", Journal of Financial
Markets 5, 2002, with sums in the place of means. Not known where the price did not move. Known at the end of each bucket.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.returns import percent
from core.kernels.windows import CLOCK, EVERY, WINDOW, buckets, turn, window_sum


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 300.0
    resolution_s: Resolution = 5.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("liquidity", "quote a %"), Line("traded", "quote"), Line("path", "%"))
STATE = np.dtype([("clock", CLOCK), ("traded", WINDOW), ("path", WINDOW), ("last", "f8"), ("before", "f8")])


def work(p: Params) -> int:
    """Two rings of the window, and the bucket that is going on."""
    return 2 * buckets(p.window_s, p.resolution_s) + 2


def warmup(p: Params) -> int:
    """The window, the bucket before it and the one that is going on."""
    return math.ceil(p.window_s + 2 * p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At the first print of each bucket."""
    size = buckets(p.window_s, p.resolution_s) + 1
    ended = s.clock.bucket
    turned = turn(s.clock, tick.ts, p.resolution_s)
    if turned > 0 and turned < EVERY:
        if s.before > 0.0:
            mem[size + ended % size] = abs(percent(s.last, s.before))
        s.before = s.last
    traded = window_sum(s.traded, mem, 0, s.clock, turned, size, 1, tick.price * tick.qty)
    path = window_sum(s.path, mem, size, s.clock, turned, size, 1, 0.0)
    if turned > 0 and s.clock.bucket - s.clock.first >= size:
        out[0] = traded / path if path > 0.0 else math.nan
        out[1] = traded
        out[2] = path
    s.last = tick.price
