"""A few frames are handed on at once; a lot of them once the loop has read all there is, together."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import numpy as np
from feed_doubles import ids_of, ticks_of

from core.clock import SystemClock
from core.feed.batch import Batch
from core.feed.checks import Checks
from core.feed.intake import Intake
from core.feed.pump import BURST, FEW, Pump
from core.feed.quality import Quality
from core.feed.sequencer import Sequencer
from core.feed.session import Session
from core.types import Symbols
from core.venues.binance import Binance
from core.venues.venue import Parsed


class Frames:
    """What a pump asks of a session."""

    def __init__(self, first: int = 1) -> None:
        self.pending = 0
        self._next = first
        self._read: list[Any] = []

    def read(self, count: int) -> Session:
        """One read of the socket: so many frames, a print each."""
        self._read.append(ticks_of(range(self._next, self._next + count)))
        self._next += count
        self.pending += count
        return cast(Session, self)

    def drain(self) -> Parsed:
        """All since the last time."""
        parts, self._read, self.pending = self._read, [], 0
        return Parsed(ticks=np.concatenate(parts))

    def take_counts(self) -> tuple[int, int]:
        """Frames and bytes: not looked at here."""
        return 0, 0


def pump() -> tuple[Pump, list[list[int]]]:
    """One, and the ids of each batch it handed on."""
    intake, batches = Intake(Binance(Symbols()), Sequencer()), cast(list[list[int]], [])
    intake.follow(0, last=0)

    def took(batch: Batch) -> None:
        if len(batch.ticks):
            batches.append(ids_of(batch.ticks))

    return Pump(intake, Quality(), Checks(), SystemClock(), on_batch=took, on_missing=lambda: None), batches


async def test_a_few_frames_do_not_wait_for_the_loop() -> None:
    made, batches = pump()
    frames = Frames()
    for _ in range(3):
        made.touch(frames.read(2))
    assert batches == [[1, 2], [3, 4], [5, 6]]
    made.close()


async def test_many_frames_wait_for_what_the_turn_still_reads() -> None:
    made, batches = pump()
    frames = Frames()
    made.touch(frames.read(FEW + 1))
    made.touch(frames.read(1))  # must not overtake them
    assert batches == []
    await asyncio.sleep(0)
    assert batches == [list(range(1, FEW + 3))]
    made.touch(frames.read(BURST))
    assert [len(batch) for batch in batches] == [FEW + 2, BURST]
    made.close()


async def test_two_sessions_keep_their_order() -> None:
    made, batches = pump()
    first, second = Frames(), Frames(FEW + 2)
    made.touch(first.read(FEW + 1))
    made.touch(second.read(1))
    await asyncio.sleep(0)
    assert [id_ for batch in batches for id_ in batch] == list(range(1, FEW + 3))
    made.close()


async def test_nothing_is_handed_on_after_the_end() -> None:
    made, batches = pump()
    made.close()
    made.touch(Frames().read(1))
    await asyncio.sleep(0)
    assert batches == []
