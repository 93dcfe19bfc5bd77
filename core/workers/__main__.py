"""A worker process: reads frames, runs strategies, answers. It dies with its engine, whatever kills that."""

from __future__ import annotations

import select
import sys

from core.parent import join
from core.turns import ask_short_turns
from core.workers import frames
from core.workers.cell import Cell
from core.workers.desk import Desk
from core.workers.outbox import Outbox

READ_BYTES = 1 << 20


def get_ready() -> None:
    """Do once what the first strategy loaded in a process would wait for: import numba and fill its tables. Half a second of work,
    where loading a strategy takes a fiftieth."""
    from numba.core.registry import cpu_target

    from core.compile.machine_code import without_scipy

    without_scipy()
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def main() -> None:
    """Serve frames of the parent until QUIT or the end of the stream; it gives the cell of progress too."""
    stream, (shared,) = join(sys.argv[1:])
    ask_short_turns()
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
        for kind, seq, payload in frames.together(splitter.split(view[:size])):
            if kind == frames.QUIT:
                return
            desk.handle(kind, seq, payload)
        if not size:
            return


if __name__ == "__main__":
    main()
