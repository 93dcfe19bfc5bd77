"""Reading on another thread while this one computes: decoding a tape and the loop over its ticks both let go of the interpreter's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")

#: So many are read or being read and not taken yet: one that waits while the next is made keeps both sides busy.
DEPTH = 2


def read_ahead(batches: Generator[T, None, None], depth: int = DEPTH) -> Generator[T, None, None]:
    """The same in the same order, made by another thread, at most `depth` ahead of what was asked for.

    What raises there raises here, in its place. Closed early, it has ended that thread and closed `batches` when it returns.
    """
    with closing(batches), ThreadPoolExecutor(1, thread_name_prefix="read ahead") as reader:
        coming: deque[Future[T | None]] = deque(reader.submit(next, batches, None) for _ in range(depth))
        try:
            while (batch := coming.popleft().result()) is not None:
                coming.append(reader.submit(next, batches, None))
                yield batch
        finally:
            reader.shutdown(cancel_futures=True)
