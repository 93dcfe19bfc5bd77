"""Bets that two markets keep together: far from the line between them, their spread comes back.

Leg A is held against leg B. At each bar that both have closed, with y and x the logarithms of their closes: y = a + h·x by `method` over
the last `window` bars (`kalman`: and 20 more, that the filter begins with), and z the spread's distance from its mean over `window` in
deviations, as `cockpit pairs` has them. The spread is bought when z < -`entry_z` and sold when z > `entry_z`; out when z has come back to
within `exit_z` of 0, or beyond it. Beyond `stop_z` it is out, and stays out until z is within `exit_z` (0: no stop).

Long the spread is 1 unit of A, and short h·(price of A / price of B) units of B: B is worth h times what A is, as with logarithms h
is money in B for each 1 in A. The ratio is that of the entry, and kept as long as the position is. Where `size` is money, a unit is
money's worth, and the target of B is h itself.

Without a hedge ratio above zero it stays out. A bar of both that comes more than an interval after its end opens nothing; once a
leg has not traded for more than an interval (in two whole bars of the other), it gets out of both: of the silent one on its next print.
"""

import math
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from core.kernels.joint_bars import ALONE, JOINT_BARS, NOTHING, close_joint_bar
from core.kernels.moving_line import BEGIN, MOVING_LINE, moving_line
from core.kernels.returns import log_ratio
from core.kernels.rolling_line import ROLLING_LINE, rolling_line
from core.kernels.sizing import hedged
from core.strategy import Interval

LEGS = 2

#: Its legs are nothing without each other: terms that would hold one of them alone are refused.
HEDGED = True


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window: Annotated[int, Meta(ge=10, le=10_000, description="bars of the hedge ratio and of z")] = 60
    method: Annotated[Literal["ols", "kalman"], Meta(description="how the hedge ratio is found: least squares, or a line that moves")] = (
        "ols"
    )
    entry_z: Annotated[float, Meta(gt=0, le=100, description="deviations at which the spread is taken up")] = 2.0
    exit_z: Annotated[float, Meta(ge=0, le=100, description="deviations at which it has come back")] = 0.5
    stop_z: Annotated[float, Meta(ge=0, le=1000, description="deviations at which it is given up; 0: none")] = 4.0
    interval: Interval = "1m"

    def __post_init__(self) -> None:
        if self.interval == "tick":
            raise ValueError("interval must be a length such as 1m: prints of two legs have no common time")
        if self.exit_z >= self.entry_z:
            raise ValueError(f"exit_z ({self.exit_z:g}) must be less than entry_z ({self.entry_z:g})")
        if 0.0 < self.stop_z <= self.entry_z:
            raise ValueError(f"stop_z ({self.stop_z:g}) must be more than entry_z ({self.entry_z:g}), or 0 for none")


STATE = np.dtype(
    [
        ("bar", JOINT_BARS),
        ("line", ROLLING_LINE),
        ("filter", MOVING_LINE),
        ("hedge", "f8"),
        ("zscore", "f8"),
        ("side", "f8"),  # of the spread: 1, -1, 0
        ("held", "f8"),  # hedge ratio of the position
        ("ratio", "f8"),  # units of target of B for one of A
        ("waits", "i8"),  # 1: it was beyond the stop
        ("late", "i8"),  # 1: the bar came too late to open anything
        ("alone", "i8"),  # 1: a leg has stopped trading
    ]
)


def work(p: Params) -> int:
    """The points of the window, as sums or as they are."""
    return 5 * p.window if p.method == "ols" else 3 * (p.window + BEGIN)


def warmup(p: Params) -> int:
    """Bars of both legs until z is known."""
    return p.window if p.method == "ols" else p.window + BEGIN


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion on both legs at each bar that both have closed."""
    seen = close_joint_bar(s.bar, tick, p.interval)
    if seen == NOTHING:
        return
    if seen == ALONE:
        s.alone = 1
        if s.side != 0.0:
            s.side = 0.0
            out[0] = 0.0
            out[1] = 0.0
        return
    s.alone = 0
    x = log_ratio(s.bar.b.close, 1.0)
    y = log_ratio(s.bar.a.close, 1.0)
    if p.method == 0:
        s.hedge = rolling_line(s.line, mem, 0, p.window, x, y)
        s.zscore = s.line.zscore
        known = s.line.full
    else:
        s.hedge = moving_line(s.filter, mem, 0, p.window + BEGIN, x, y)
        s.zscore = s.filter.zscore
        known = s.filter.full
    if known == 0:
        return
    s.late = 1 if tick.ts > s.bar.start + 2 * p.interval else 0
    before = s.side
    s.side = side_of(s, p)
    if s.side == 0.0:
        out[0] = 0.0
        out[1] = 0.0
        return
    if s.side != before:
        s.held = s.hedge
        s.ratio = hedged(s.hedge, s.bar.a.close, s.bar.b.close)
    out[0] = s.side
    out[1] = -s.side * s.ratio


def side_of(s: Any, p: Any) -> float:
    """Which side of the spread to be on now."""
    z = s.zscore
    if p.stop_z > 0.0 and abs(z) > p.stop_z:
        s.waits = 1
    elif abs(z) < p.exit_z:
        s.waits = 0
    if s.waits != 0 or not s.hedge > 0.0 or z != z:
        return 0.0
    if abs(z) > p.entry_z and s.late == 0:
        return -1.0 if z > 0.0 else 1.0
    if -s.side * z < p.exit_z or s.side == 0.0:
        return 0.0
    return s.side  # type: ignore[no-any-return]


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """Both closes, hedge ratio and z, and why it may be out: each of the last five is 1 where it is so."""
    return {
        "a": s.bar.a.close,
        "b": s.bar.b.close,
        "hedge_ratio": s.hedge,
        "zscore": s.zscore,
        "held_ratio": s.held if s.side != 0.0 else math.nan,
        "no_hedge": float(not s.hedge > 0.0),
        "no_zscore": float(s.zscore != s.zscore),
        "stopped": float(s.waits),
        "late": float(s.late),
        "alone": float(s.alone),
    }
