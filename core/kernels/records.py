"""The records of one strategy's book: what the loop reads and writes, and all there is to snapshot.

Quantities in base currency, money in quote currency, times in ns, rates as fractions unless named otherwise.
"""

from __future__ import annotations

import numpy as np

#: One leg's position and its working order. There is no order record: an order works exactly while
#: `aim` differs from `position`, and what is left of it is the difference.
BOOK = np.dtype(
    [
        ("position", "f8"),
        ("aim", "f8"),  # the position the working order leads to, else the position
        ("due", "i8"),  # the working order fills on prints at or after this time
        ("entry", "f8"),  # average price of the open position
        ("last", "f8"),  # last print
        ("unrealised", "f8"),
        ("high", "f8"),  # best prints since entry, for trailing stops
        ("low", "f8"),
        ("opinion", "f8"),  # the strategy's last target, in units; NaN: it gave none yet
        ("latch", "f8"),  # while latched: the target that must change before the leg trades again
        ("latched", "i8"),  # 0, else what latched it: STOP_LOSS, …, REDUCE
        ("bid", "f8"),
        ("ask", "f8"),
        ("order", "i8"),  # number of the working (or last) order
        ("why", "i8"),  # its reason: SIGNAL, STOP_LOSS, …
        ("blocked", "i8"),  # why the last target was not ordered, 0 if it was
        ("refused", "f8"),  # the position that was blocked
        ("trip_realised", "f8"),  # of the open round trip
        ("trip_fees", "f8"),
    ]
)

#: The strategy's account: all legs together.
ACCOUNT = np.dtype(
    [
        ("capital", "f8"),
        ("realised", "f8"),  # gross of fees
        ("fees", "f8"),  # and funding
        ("equity", "f8"),
        ("peak", "f8"),
        ("max_drawdown", "f8"),
        ("max_drawdown_ratio", "f8"),  # of the peak it fell from
        ("gross_profit", "f8"),  # of winning round trips, net of their fees
        ("gross_loss", "f8"),  # of losing ones, a positive figure
        ("next_mark", "i8"),  # the next UTC midnight
        ("first_ts", "i8"),
        ("ts", "i8"),  # of the last tick seen
        ("seq", "i8"),  # of the last tick delivered, on any leg or none
        ("ticks", "i8"),
        ("orders", "i8"),
        ("fills", "i8"),
        ("trades", "i8"),
        ("wins", "i8"),
        ("paused", "i8"),
        ("error", "i8"),  # 1: a target that is not finite; the loop stands still
    ]
)

#: How the strategy trades.
TERMS = np.dtype(
    [
        ("qty", "f8"),
        ("fee_bps", "f8"),
        ("slippage", "f8"),
        ("latency", "i8"),
        ("participation", "f8"),  # inf: no limit
        ("stop_loss", "f8"),  # NaN: off, as the next two
        ("take_profit", "f8"),
        ("trailing", "f8"),
        ("long_only", "i8"),
    ]
)

#: What the loop tells a strategy whose state has a field `own` of its book on the tick's leg, as of the tick before: what is due on this
#: one is filled by then.
OWN = np.dtype(
    [
        ("position", "f8"),
        ("aim", "f8"),  # the position the working order leads to, else the position
        ("entry", "f8"),  # average price of the open position
    ]
)

#: Account-level limits, enforced here in every mode.
LIMITS = np.dtype(
    [
        ("mode", "i8"),
        ("max_position", "f8"),  # inf: off
        ("max_spread", "f8"),  # of the mid price; inf: off
        ("price_low", "f8"),
        ("price_high", "f8"),
    ]
)

#: What the loop tells: executions, order events, blocks, daily marks, funding and new targets.
REPORT = np.dtype(
    [
        ("ts", "i8"),
        ("seq", "i8"),
        ("tick_id", "i8"),
        ("n", "i8"),  # FILL: the fill's number; else 0
        ("order", "i8"),
        ("qty", "f8"),  # signed; PLACED: what the order is for
        ("price", "f8"),
        ("fee", "f8"),
        ("realised", "f8"),
        ("position", "f8"),  # after it
        ("aim", "f8"),  # the position the order leads to
        ("equity", "f8"),  # MARK, FUNDING: at the boundary `ts`
        ("kind", "i2"),
        ("why", "i2"),
        ("leg", "i4"),
    ]
)

# kinds of REPORT
FILL = 1
PLACED = 2
CANCELLED = 3
BLOCKED = 4
MARK = 5
FUNDING = 6
SIGNALLED = 7  # the strategy's target changed: `qty` is the target, `realised` the one before, `fee` its confidence, `why` its reason
DETAIL = 8  # follows SIGNALLED: one of the numbers that go with it: `n` its place, `price` the number

# why an order came to be
SIGNAL = 0
STOP_LOSS = 1
TAKE_PROFIT = 2
TRAILING = 3
FLATTEN = 4
REDUCE = 5
LIQUIDATED = 6
TIME_STOP = 7
BREAK_EVEN = 8
DRAWDOWN = 9
DAILY_LOSS = 10

# why a target was not ordered
HALTED = 1
STOP_NEW = 2
REDUCE_ONLY = 3
MAX_POSITION = 4
MAX_SPREAD = 5
PRICE_BAND = 6
MINIMUM = 7
UNKNOWN = 8
MARGIN = 9
WIPED = 10
SPURNED = 11
DRAWDOWN_LIMIT = 12  # this and what follows: protections, those first that last
DAILY_LIMIT = 13
LOSS_STREAK = 14
LOW_PROFIT = 15
COOLING = 16
UNSURE = 17
STALE = 18

# LIMITS.mode
NORMAL = 0
NO_NEW = 1
REDUCING = 2
HALT = 3

WHY_NAMES = (
    "signal", "stop_loss", "take_profit", "trailing", "flatten", "reduce", "liquidated",
    "time_stop", "break_even", "drawdown", "daily_loss",
)  # fmt: skip
BLOCK_NAMES = (
    "", "halted", "no new positions", "reduce only", "position limit", "spread limit", "outside the price band", "below the least order",
    "volatility not known yet", "not enough margin", "liquidated, until it is resumed", "refused by the venue",
    "drawdown limit", "daily loss limit", "loss streak", "low profit", "cooling down", "not sure enough", "stale price",
)  # fmt: skip

DAY_NS = 86_400_000_000_000
