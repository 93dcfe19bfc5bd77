"""Who runs the trials: processes of ours, or the workers of a Dask cluster. Both give the same bits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from core.child_pool import child_pool
from core.errors import CockpitError, UsageError
from core.research.search.bench import run_job
from core.research.search.trial import Series
from core.research.standing_back import step_back

#: What a crew may be broken by: its jobs are to be given to another one.
BROKEN = (BrokenProcessPool,)


class Crew:
    """An executor, and how rows get to its workers.

    Attributes:
        size: jobs that run at once.
    """

    def __init__(self, executor: Executor, size: int, data: Any = None) -> None:
        self.size = size
        self._executor = executor
        self._data = data

    def submit(self, job: bytes) -> Future[bytes]:
        """Have a job done (`run_job`).

        Raises:
            BrokenProcessPool: a process of the crew is gone.
        """
        return self._executor.submit(run_job, job, self._data) if self._data is not None else self._executor.submit(run_job, job)


@contextmanager
def local_crew(jobs: int, *, idle: bool = True) -> Iterator[Crew]:
    """So many processes. They end with the block, and with this process however it ends.

    One is a process of its own too: what a strategy does to it fails one trial and not the study, and who waits can say how far it is.

    Args:
        idle: whether they take only what nobody else wants of the processor.
    """
    with child_pool(jobs, _settle_in, idle) as pool:
        yield Crew(pool, jobs)


def _settle_in(idle: bool) -> None:
    """A process of the pool: out of everybody's way."""
    if not _stands_back():  # else it is an engine's, in whose session its class counts
        os.setsid()
    step_back(os.getpid(), idle)
    with contextlib.suppress(ImportError):
        import numba  # noqa: F401


def _stands_back() -> bool:
    """Whether this process was started by one that takes only what nobody else wants of the processor."""
    return hasattr(os, "SCHED_IDLE") and os.sched_getscheduler(0) == os.SCHED_IDLE


@contextmanager
def dask_crew(address: str, series: list[Series]) -> Iterator[Crew]:
    """The workers of a running Dask scheduler; the rows travel once to each.

    Raises:
        UsageError: distributed is not installed.
        CockpitError: there is no scheduler at this address, or no worker at it.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'cockpit[cluster]'") from None
    try:
        client: Any = distributed.Client(address, timeout=5, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise CockpitError(f"no Dask scheduler answers at {address}: {str(error).splitlines()[0] if str(error) else 'timed out'}") from None
    with client:
        size = sum(client.nthreads().values())
        if not size:
            raise CockpitError(f"the Dask scheduler at {address} has no workers")
        data = {one.key: _bytes_of(one) for one in series}
        placed = client.scatter(data, broadcast=True, hash=False)
        yield Crew(client.get_executor(pure=False, retries=3), size, placed)


def _bytes_of(series: Series) -> bytes:
    with open(series.path, "rb") as file:
        return file.read()
