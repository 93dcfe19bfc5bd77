"""Bets that one-sided taking moves the price on: where buyers take more than is usual it rises, where sellers do it falls.

At each bar close: the imbalance is (bought - sold) / (bought + sold), by who took, over the last `window` bars, and what is usual the same
over the last `average` bars. Long when the imbalance is more than `threshold` above the usual one, short when more than `threshold` below.
A position is left for flat when the imbalance is back at the usual one, or beyond it; in between it is held. Prints of which nobody knows
who took count in nothing; without any other in the window it is flat. It is made of trades alone, as the order imbalance of Easley, López
de Prado and O'Hara ("Flow toxicity and liquidity in a high-frequency world", Review of Financial Studies 25, 2012), by time, not volume.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import ROLLING_VWAP, rolling_ratio
from core.kernels.bars import BAR_STATE, close_bar, opens_next
from core.kernels.opinions import OPINION, lean
from core.strategy import Interval

REASONS: tuple[str, ...] = (
    "neither side takes more than is usual",
    "buyers take more than is usual",
    "sellers take more than is usual",
    "the imbalance is back at what is usual",
    "who took is not known",
)


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window: Annotated[int, Meta(ge=1, le=10_000, description="bars of the imbalance")] = 30
    average: Annotated[int, Meta(ge=2, le=10_000, description="bars of the usual imbalance, more than in the window")] = 300
    threshold: Annotated[float, Meta(gt=0, le=2, description="imbalance (-1 to 1) away from the usual one that counts as one-sided")] = 0.4
    interval: Interval = "1s"

    def __post_init__(self) -> None:
        if self.window >= self.average:
            raise ValueError(f"window ({self.window}) must be less than average ({self.average})")


STATE = np.dtype(
    [
        ("bar", BAR_STATE),
        ("bought", "f8"),  # in the bar that is forming
        ("sold", "f8"),
        ("recent", ROLLING_VWAP),
        ("usual", ROLLING_VWAP),
        ("imbalance", "f8"),
        ("usually", "f8"),
        *OPINION.descr,
    ]
)


def work(p: Params) -> int:
    """Net and known volume of the bars in both windows."""
    return 2 * (p.window + p.average)


def warmup(p: Params) -> int:
    """Bars until the usual imbalance is known."""
    return p.average


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    closed = close_bar(s.bar, tick, p.interval)
    late = closed and opens_next(s.bar)
    if not late:
        take(s, tick)
    if closed:
        judge(s, mem, p, out)
    if late:
        take(s, tick)


def take(s: Any, tick: Any) -> None:
    """A print of the forming bar."""
    if tick.side > 0:
        s.bought += tick.qty
    elif tick.side < 0:
        s.sold += tick.qty


def judge(s: Any, mem: Any, p: Any, out: Any) -> None:
    """The bar is complete."""
    net = s.bought - s.sold
    known = s.bought + s.sold
    s.bought = 0.0
    s.sold = 0.0
    s.imbalance = rolling_ratio(s.recent, mem, 0, p.window, net, known)
    s.usually = rolling_ratio(s.usual, mem, 2 * p.window, p.average, net, known)
    if s.usual.full != 0:
        out[0] = lean(s, s.imbalance - s.usually, p.threshold, 0.0)


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, the imbalance, and the usual one."""
    return {"close": s.bar.close, "imbalance": s.imbalance, "usual": s.usually}
