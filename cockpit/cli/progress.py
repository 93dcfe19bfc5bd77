"""A line on stderr that says how far a long run is; silent for runs of under a second, and where no terminal looks on."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from core.research.source import Source

#: Seconds before a run counts as long, and between two lines.
PATIENCE, PERIOD = 1.0, 0.1

PREPARING = "preparing …"

_WIDTH = 30

#: A line that a terminal folds could not be taken away.
_WIDEST = 79


class Progress:
    """Called with a source and the rows done so far; takes its line away at the end."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._last = self._began + PATIENCE - PERIOD
        self._seen = sys.stderr.isatty()
        self._length = 0
        self._about = ""
        # Before the first rows there may be seconds of compiling.
        self._notice = threading.Timer(PATIENCE, self._put, (PREPARING,) if self._seen else ("",))
        self._notice.daemon = True

    def __enter__(self) -> Self:
        self._notice.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._notice.cancel()
        self._notice.join()
        if kind is KeyboardInterrupt and self._length:
            self._length += len("^C")  # which the terminal wrote behind it
        self._put("")

    def __call__(self, source: Source, done: int) -> None:
        if (elapsed := self._due()) is not None:
            from core.research.source import share

            self._put((self._about + line(share(source, done), done, elapsed))[:_WIDEST])

    def stage(self, text: str) -> None:
        """What comes now has a source of its own; the text stands before its line."""
        self._about = f"{text} "
        self._began = time.monotonic()

    def rows(self, done: int, total: int) -> None:
        """So many of about so many rows were read."""
        if (elapsed := self._due()) is not None:
            self._put(line(min(done / total, 1.0) if total else None, done, elapsed))

    def _due(self) -> float | None:
        """Seconds since it began, where it is time for another line and somebody looks on; who asks writes one then."""
        now = time.monotonic()
        if not self._seen or now - self._last < PERIOD:
            return None
        self._notice.cancel()
        self._last = now
        return now - self._began

    def _put(self, text: str) -> None:
        if self._length or text:
            sys.stderr.write(f"\r{text.ljust(self._length)}" if text else f"\r{' ' * self._length}\r")
            sys.stderr.flush()
        self._length = len(text)


def line(part: float | None, done: int, elapsed: float) -> str:
    """`[#########·····················]  31 %  12.4 M rows  25.1 M/s  1 s left`."""
    rate = done / elapsed if elapsed > 0 else 0.0
    tail = f"{done / 1e6:,.1f} M rows  {rate / 1e6:,.1f} M/s"
    if part is None:
        return tail
    full = int(part * _WIDTH)
    left = f"  {elapsed / part - elapsed:,.0f} s left" if part > 0 else ""
    return f"[{'#' * full}{'·' * (_WIDTH - full)}] {part:4.0%}  {tail}{left}"
