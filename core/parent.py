"""What a process of ours does about the one that started it: it ends with it, whatever ends that. The parent's side is `core.child`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from core.errors import CockpitError

T = TypeVar("T")

#: Seconds between two words of how far a task is.
PERIOD = 0.2

_PR_SET_PDEATHSIG = 1


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent dies, even in the middle of a user's endless loop, and make sure the parent was
    still there."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def serve(kind: type[T], done: Callable[[T, Callable[[float], None]], object]) -> None:
    """Do one task, for the process whose id is the command line's first word, as `core.child.running` starts it.

    The task is read from stdin; on stdout goes, in lines of JSON, how far it is (`share`, 0 to 1), then what came of it (`found`) or why
    nothing did (`wrong`). What a user's code prints goes to stderr.

    Args:
        done: does a task, and says now and then how far it is.
    """
    if len(sys.argv) > 1:
        die_with(int(sys.argv[1]))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=kind)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    said = time.monotonic()

    def say(words: object) -> None:
        out.write(msgspec.json.encode(words) + b"\n")
        out.flush()

    def told(share: float) -> None:
        nonlocal said
        if time.monotonic() - said > PERIOD:
            said = time.monotonic()
            say({"share": min(max(share, 0.0), 1.0)})

    try:
        say({"found": done(task, told)})
    except CockpitError as error:
        say({"wrong": str(error)})


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
