"""Ending a task leaves nothing of it running, and hides nothing but the cancelling itself."""

from __future__ import annotations

import asyncio

import pytest

from core.ending import end


async def test_a_task_is_over_when_it_was_ended_also_where_it_tidies_up_first() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("tidied up")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await end(task)
    assert task.cancelled()
    assert done == ["tidied up"]
    await end(task)


async def test_what_a_task_raises_is_not_lost_and_no_task_is_fine() -> None:
    async def work() -> None:
        raise LookupError("gone")

    task = asyncio.create_task(work())
    await asyncio.wait({task})
    with pytest.raises(LookupError, match="gone"):
        await end(task)
    await end(None)
