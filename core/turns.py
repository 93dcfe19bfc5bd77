"""Short turns on a processor: what waits for the next tick is to run when it comes, and not after somebody's longer turn.

Linux lets any process ask for the length of its turns (since 6.12; sched_setattr(2), `sched_runtime` of an ordinary task). Who asks for
short ones is let in sooner when woken and is taken off sooner when busy: the same share of the processor, in smaller pieces. Threads
started later do as their starter does. Elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

TURN_NS = 100_000

#: The number of sched_setattr(2) by machine; it has no wrapper in C libraries of before 2024.
_CALL = {"x86_64": 314, "aarch64": 274}

#: struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period.
_ATTR = struct.Struct("=IIQiIQQQ")


def ask_short_turns() -> bool:
    """For the calling thread; whether the kernel took it."""
    call = _CALL.get(platform.machine())
    if sys.platform != "linux" or call is None or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    wish = _ATTR.pack(_ATTR.size, os.SCHED_OTHER, 0, os.getpriority(os.PRIO_PROCESS, 0), 0, TURN_NS, 0, 0)
    return bool(ctypes.CDLL(None).syscall(call, 0, wish, 0) == 0)
