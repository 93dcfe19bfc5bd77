"""What a screen may know of a replay. Times are int64 ns UTC."""

from __future__ import annotations

from msgspec import Struct


class ReplayView(Struct, array_like=True):
    """Where a replay is; the time it is there is the header's `now_ns`."""

    state: str  # playing | paused | seeking | ended
    speed: float  # times real time; 0: as fast as it goes
    begin_ns: int  # of the first print
    end_ns: int  # of the last; 0 not known
    next_ns: int = 0  # of the next print; 0 not read yet, or there is none
    goal_ns: int = 0  # being gone to; 0 nowhere
