"""The analyst's process: reads frames, follows ticks, answers questions. It dies with its engine, whatever kills that."""

from __future__ import annotations

import os
import socket
import sys

from core.analyst import words
from core.analyst.desk import Desk
from core.parent import join
from core.workers import frames

READ_BYTES = 1 << 20

#: What waits for a question is a person; strategies come first.
NICE = 5


def main() -> None:
    """Serve frames of the parent until QUIT or the end of the stream."""
    stream, _ = join(sys.argv[1:])
    os.nice(NICE)
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
