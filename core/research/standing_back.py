"""Out of the way of live decisions: which turns on a processor a process of the lab takes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def step_back(pid: int, idle: bool) -> None:
    """Have a process that was just started end first where memory runs out and, if it is to be `idle`, run when nothing else wants to, its
    start and its imports too; as far as the system lets us.

    Linux shares the processors among sessions first (sched(7), autogroup): between two of them neither nice nor idle counts, but the nice
    value of the session as a whole, and who was let in stays for some milliseconds. So those that make way for an engine stay in its
    session, where they are gone when one of its own is woken; one that leads a session has that stand back as a whole.
    """
    if idle:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, 19)
    if idle and os.getsid(pid) == pid:
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text("19")
    if idle and hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("900")
