"""A scan of all pairs in processes, which take the legs once and then only numbers of pairs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from core.analytics.pairs.closes import Closes
from core.analytics.pairs.figures import How
from core.analytics.pairs.scan import Row, look, pairs_of, parts_of, ranked
from core.child_pool import child_pool
from core.errors import CockpitError
from core.research.standing_back import step_back

#: Pairs of a job: a tenth of a second or so, so that progress is seen and a stop is prompt.
PART = 50

#: One thread a process: on matrices as small as these, more of them wait for each other longer than they work.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

Told = Callable[[int, int], None]

_given: tuple[Sequence[Closes], How, int] | None = None


def scan(
    legs: Sequence[Closes],
    how: How,
    *,
    carry: int = 0,
    jobs: int | None = None,
    told: Told = lambda done, total: None,
    idle: bool = False,
) -> list[Row]:
    """Test every pair of the legs, and rank them.

    Args:
        how: `method` does not count: a scan is by least squares.
        carry: as of `align`.
        jobs: processes at once; None: one a core.
        told: called with how many pairs are done, of how many, twice a second or more often; what it raises ends the scan.
        idle: they take only what nobody else wants of the processor.

    Raises:
        CockpitError: a process was killed.
        KeyboardInterrupt: as it came; the processes are gone then.
    """
    pairs = pairs_of(len(legs))
    rows: list[Row] = []
    told(0, len(pairs))
    parts = list(parts_of(pairs, PART))
    with _pool(min(jobs or os.cpu_count() or 1, max(1, len(parts))), (legs, how, carry), idle) as pool:
        try:
            waiting: set[Future[list[Row]]] = {pool.submit(_look_at, part) for part in parts}
            while waiting:
                done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    rows += future.result()
                told(len(rows), len(pairs))
        except BrokenProcessPool:
            raise CockpitError("a process of the scan was killed: is there enough memory?") from None
    return ranked(sorted(rows, key=lambda row: (row.a, row.b)))


@contextmanager
def _pool(jobs: int, given: tuple[Sequence[Closes], How, int], idle: bool) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the block, and with this process however it ends."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update({name: "1" for name, value in before.items() if value is None})  # a child reads it as it loads NumPy
    try:
        with child_pool(jobs, _settle_in, given, idle) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def _settle_in(given: tuple[Sequence[Closes], How, int], idle: bool) -> None:
    """A process of the pool."""
    global _given
    if idle:
        step_back(os.getpid(), idle)
    _given = given


def _look_at(part: Sequence[tuple[int, int]]) -> list[Row]:
    if _given is None:
        raise RuntimeError("this process was not given the legs")
    legs, how, carry = _given
    return [look(legs, a, b, window=how.window, log=how.log, carry=carry) for a, b in part]
