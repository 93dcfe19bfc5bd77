"""A feed of recorded ticks: it stands where the venue's connections stand, and releases what is on record at the pace of a clock."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from math import inf
from typing import Any

import numpy as np

from core.ending import end
from core.errors import UsageError
from core.feed.batch import Batch, Counters, FeedState
from core.feed.sequencer import Sequencer
from core.replay.batches import health_of, quotes_of
from core.replay.clock import ReplayClock
from core.replay.goals import Goal, Until
from core.replay.recording import Place, Recording
from core.replay.venue import Answers
from core.types import TICK, Origin, Records, Symbols, copied
from core.venues.venue import SymbolInfo

#: Ticks released at once.
MOST = 4096

#: Seconds between two looks whether there is room for more.
LOOK_S = 0.005


class ReplayFeed:
    """Plays a recording; what the engine asks of a feed, it answers like `core.feed.feed.Feed`.

    Args:
        after: the last print of each symbol (`venue:SYMBOL`) that was released before.
        on_batch, on_state: as of `Feed`.
        on_end: called when all of it is released.
        on_news: called when what a screen shows of it changed.
        room: whether the engine can take more.

    Attributes:
        rest: answers for the time before, in place of a venue.
        goal: what is being played up to, whatever the pace; None: nothing in particular.
        ended: everything is released.
    """

    skew_ms = 0.0

    def __init__(
        self,
        recording: Recording,
        clock: ReplayClock,
        symbols: Symbols,
        *,
        after: dict[str, Place],
        next_seq: int,
        on_batch: Callable[[Batch], None],
        on_state: Callable[[FeedState], None],
        on_end: Callable[[], None],
        on_news: Callable[[], None],
        room: Callable[[], bool],
    ) -> None:
        self.rest = Answers(recording, clock)
        self.counters = Counters()
        self.goal: Goal | None = None
        self.ended = False
        self._recording, self._clock, self._symbols = recording, clock, symbols
        self._batches = recording.batches(symbols, after)
        self._sequencer = Sequencer(next_seq)
        self._on_batch, self._on_state, self._on_end, self._on_news, self._room = on_batch, on_state, on_end, on_news, room
        self._ahead: Records = np.empty(0, TICK)
        self._changed = asyncio.Event()
        self._ready = asyncio.Event()
        self._ready.set()
        self._task: asyncio.Task[None] | None = None

    # What the engine uses of a feed

    async def watch(self, names: Iterable[str]) -> list[str]:
        """The recording's symbols are played whether watched or not; others there are none.

        Raises:
            UsageError: it is not in the recording.
        """
        bare = [name.rpartition(":")[2].upper() for name in names]
        for name in bare:
            if name not in self._recording.names:
                raise UsageError(f"{name} is not in this recording: it has {', '.join(self._recording.names)}")
        return bare

    async def unwatch(self, names: Iterable[str]) -> None:
        """
        Raises:
            UsageError: always.
        """
        raise UsageError(f"a replay plays all of its recording: start it without {', '.join(names)} instead")

    async def symbols(self) -> dict[str, SymbolInfo]:
        """What is in the recording; nothing is known of its lots."""
        return {name: SymbolInfo(name, "TRADING", "", "", 0.0, 0.0, 0.0) for name in self._recording.names}

    def start(self) -> asyncio.Task[None]:
        """`run` as a task; `aclose` ends it."""
        self._task = asyncio.create_task(self.run(), name="replay")
        return self._task

    async def aclose(self) -> None:
        """Release no more."""
        await end(self._task)

    def pause(self) -> None:
        """The consumer is full."""
        self._ready.clear()

    def resume(self) -> None:
        """It has room again."""
        self._ready.set()

    def state(self) -> FeedState:
        """Always well."""
        return FeedState(self._recording.venue, "live")

    def health(self) -> dict[str, Any]:
        """The document of `core.feed.health`; what only connections have is empty."""
        return health_of(self._recording.venue, asdict(self.counters), paused=not self._ready.is_set())

    # Playing

    def pace(self, speed: float, running: bool) -> None:
        """Play on at this speed (infinite: as fast as it goes), or stand still; either ends what was being played up to."""
        self._leave_goal()
        self._clock.run(speed, running)
        self._wake()

    def play(self, until: Until) -> Goal:
        """Play up to a moment or a print as fast as it goes, and then as before."""
        self._leave_goal()
        self.goal = Goal(until)
        self._wake()
        return self.goal

    @property
    def next_ns(self) -> int:
        """When the next print was; 0 there is none, or it is not read yet."""
        return int(self._ahead["ts"][0]) if len(self._ahead) else 0

    async def run(self) -> None:
        """Play until cancelled; at the end stand still."""
        self._on_state(self.state())
        while True:
            if not len(self._ahead):
                batch = await asyncio.to_thread(next, self._batches, None)
                if batch is None:
                    break
                self._ahead = batch
            self._clock.hold_at(self.next_ns)
            self._changed.clear()
            due = self._due()
            if not due:
                await self._wait()
            elif not self._ready.is_set() or not self._room():
                await asyncio.sleep(LOOK_S)
            else:
                self._release(due)
                await asyncio.sleep(0)
        self._finish()
        await asyncio.Event().wait()

    def _due(self) -> int:
        """How many of the ticks read may go now."""
        ahead = self._ahead
        if self.goal is not None:
            count, reached = self.goal.until.take(ahead[:MOST])
            if reached and not count:
                self._reach_goal()
                return self._due()
            return count
        if not self._clock.running:
            return 0
        if self._clock.speed == inf:
            return min(len(ahead), MOST)
        return min(int(np.searchsorted(ahead["ts"], self._clock.now_ns(), "right")), MOST)

    async def _wait(self) -> None:
        """Until something is due or somebody says otherwise."""
        seconds = self._clock.until(self.next_ns) if self._clock.running else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else min(max(seconds, 0.001), 3600.0)):
                await self._changed.wait()

    def _release(self, count: int) -> None:
        ticks, self._ahead = copied(self._ahead[:count]), self._ahead[count:]
        reached = False
        if self.goal is not None:
            reached = self.goal.until.take(ticks)[1]
            self.goal.until.seen(ticks)
        ticks["recv"] = time.time_ns()  # ours, as of any feed: latencies are counted from it
        ticks["origin"][ticks["origin"] == Origin.LATE] = Origin.BACKFILL  # it is in its place here
        ticks = self._sequencer.number([ticks])
        self._clock.reach(int(ticks["ts"][-1]))
        self.counters.ticks += count
        self._on_batch(Batch(self.counters, ticks, quotes=quotes_of(ticks)))
        if reached:
            self._reach_goal()
        self._on_news()

    def _reach_goal(self) -> None:
        goal, self.goal = self.goal, None
        assert goal is not None
        if goal.until.ns is not None:
            self._clock.reach(goal.until.ns)
        goal.done.set()
        self._on_news()

    def _leave_goal(self) -> None:
        if self.goal is not None:
            self.goal.done.set()
            self.goal = None

    def _finish(self) -> None:
        self.ended = True
        self._clock.run(self._clock.speed, False)
        self._leave_goal()
        self._on_end()
        self._on_news()

    def _wake(self) -> None:
        self._changed.set()
        self._on_news()
