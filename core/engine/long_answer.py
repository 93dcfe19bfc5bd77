"""A question whose answer takes a process of its own a while: asked, asked again how far it is, answered when it is done. One at a time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from core.child import running
from core.research.standing_back import step_back

#: What is answered before anything is known.
_NOTHING: dict[str, Any] = {"state": "idle", "share": 0.0, "note": "", "found": None}


class LongAnswer:
    """The question that is answered, or was last.

    Args:
        module: the process: it takes the question on stdin and says JSON lines: `share` 0..1, and last `found` or `wrong`.
        what: what it does, for what is said of its end.
        idle: whether it runs only where nothing else wants to; else it sees to that by itself.

    Attributes:
        answer: {state: idle | running | done | failed | cancelled, share 0..1, note, found}.
    """

    def __init__(self, module: str, what: str, *, idle: bool = True) -> None:
        self.answer = dict(_NOTHING)
        self._module, self._what, self._idle = module, what, idle
        self._asked: bytes | None = None
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: bytes, before: Callable[[], Awaitable[object]], *, again: bool = False) -> dict[str, Any]:
        """How the answer to this question stands. Asked for the same while it runs or once it is done, it says so (`again` begins anew);
        another question takes its place.

        Args:
            before: done before the process begins.
        """
        if question != self._asked or again or self.answer["state"] in ("cancelled", "failed"):
            await self.close()
            await before()
            self._asked, self.answer = question, _NOTHING | {"state": "running"}
            self._task = asyncio.create_task(self._run(question), name=self._module)
        return self.answer

    async def close(self) -> None:
        """End the one that runs."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.answer = _NOTHING | {"state": "cancelled", "note": f"the {self._what} was ended"}

    async def _run(self, question: bytes) -> None:
        answer = self.answer
        async with running(self._module, str(os.getpid()), line=1 << 22) as process:
            step_back(process.pid, idle=self._idle)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(question)
            process.stdin.close()
            async for line in process.stdout:
                said = msgspec.json.decode(line)
                answer["share"] = said.get("share", 1.0)
                if "found" in said:
                    answer |= {"state": "done", "found": said["found"]}
                elif "wrong" in said:
                    answer |= {"state": "failed", "note": said["wrong"]}
            if answer["state"] == "running":
                answer |= {"state": "failed", "note": f"the {self._what} ended with {await process.wait()} before it was done"}
