"""A worker process: reads frames, runs strategies, answers. It dies with its engine, whatever kills that."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path

from core.turns import ask_short_turns
from core.workers import frames
from core.workers.cell import Cell
from core.workers.desk import Desk
from core.workers.outbox import Outbox

PR_SET_PDEATHSIG = 1
READ_BYTES = 1 << 20


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, and make sure the parent was still there."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def watch(lifeline: int) -> None:
    """End the process when the engine's end of a pipe closes: where the kernel has no such wish, and as a second rope."""
    os.read(lifeline, 1)
    os._exit(1)


def go_first() -> None:
    """Where memory runs out the kernel is to end a worker, which can be replaced, and not the engine."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def get_ready() -> None:
    """Do once what the first strategy loaded in a process would wait for: import numba and fill its tables. Half a second of work,
    where loading a strategy takes a fiftieth."""
    from numba.core.registry import cpu_target

    from core.compile.machine_code import without_scipy

    without_scipy()
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def main() -> None:
    """Serve frames on the socket whose descriptor is the first argument until QUIT or the end of the stream.

    The other arguments: the lifeline, the cell of progress, the parent's pid.
    """
    descriptor, lifeline, shared, parent = (int(word) for word in sys.argv[1:5])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    go_first()
    ask_short_turns()
    threading.Thread(target=watch, args=(lifeline,), daemon=True).start()
    stream = socket.socket(fileno=descriptor)
    outbox = Outbox()
    desk = Desk(outbox.put, Cell(shared).mark)
    splitter = frames.Splitter()
    get_ready()  # before it is called ready: ticks would wait for it
    stream.sendall(frames.frame(frames.READY))
    buffer = bytearray(READ_BYTES)
    view = memoryview(buffer)
    arrived = select.poll()
    arrived.register(stream, select.POLLIN)
    while True:
        patience = outbox.patience_s
        if patience is not None and (patience == 0 or not arrived.poll(patience * 1000)):
            stream.sendall(outbox.take())
            continue
        size = stream.recv_into(buffer)
        for kind, seq, payload in splitter.split(view[:size]):
            if kind == frames.QUIT:
                return
            desk.handle(kind, seq, payload)
        if not size:
            return


if __name__ == "__main__":
    main()
