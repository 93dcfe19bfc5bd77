"""How much was traded in the last closed bar, in base and in quote currency, and which part of it the buyer took.

With `interval` tick each print is a bar of its own.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    interval: Interval = "1m"


LINES = (Line("volume", "base"), Line("notional", "quote"), Line("trades", "prints"), Line("buys", "ratio 0-1"))
STATE = np.dtype([("bar", BAR_STATE)])


def warmup(p: Params) -> int:
    """The bar itself."""
    return 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    out[0] = s.bar.volume
    out[1] = s.bar.notional
    out[2] = s.bar.trades
    out[3] = s.bar.buy_volume / s.bar.volume if s.bar.volume > 0.0 else math.nan
