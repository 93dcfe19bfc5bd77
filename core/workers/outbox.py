"""What a worker has to say, held back a moment where nobody waits for it.

A word that ticks were seen lets the engine send more, and tells it how far the worker is. One for every print would cost both sides more
than the print itself, so it is said when much was seen, when a moment has passed, or with the next thing that cannot wait.
"""

from __future__ import annotations

import time

from core.workers import frames

#: Ticks were seen up to so many seqs on, or so long ago: time for a word.
SPAN = 256
LINGER_S = 0.01


class Outbox:
    """Frames in their order; of words on ticks seen with nothing between them only the last."""

    def __init__(self) -> None:
        self._ready: list[bytes] = []
        self._seen: bytes = b""
        self._seq = self._told = 0
        self._since = 0.0

    def put(self, frame: bytes) -> None:
        """Take a frame."""
        _, kind, seq = frames.HEAD.unpack_from(frame)
        if kind == frames.SEEN:
            if not self._seen:
                self._since = time.monotonic()
            self._seen, self._seq = frame, seq
        else:
            self._ready += [self._seen, frame]
            self._seen = b""

    @property
    def patience_s(self) -> float | None:
        """How long what is here may still wait, in seconds; None: there is nothing."""
        if self._ready or (self._seen and self._seq - self._told >= SPAN):
            return 0.0
        return max(self._since + LINGER_S - time.monotonic(), 0.0) if self._seen else None

    def take(self) -> bytes:
        """All of it, to be sent."""
        data = b"".join([*self._ready, self._seen])
        self._ready.clear()
        self._seen, self._told = b"", self._seq
        return data
