"""Questions that are with the analyst's process: numbered, answered in any order, and forgotten when the process ends."""

from __future__ import annotations

import asyncio

import msgspec

from core.analyst import words
from core.analyst.words import Answer, Question
from core.clock import Clock
from core.engine.analyst_process import AnalystProcess
from core.latency import Stage
from core.workers import frames


class AnalystQuestions:
    """Those of one engine.

    Attributes:
        answered: how many were put and answered.
    """

    def __init__(self, clock: Clock) -> None:
        self.answered = 0
        self._clock = clock
        self._open: dict[int, asyncio.Future[Answer | None]] = {}
        self._number = 0
        self._times = Stage()
        self._decode = msgspec.msgpack.Decoder(Answer).decode

    def __len__(self) -> int:
        return len(self._open)

    async def put(self, process: AnalystProcess, question: Question) -> Answer | None:
        """Have a process answer, however long that takes; None where it ended before."""
        self._number += 1
        number, began = self._number, self._clock.monotonic()
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        process.send(frames.message(words.QUESTION, question, number))
        try:
            answer = await future
        finally:
            self._open.pop(number, None)
        if answer is None:
            return None
        self.answered += 1
        self._times.record(self._clock.now_ns(), int((self._clock.monotonic() - began) * 1e9))
        return answer

    def hear(self, number: int, payload: bytearray) -> None:
        """The answer to one of them; that to one which nobody waits for any more is dropped."""
        future = self._open.get(number)
        if future is not None and not future.done():
            future.set_result(self._decode(payload))

    def forget(self) -> None:
        """What was asked is not answered any more."""
        for future in self._open.values():
            if not future.done():
                future.set_result(None)

    @property
    def p99_ms(self) -> float | None:
        """99 % of the last minute's were answered within this; None: there were none."""
        p99 = self._times.recent(self._clock.now_ns()).quantile(0.99)
        return None if p99 is None else round(p99 / 1e6, 2)
