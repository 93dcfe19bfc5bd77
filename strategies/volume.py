"""Bets that a move many trade on goes on: when volume surges, the price keeps going the way it went in the surge.

At each bar close: the surge is what was traded a bar in the last `recent` bars over what was traded a bar in the `average` bars before
them. With a surge above `surge`, long when the close is more than `move` percent above the close `recent` bars before, short when more
than that below. A position is left for flat when the surge is no longer above `fade`; in between it is held. Without any volume before it
is flat. "Above" means by more than 1e-12 of it.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import ROLLING_VWAP, above, rolling_ratio
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.opinions import BACK, LONG, NEUTRAL, OPINION, SHORT, UNKNOWN, beyond, stand_aside
from core.kernels.oscillators import LAG, lag
from core.strategy import Interval

REASONS: tuple[str, ...] = (
    "no surge that the price confirms",
    "volume surges and the price rises",
    "volume surges and the price falls",
    "the surge has faded",
    "no volume to compare with",
)


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    recent: Annotated[int, Meta(ge=1, le=10_000, description="bars of the surge, and of the move")] = 5
    average: Annotated[int, Meta(ge=1, le=10_000, description="bars before them that tell what is usual")] = 60
    surge: Annotated[float, Meta(gt=1, le=1000, description="times the usual volume that count as a surge")] = 2.0
    fade: Annotated[float, Meta(ge=0, le=1000, description="times the usual volume at which it is over, less than surge")] = 1.2
    move: Annotated[float, Meta(ge=0, le=100, description="percent the price must have moved")] = 0.05
    interval: Interval = "1m"

    def __post_init__(self) -> None:
        if self.fade >= self.surge:
            raise ValueError(f"fade ({self.fade:g}) must be less than surge ({self.surge:g})")


STATE = np.dtype(
    [
        ("bar", BAR_STATE),
        ("closes", LAG),
        ("volumes", LAG),
        ("recent", ROLLING_VWAP),
        ("usual", ROLLING_VWAP),
        ("past", "f8"),
        ("surge", "f8"),
        *OPINION.descr,
    ]
)


def work(p: Params) -> int:
    """Closes and volumes looked back on, and both windows."""
    return 4 * p.recent + 2 * p.average


def warmup(p: Params) -> int:
    """Bars until it is known what is usual."""
    return p.recent + p.average


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    volume = s.bar.volume
    s.past = lag(s.closes, mem, 0, p.recent, s.bar.close)
    before = lag(s.volumes, mem, p.recent, p.recent, volume)
    recent = rolling_ratio(s.recent, mem, 2 * p.recent, p.recent, volume, 1.0)
    if before != before:
        return
    usual = rolling_ratio(s.usual, mem, 4 * p.recent, p.average, before, 1.0)
    if usual == usual:
        out[0] = side_of(s, p, recent, usual)


def side_of(s: Any, p: Any, recent: float, usual: float) -> float:
    """Which side to be on, by the volume of a bar now and before."""
    if not usual > 0.0:
        s.surge = np.nan
        return stand_aside(s, UNKNOWN)
    s.surge = recent / usual
    s.confidence = beyond(s.surge, p.surge)
    close = s.bar.close
    move = s.past * (p.move / 100.0)
    surging = above(recent, p.surge * usual)
    if surging and above(close, s.past + move):
        s.target = 1.0
        s.reason = LONG
    elif surging and above(s.past - move, close):
        s.target = -1.0
        s.reason = SHORT
    elif s.target == 0.0:
        return stand_aside(s, NEUTRAL)
    elif not above(recent, p.fade * usual):
        return stand_aside(s, BACK)
    target: float = s.target
    return target


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close and the one the move is measured from, the surge, and the move in percent."""
    return {"close": s.bar.close, "past": s.past, "surge": s.surge, "move_pct": 100.0 * (s.bar.close / s.past - 1.0)}
