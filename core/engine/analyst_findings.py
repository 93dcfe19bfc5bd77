"""What the analyst found of bars, kept until a bar closes: the same question twice a second costs the process nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from core.analyst.words import Question

if TYPE_CHECKING:
    from core.engine.analyst import Analyst

#: Findings kept; those asked for least lately go.
MOST = 1024

#: Seconds a question waits for its answer.
ANSWER_S = 5.0


class Finding:
    """The newest answer to a question.

    Attributes:
        stamp: of the bars it is about; None before there is one.
        found: None where there is none; `problem` says why then.
        task: what puts the next one.
    """

    def __init__(self) -> None:
        self.stamp: Hashable = None
        self.found: dict[str, Any] | None = None
        self.problem = ""
        self.task: asyncio.Task[None] | None = None

    @property
    def is_pending(self) -> bool:
        """Another answer is on its way."""
        return self.task is not None and not self.task.done()


class Findings:
    """All that is kept."""

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self._known: OrderedDict[Hashable, Finding] = OrderedDict()

    def seek(self, key: Hashable, stamp: Hashable, question: Callable[[], Question]) -> Finding:
        """What is known, and have it found anew where the bars are others; `ready` waits for that.

        Args:
            key: what is asked.
            stamp: of the bars it is asked about.
            question: made where it is put.
        """
        finding = self._known.setdefault(key, Finding())
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        if finding.stamp != stamp and not finding.is_pending and self.analyst.state == "ready":
            finding.task = asyncio.create_task(self._find(finding, stamp, question()))
        return finding

    async def _find(self, finding: Finding, stamp: Hashable, question: Question) -> None:
        answer = await self.analyst.put(question)
        if answer is None:  # asked again by who asks again
            return
        finding.stamp, finding.found, finding.problem = stamp, answer.found, answer.problem

    @staticmethod
    async def ready(findings: list[Finding], seconds: float = ANSWER_S) -> bool:
        """Wait until they are found; False where that takes longer."""
        tasks = [finding.task for finding in findings if finding.task is not None and finding.is_pending]
        return not tasks or not (await asyncio.wait(tasks, timeout=seconds))[1]
