"""Bets that large traders know more: the price follows the side on which the largest prints are.

A print is large when its value is above that of a share `quantile` of the prints before its bar: to an eighth of it, with weights that fade
as those of an exponential average over `sample` bars. At each bar close, the pressure is the exponential average over `window` bars of what
large buyers took less what large sellers took, over that of all that was traded. Long when the pressure is above `enter`, short when below
-`enter`; a position is left for flat once the pressure is no further than `leave` on its side. Prints of which nobody knows who took are no
large ones; what they traded weakens the pressure.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import EMA, ema
from core.kernels.bars import BAR_STATE, close_bar, opens_next
from core.kernels.opinions import OPINION, lean
from core.kernels.quantiles import CLASSED, CLASSES, count, fade, quantile
from core.strategy import Interval

REASONS: tuple[str, ...] = (
    "large buyers and large sellers are even",
    "large buyers outweigh large sellers",
    "large sellers outweigh large buyers",
    "the pressure of large traders has gone",
    "the prints have no sizes",
)


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    quantile: Annotated[float, Meta(ge=0.5, le=0.999, description="share of prints that a large one is above")] = 0.95
    sample: Annotated[int, Meta(ge=2, le=10_000, description="bars of prints that tell what is large")] = 300
    window: Annotated[int, Meta(ge=2, le=10_000, description="bars in the average of what large traders took")] = 30
    enter: Annotated[float, Meta(gt=0, le=1, description="pressure (-1 to 1) that is followed")] = 0.2
    leave: Annotated[float, Meta(ge=0, le=1, description="pressure at which it has gone, less than enter")] = 0.05
    interval: Interval = "1s"

    def __post_init__(self) -> None:
        if self.leave >= self.enter:
            raise ValueError(f"leave ({self.leave:g}) must be less than enter ({self.enter:g})")


STATE = np.dtype(
    [
        ("bar", BAR_STATE),
        ("sizes", CLASSED),
        ("large", "f8"),  # value a print must be above, or equal
        ("taken", "f8"),  # by large buyers less large sellers, in the bar that is forming
        ("net", EMA),
        ("traded", EMA),
        ("pressure", "f8"),
        *OPINION.descr,
    ]
)


def work(p: Params) -> int:
    """How many prints there were of each size."""
    return CLASSES


def warmup(p: Params) -> int:
    """Bars until it is known what is large, and then until the averages are."""
    return p.sample + p.window


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    closed = close_bar(s.bar, tick, p.interval)
    late = closed and opens_next(s.bar)
    if not late:
        take(s, mem, p, tick)
    if closed:
        judge(s, mem, p, out)
    if late:
        take(s, mem, p, tick)


def take(s: Any, mem: Any, p: Any, tick: Any) -> None:
    """A print of the forming bar."""
    if tick.side == 0:
        return
    value = tick.price * tick.qty
    count(s.sizes, mem, 0, value)
    if s.bar.count >= p.sample and value >= s.large:
        s.taken += value if tick.side > 0 else -value


def judge(s: Any, mem: Any, p: Any, out: Any) -> None:
    """The bar is complete."""
    taken = s.taken
    warm = s.bar.count > p.sample  # bars before were there to tell what is large
    s.taken = 0.0
    s.large = quantile(s.sizes, mem, 0, p.quantile)
    fade(s.sizes, mem, 0, 1.0 - 2.0 / (p.sample + 1))
    if not warm:
        return
    net = ema(s.net, p.window, taken)
    traded = ema(s.traded, p.window, s.bar.notional)
    if traded != traded:
        return
    s.pressure = net / traded if traded > 0.0 else np.nan
    out[0] = lean(s, s.pressure, p.enter, p.leave)


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, the pressure, and the value from which on a print is large."""
    return {"close": s.bar.close, "pressure": s.pressure, "large": s.large}
