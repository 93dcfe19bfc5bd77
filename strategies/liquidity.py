"""Bets that the price goes with the side where liquidity is: where bids take up selling better than offers take up buying, it rises.

Each print is charged with how far the middle of bid and ask has moved by the next print: its impact, in the direction of who took. At each
bar close, over the last `window` bars: what buying a unit moved the price up, less what selling a unit moved it down, over how far a unit
traded moved it at all, is the lean. Long when the lean is above `threshold`, short when below -`threshold`; a position is left for flat
when the lean is back at 0, or beyond it; in between it is held.

It trades only while the market is liquid: the spread (a mean over the prints) and the illiquidity (how far a unit traded moved the price,
either way) of the window are both at most `calm` times what they were over the last `average` bars; else it is flat. It is flat too where
quotes are not known, or one side took nothing. Impact by side is that of A. S. Kyle, "Continuous auctions and insider trading",
Econometrica 53, 1985; illiquidity that of Y. Amihud, "Illiquidity and stock returns", Journal of Financial Markets 5, 2002, with sums in
the place of means, and prices in the place of returns, which over such times are the same but for their unit.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import ROLLING_VWAP, above, rolling_ratio
from core.kernels.bars import BAR_STATE, close_bar, opens_next
from core.kernels.opinions import OPINION, UNKNOWN, lean, stand_aside
from core.strategy import Interval

REASONS: tuple[str, ...] = (
    "bids and offers take up trading alike",
    "bids take up selling better than offers take up buying",
    "offers take up buying better than bids take up selling",
    "bids and offers take up trading alike again",
    "quotes, or trading on both sides, are not known",
    "the spread is wider than usual",
    "trading moves the price more than usual",
)
WIDE = 5
THIN = 6


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window: Annotated[int, Meta(ge=1, le=10_000, description="bars in which impact and spread are measured")] = 30
    average: Annotated[int, Meta(ge=2, le=10_000, description="bars that tell what is usual, more than in the window")] = 300
    threshold: Annotated[float, Meta(gt=0, le=10, description="lean that is followed: 1 is the impact of any unit traded")] = 0.5
    calm: Annotated[float, Meta(gt=0, le=100, description="times the usual spread and illiquidity up to which the market is liquid")] = 1.0
    interval: Interval = "1s"

    def __post_init__(self) -> None:
        if self.window >= self.average:
            raise ValueError(f"window ({self.window}) must be less than average ({self.average})")


STATE = np.dtype(
    [
        ("bar", BAR_STATE),
        ("middle", "f8"),  # of the print before; 0: not known
        ("qty", "f8"),
        ("side", "i8"),
        ("quotes", "f8"),  # in the bar that is forming: quotes, their spreads, what was traded, and how far it moved the price
        ("spreads", "f8"),
        ("bought", "f8"),
        ("sold", "f8"),
        ("traded", "f8"),
        ("up", "f8"),
        ("down", "f8"),
        ("path", "f8"),
        ("buying", ROLLING_VWAP),
        ("selling", ROLLING_VWAP),
        ("trading", ROLLING_VWAP),
        ("spread", ROLLING_VWAP),
        ("usual_trading", ROLLING_VWAP),
        ("usual_spread", ROLLING_VWAP),
        ("lean", "f8"),
        ("wide", "f8"),  # spread over the usual one
        ("thin", "f8"),  # illiquidity over the usual one
        *OPINION.descr,
    ]
)


def work(p: Params) -> int:
    """Four windows, and two long ones."""
    return 8 * p.window + 4 * p.average


def warmup(p: Params) -> int:
    """Bars until what is usual is known: the first print of the first one has no print before it."""
    return p.average + 1


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
    """A print of the forming bar: what the one before it did to the price is known now."""
    middle = 0.0
    if tick.bid > 0.0 and tick.ask >= tick.bid:
        middle = 0.5 * (tick.bid + tick.ask)
        s.quotes += 1.0
        s.spreads += tick.ask - tick.bid
        if s.middle > 0.0:
            charge(s, middle - s.middle)
    s.middle = middle
    s.qty = tick.qty
    s.side = tick.side


def charge(s: Any, moved: float) -> None:
    """The price moved by so much after the print before."""
    s.traded += s.qty
    s.path += abs(moved)
    if s.side > 0:
        s.bought += s.qty
        s.up += moved
    elif s.side < 0:
        s.sold += s.qty
        s.down -= moved


def judge(s: Any, mem: Any, p: Any, out: Any) -> None:
    """The bar is complete."""
    long = 8 * p.window
    buying = rolling_ratio(s.buying, mem, 0, p.window, s.up, s.bought)
    selling = rolling_ratio(s.selling, mem, 2 * p.window, p.window, s.down, s.sold)
    trading = rolling_ratio(s.trading, mem, 4 * p.window, p.window, s.path, s.traded)
    spread = rolling_ratio(s.spread, mem, 6 * p.window, p.window, s.spreads, s.quotes)
    usual_trading = rolling_ratio(s.usual_trading, mem, long, p.average, s.path, s.traded)
    usual_spread = rolling_ratio(s.usual_spread, mem, long + 2 * p.average, p.average, s.spreads, s.quotes)
    s.quotes = s.spreads = s.traded = s.path = 0.0
    s.bought = s.sold = s.up = s.down = 0.0
    if s.bar.count <= p.average:
        return
    s.lean = (buying - selling) / trading if trading > 0.0 else buying - selling
    s.wide = spread / usual_spread if usual_spread > 0.0 else np.nan
    s.thin = trading / usual_trading if usual_trading > 0.0 else np.nan
    if s.lean != s.lean:
        out[0] = stand_aside(s, UNKNOWN)
    elif above(spread, p.calm * usual_spread):
        out[0] = stand_aside(s, WIDE)
    elif above(trading, p.calm * usual_trading):
        out[0] = stand_aside(s, THIN)
    else:
        out[0] = lean(s, s.lean, p.threshold, 0.0)


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, the lean, and spread and illiquidity as times the usual ones."""
    return {"close": s.bar.close, "lean": s.lean, "spread_times": s.wide, "illiquidity_times": s.thin}
