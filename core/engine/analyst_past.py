"""The venue's bars from before the tape, for live indicators: asked one answer after the other, when nobody else wants anything of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog

from core.analyst import words
from core.analyst.words import Past, Reach
from core.engine.venue_bars import bars_before
from core.errors import RateLimited, VenueError
from core.feed.backoff import Backoff
from core.types import Records
from core.venues.venue import RestCall
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.analyst import Analyst

log = structlog.get_logger("past")

#: Seconds between two looks whether the venue is free for this, at most.
LOOK_S = 1.0

#: Seconds until a venue that did not answer is asked again: at least, the longest of the first wait, the longest of all.
LEAST_S, FIRST_S, LONGEST_S = 1.0, 5.0, 300.0


class AnalystPast:
    """What the process wants of the venue, and the task that gets it.

    Attributes:
        wanted: by symbol and interval, in the order in which the venue is asked; one that failed goes to the end.
    """

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self.engine = analyst.engine
        self.wanted: OrderedDict[tuple[str, int], Reach] = OrderedDict()
        self._backoff = Backoff(FIRST_S, LONGEST_S)
        self._serving = False

    def want(self, reaches: Iterable[Reach]) -> None:
        """These from now on, and no others."""
        new = {(reach.symbol, reach.interval_ns): reach for reach in reaches}
        for key in [key for key in self.wanted if key not in new]:
            del self.wanted[key]
        self.wanted.update(new)
        if self.wanted and not self._serving:
            self._serving = True
            self.engine.spawn(self._serve(), "bars from before the tape")

    async def _serve(self) -> None:
        """Ask as long as anything is wanted; an error of ours ends this round, not the engine."""
        try:
            while self.wanted and not self.engine.stopping.is_set():
                key, reach = next(iter(self.wanted.items()))
                await self._get(key, reach)
        except Exception:  # the task's outer edge: history that cannot be asked for must not end the engine
            log.exception("bars from before the tape could not be asked for")
            for reach in self.wanted.values():
                self._tell(Past(reach, problem="no history: see the log"))
            self.wanted.clear()
        finally:
            self._serving = False

    async def _get(self, key: tuple[str, int], reach: Reach) -> None:
        engine = self.engine
        try:
            bars = await bars_before(
                engine.venue, self._ask, engine.bare(reach.symbol), reach.interval_ns, reach.start_ns, reach.until_ns
            )  # fmt: skip
        except VenueError as error:
            wait = self._backoff.next(max(LEAST_S, error.retry_after if isinstance(error, RateLimited) else 0.0))
            log.info("no bars from before the tape", symbol=reach.symbol, reason=str(error), again_s=round(wait, 1))
            if self.wanted.get(key) == reach:
                self._tell(Past(reach, problem=f"no history from {engine.venue.name}: {error}"))
                self.wanted.move_to_end(key)
            await asyncio.sleep(wait)
            return
        self._backoff.reset()
        if self.wanted.get(key) == reach:
            del self.wanted[key]
            self._tell(Past(reach, bars.tobytes()))

    async def _ask(self, call: RestCall, parse: Callable[[bytes], Records]) -> Records:
        """An answer, asked for when that holds up nobody: neither what fills gaps nor what strategies warm up on."""
        engine = self.engine
        while wait := max(engine.feed.rest.spare_s(call), engine.no_history_until - engine.clock.monotonic(), 0.0):  # noqa: ASYNC110 - of time alone
            await asyncio.sleep(min(wait, LOOK_S))
        return await engine.feed.rest.ask(call, parse, background=True)

    def _tell(self, past: Past) -> None:
        self.analyst.send(frames.message(words.PAST, past))
