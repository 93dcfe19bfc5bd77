"""Parsed rows on their way into the cache: a file under a name of its own until it is whole, and what must go to make room."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from core.research.source_kept_file import MAGIC, Index, pack_batch, write_end
from core.types import BAR, Records, copied

#: Batches that may wait to be packed.
_AHEAD = 2
#: What was begun and not ended is thrown away after so long.
_STALE_S = 86_400

ENDING, _DRAFT = ".rows", ".new-"


class Draft:
    """A file that is being written, under a name of its own; packing goes on in a thread while the next batch is parsed.

    Attributes:
        wrong: why it cannot be written; '' while it can.
    """

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=_DRAFT, dir=folder)  # 0600
        self.wrong = ""
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self._file.write(MAGIC)
        self._batches: list[list[tuple[int, int]]] = []
        self._size = 0
        self._kind = "ticks"
        self._thread = ThreadPoolExecutor(1, "keep")
        self._waiting: deque[Future[None]] = deque()

    def add(self, batch: Records, most: int) -> bool:
        """One more batch; False where it cannot be kept."""
        self._kind = "bars" if batch.dtype == BAR else "ticks"
        self._waiting.append(self._thread.submit(self._write, copied(batch)))  # who takes the batch goes on to number it
        return self._wait(_AHEAD) and self._size <= most

    def end(self, place: Path, times: list[str]) -> bool:
        """All of it is there: under its name from now on; False where it cannot be."""
        if not self._wait(0):
            return False
        try:
            write_end(self._file, Index(self._kind, self._batches, times))
            self._file.close()
            self._path.replace(place)
        except OSError as error:
            self.wrong = error.strerror or "it cannot be written"
        return not self.wrong

    def leave(self) -> None:
        """Let go of what was not ended."""
        self._thread.shutdown(cancel_futures=True)
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _write(self, batch: Records) -> None:
        parts = pack_batch(batch)
        for _, data in parts:
            self._file.write(data)
        self._batches.append([(rows, len(data)) for rows, data in parts])
        self._size += sum(len(data) for _, data in parts)

    def _wait(self, most: int) -> bool:
        try:
            while len(self._waiting) > most:
                self._waiting.popleft().result()
        except OSError as error:
            self.wrong = error.strerror or "it cannot be written"
        return not self.wrong


def prune(folder: Path, most_bytes: int) -> None:
    """Throw away what was unused for longest until the rest is within bounds, and what was begun long ago."""
    with contextlib.suppress(OSError):
        kept, now = [], time.time()
        for entry in os.scandir(folder):
            info = entry.stat(follow_symlinks=False)
            if entry.name.endswith(ENDING):
                kept.append((info.st_mtime_ns, info.st_size, entry.path))
            elif entry.name.startswith(_DRAFT) and now - info.st_mtime > _STALE_S:
                os.unlink(entry.path)
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= most_bytes:
                break
            os.unlink(path)
            total -= size
