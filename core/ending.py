"""Ending a task: cancelled, and waited for, so that nothing of it runs on."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any


async def end(task: asyncio.Task[Any] | None) -> None:
    """Return when the task is over; None: there is none.

    Raises:
        Exception: what the task itself raised.
    """
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
