"""Fetches missing prints over REST, page by page: what others wait for, then what a quiet stream may have missed, then what is late.

One request after the other would leave most of a venue's allowance unused: at 100 ms an answer, ten pages a second where Binance allows 25.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.clock import Clock
from core.errors import RateLimited, VenueError
from core.feed.backoff import Backoff
from core.feed.batch import Want
from core.feed.intake import Intake
from core.feed.quality import Quality
from core.feed.rest import Rest
from core.feed.spans import cut, member, overlap, runs
from core.feed.timing import Timing
from core.venues.venue import Parsed, Quarantined, Venue

#: Prints a page: the most Binance gives.
PAGE = 1000

#: Pages on their way at a time, of what others wait for and again of what is late. Each answer allows one more, up to this many, and a
#: failure only one: a venue in trouble, or one that asks for silence, is not asked by many at once.
MOST_ASKED = 8

#: A venue that answers, and still has not shown a print after so long, does not have it.
UNKNOWN_AFTER_S = 60.0


@dataclass(slots=True)
class _Patience:
    """How fetching for one symbol goes."""

    backoff: Backoff
    next_try: float = 0.0
    served: int = 0
    empty: dict[int, float] = field(default_factory=dict)  # first id asked for -> since when the answer holds nothing


class Backfill:
    """The missing prints of one venue. `on_news` is called after each answer that changed something.

    Attributes:
        trouble: why the last request failed, or empty.
    """

    def __init__(
        self,
        venue: Venue,
        rest: Rest,
        clock: Clock,
        intake: Intake,
        quality: Quality,
        ready: asyncio.Event,
        timing: Timing,
        rng: random.Random,
        *,
        name_of: Callable[[int], str],
        on_news: Callable[[], None],
        unknown_after_s: float = UNKNOWN_AFTER_S,
    ) -> None:
        self.trouble = ""
        self._venue = venue
        self._rest = rest
        self._clock = clock
        self._intake = intake
        self._ready = ready
        self._name_of = name_of
        self._on_news = on_news
        self._rng = rng
        self._quality = quality
        self._unknown_after_s = unknown_after_s
        self._check_quiet_s = timing.check_quiet_s
        self._quiet_at = clock.monotonic() + timing.check_quiet_s
        self._wake = asyncio.Event()
        self._symbols: dict[int, _Patience] = {}
        self._served = 0
        self._asked: list[Want] = []
        self._most = 1

    def wake(self) -> None:
        """There may be something to fetch."""
        self._wake.set()

    async def run(self) -> None:
        """Fetch until cancelled."""
        async with asyncio.TaskGroup() as requests:
            while True:
                await self._ready.wait()
                self._wake.clear()
                want, pause = self._next()
                if want is not None:
                    self._asked.append(want)
                    requests.create_task(self._fetch(want))
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()

    def _next(self) -> tuple[Want | None, float]:
        """What to fetch now, or how long there is nothing to do unless something changes."""
        now = self._clock.monotonic()
        if now >= self._quiet_at:
            self._intake.doubt_quiet(now)
            self._quiet_at = now + self._check_quiet_s
        wants = self._intake.wants(PAGE, now, self._asked)
        self._symbols = {want.symbol: self._patience(want.symbol) for want in (*wants, *self._asked)}
        late = sum(want.since is None for want in self._asked)
        full = {True: late >= self._most, False: len(self._asked) - late >= self._most}
        wants = [want for want in wants if not full[want.since is None]]
        due = [want for want in wants if self._symbols[want.symbol].next_try <= now]
        if due:
            return min(due, key=lambda want: (want.since is None, want.probe, self._symbols[want.symbol].served)), 0.0
        times = [self._quiet_at, *(self._symbols[want.symbol].next_try for want in wants)]
        if not full[False] and (probe := self._intake.next_probe(self._asked)) is not None:
            times.append(probe)
        return None, max(0.01, min(times) - now)

    async def _fetch(self, want: Want) -> None:
        patience = self._patience(want.symbol)
        patience.served = self._served = self._served + 1
        name = self._name_of(want.symbol)
        first, last = want.spans[0][0], want.spans[-1][1]
        call = self._venue.trades_from(name, first, last - first + 1)
        try:
            page = await self._rest.ask(
                call, lambda body: self._venue.parse_page(name, body, self._clock.now_ns()), background=want.since is None
            )
        except VenueError as exc:
            self.trouble, self._most = str(exc), 1
            self._put_off(patience, exc.retry_after if isinstance(exc, RateLimited) else self._rest.left_alone_s())
        else:
            self.trouble, self._most = "", min(self._most + 1, MOST_ASKED)
            if self._take_probe(want, page) if want.probe else self._take(want, page, patience):
                patience.backoff.reset()
            else:
                self._put_off(patience)
        finally:
            self._asked.remove(want)
            self._wake.set()

    def _take(self, want: Want, page: Parsed, patience: _Patience) -> bool:
        """Hand on a page and say which ids it shows to be unknown; whether that was anything."""
        now = self._clock.monotonic()
        wanted = page.ticks.compress(member(want.spans, page.ticks["id"]))
        refused = [bad for bad in page.quarantined if overlap(list(want.spans), bad.id, bad.id)]
        shown = max([int(page.ticks["id"].max(initial=-1)), *(bad.id for bad in page.quarantined)])
        absent = overlap(list(want.spans), want.spans[0][0], shown)
        for first, last in [*runs(np.unique(wanted["id"])), *((bad.id, bad.id) for bad in refused)]:
            absent = cut(absent, first, last)
        if not len(wanted) and not refused and not absent:
            since = patience.empty.setdefault(want.spans[0][0], now)
            if now - since < self._unknown_after_s:
                return False
            absent = list(want.spans)
        patience.empty.pop(want.spans[0][0], None)
        if len(wanted):
            self._intake.fetched(want.symbol, wanted, now)
        self._refuse(refused, now)
        for first, last in absent:
            self._intake.unknown(want.symbol, first, last, "unknown to the venue", now)
        self._on_news()
        return True

    def _take_probe(self, want: Want, page: Parsed) -> bool:
        """Hand on what there is after the newest id; a full page is asked on, anything less was all there is."""
        now, first = self._clock.monotonic(), max(want.spans[0][0], self._intake.next_id(want.symbol))
        new = page.ticks.compress(page.ticks["id"] >= first)
        refused = [bad for bad in page.quarantined if bad.id >= first]
        self._intake.fetched(want.symbol, new, now)
        self._refuse(refused, now)
        if len(page.ticks) + len(page.quarantined) == PAGE and (len(new) or refused):
            self._intake.doubt(want.symbol, "", now)
        else:
            self._intake.trust(want.symbol)
        self._on_news()
        return True

    def _refuse(self, refused: list[Quarantined], now: float) -> None:
        if refused:
            self._intake.receive(Parsed(quarantined=refused), now)
            self._quality.refused(refused)

    def _put_off(self, patience: _Patience, at_least: float = 0.0) -> None:
        now = self._clock.monotonic()
        if patience.next_try <= now:  # else what was asked for together has failed together
            patience.next_try = now + patience.backoff.next(at_least)

    def _patience(self, symbol: int) -> _Patience:
        return self._symbols.setdefault(symbol, _Patience(Backoff(rng=self._rng)))
