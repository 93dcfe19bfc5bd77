"""Moves what the sockets parsed through the intake to the consumer: at once, a lot of it once a loop turn, and when a deadline passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from core.clock import Clock
from core.feed.batch import Batch
from core.feed.checks import Checks
from core.feed.intake import Intake
from core.feed.quality import Quality
from core.feed.session import Session
from core.types import Origin, Records

#: Frames after which the consumer is called in the middle of a loop turn: one turn may read megabytes.
BURST = 4096

#: Up to so many frames of one read are handed on at once, before anything else the loop has to do; more wait for what the turn still
#: reads, since many together cost less each.
FEW = 64

#: How often what came is checked at least.
LOOK_S = 1.0

_LIVE = int(Origin.LIVE)  # looking it up in the enum takes longer than all else that is done with it


class Pump:
    """Calls `on_batch` with what gathered, `on_missing` when there may be something new to fetch.

    Attributes:
        failed: gets the exception a consumer raised: a batch it did not take is a hole in the tape.
        latency_ms: receive time minus venue time of the newest live tick.
        on_parsed: called with the ticks of each drain, before they are in order.
        on_quality: called when the set of degraded symbols changed.
    """

    def __init__(
        self,
        intake: Intake,
        quality: Quality,
        checks: Checks,
        clock: Clock,
        *,
        on_batch: Callable[[Batch], None],
        on_missing: Callable[[], None],
    ) -> None:
        self.latency_ms: float | None = None
        self.failed: asyncio.Future[None] | None = None
        self._intake = intake
        self._quality = quality
        self._checks = checks
        self._clock = clock
        self._on_batch = on_batch
        self._on_missing = on_missing
        self._waiting: list[Session] = []
        self._turn: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.on_parsed: Callable[[Records], None] = lambda _ticks: None
        self.on_quality: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Wait for a failure of the consumer and raise it; meanwhile look every second at what came."""
        self.failed = asyncio.get_running_loop().create_future()
        while not self.failed.done():
            await asyncio.wait([self.failed], timeout=LOOK_S)
            self._checks.look()
        await self.failed

    def close(self) -> None:
        """Hand over what is left; afterwards nothing is called any more."""
        self.flush()
        self._closed = True
        for handle in (self._turn, self._timer):
            if handle is not None:
                handle.cancel()

    def touch(self, session: Session) -> None:
        """A session has something to drain."""
        if session not in self._waiting:
            self._waiting.append(session)
        if session.pending >= BURST or (session.pending <= FEW and self._turn is None and not self._closed):
            self.flush()
        elif self._turn is None and not self._closed:
            self._turn = asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Drain the sessions that have something, and hand it on."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        waiting, self._waiting = self._waiting, []
        now = self._clock.monotonic()
        counters = self._intake.counters
        changed = False
        for session in waiting:
            parsed = session.drain()
            if len(parsed.ticks):
                self.on_parsed(parsed.ticks)
            self._intake.receive(parsed, now)
            changed |= self._quality.take(parsed)
            frames, size = session.take_counts()
            counters.frames += frames
            counters.bytes += size
        self.emit()
        if changed:
            self.on_quality()

    def emit(self) -> None:
        """Hand on what gathered and what is due."""
        if self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._intake.expire(self._clock.monotonic())
        batch = self._intake.take()
        if batch is not None:
            self._note_latency(batch)
            try:
                self._on_batch(batch)
            except Exception as exc:  # whatever it is: the engine must hear of it
                self._fail(exc)
            self._checks.take(batch.ticks, batch.quotes)
        if self._intake.take_news():
            self._on_missing()
        self._arm()

    def _arm(self) -> None:
        due = self._intake.next_deadline()
        if due is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, due - self._clock.monotonic()), self.emit)

    def _note_latency(self, batch: Batch) -> None:
        if len(batch.ticks):
            ticks = batch.ticks
            if ticks["origin"][-1] == _LIVE:
                self.latency_ms = int(ticks["recv"][-1] - ticks["ts"][-1]) / 1e6

    def _fail(self, exc: Exception) -> None:
        self._closed = True
        if self.failed is None:
            raise exc
        if not self.failed.done():
            self.failed.set_exception(exc)
