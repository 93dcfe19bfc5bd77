"""What a process of ours does about the one that started it: it ends with it, whatever ends that. The parent's side is `core.child`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent dies, even in the middle of a user's endless loop, and make sure the parent was
    still there."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def join(words: Sequence[str]) -> tuple[socket.socket, list[int]]:
    """Be the child that `core.child.Child` starts: the socket to the parent, and the descriptors it gave besides.

    Where memory runs out the kernel is to end this process, which can be replaced, and not the parent.

    Args:
        words: of the command line: the socket, the lifeline, the parent's pid, further descriptors.
    """
    descriptor, lifeline, parent, *given = (int(word) for word in words)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
    return socket.socket(fileno=descriptor), given


def _watch(lifeline: int) -> None:
    """End the process when the parent's end of a pipe closes: where the kernel has no such wish, and as a second rope."""
    os.read(lifeline, 1)
    os._exit(1)
