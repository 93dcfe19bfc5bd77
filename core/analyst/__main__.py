"""The analyst's process: reads frames, follows ticks, answers questions. It dies with its engine, whatever kills that."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from core.analyst import words
from core.analyst.desk import Desk
from core.workers import frames
from core.workers.__main__ import die_with, go_first, watch

READ_BYTES = 1 << 20

#: What waits for a question is a person; strategies come first.
NICE = 5


def main() -> None:
    """Serve frames on the socket whose descriptor is the first argument until QUIT or the end of the stream.

    The other arguments: the lifeline, the parent's pid.
    """
    descriptor, lifeline, parent = (int(word) for word in sys.argv[1:4])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    go_first()
    os.nice(NICE)
    threading.Thread(target=watch, args=(lifeline,), daemon=True).start()
    stream = socket.socket(fileno=descriptor)
    with Desk(stream.sendall) as desk:
        desk.send(frames.frame(words.READY))
        _serve(stream, desk)


def _serve(stream: socket.socket, desk: Desk) -> None:
    splitter = frames.Splitter()
    buffer = bytearray(READ_BYTES)
    view = memoryview(buffer)
    while size := stream.recv_into(buffer):
        for kind, seq, payload in splitter.split(view[:size]):
            if kind == words.QUIT:
                return
            desk.handle(kind, seq, payload)


if __name__ == "__main__":
    main()
