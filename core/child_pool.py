"""A pool of processes of our own: spawned, ended by nobody but us, and gone with the block that asked for them or with this process."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from core.parent import die_with


@contextmanager
def child_pool(processes: int, settle: Callable[..., None], *given: Any) -> Iterator[ProcessPoolExecutor]:
    """So many processes; each begins with `settle(*given)`, a function of a module."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=spawn, initializer=_begin, initargs=(os.getpid(), settle, given))
    ours = pool._processes  # the pool forgets them as soon as it breaks
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(ours.values()):
            process.kill()
            process.join()


def _begin(parent: int, settle: Callable[..., None], given: tuple[Any, ...]) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle(*given)
