"""Bars of two legs at the same times: each leg closes its own, and a bar of both is there once both have closed theirs.

Bars that only one leg has are passed over, as `core.analytics.pairs.align` does. A leg without a print closes a bar only when it trades
again, long after the other may have gone on: so each leg keeps the close that the other one's open bar is still waiting for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.bars import BAR_STATE, close_bar

#: One leg: its bars, when the bar began that the other leg's open bar waits for, the close of that, and its close in the bar of both.
LEG = np.dtype([("bar", BAR_STATE), ("kept_start", "i8"), ("kept", "f8"), ("close", "f8")])

#: Both: bars of both so far, and when the newest one of them began, ns.
JOINT_BARS = np.dtype([("count", "i8"), ("start", "i8"), ("a", LEG), ("b", LEG)])

NOTHING = 0
CLOSED = 1  # a bar of both is there
ALONE = 2  # a leg has closed a bar, and the other one has not traded in two or more whole ones


def close_joint_bar(joint: Any, tick: Any, interval: int) -> int:
    """Take a tick of leg 0 or 1; NOTHING, CLOSED (the closes are `joint.a.close`, `joint.b.close`) or ALONE.

    Args:
        joint: JOINT_BARS record.
        tick: TICK or BAR record, its `leg` set.
        interval: ns, above 0.
    """
    if tick.leg == 0:
        return _close(joint, joint.a, joint.b, tick, interval)
    return _close(joint, joint.b, joint.a, tick, interval)


def _close(joint: Any, mine: Any, other: Any, tick: Any, interval: int) -> int:
    """The same, with the leg of the tick named."""
    start, close = mine.bar.start, mine.bar.close
    if not close_bar(mine.bar, tick, interval):
        return NOTHING
    forming = other.bar.forming
    if forming.trades > 0 and forming.start == start:
        mine.kept_start = start
        mine.kept = close
    now = mine.bar.start
    if other.bar.count > 0 and other.bar.start == now:
        other.close = other.bar.close
    elif other.kept > 0.0 and other.kept_start == now:
        other.close = other.kept
    else:
        seen = forming.start if forming.trades > 0 else other.bar.start
        # the other leg's bar may end at this very moment and come next: only what ended before is missing
        return ALONE if tick.ts > seen + 3 * interval and joint.count > 0 else NOTHING
    mine.close = mine.bar.close
    joint.start = now
    joint.count += 1
    return CLOSED
