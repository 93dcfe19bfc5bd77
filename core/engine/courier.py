"""Brings one channel what it is to be told, in order, one message at a time: tried again after a while, folded where it is too much."""

from __future__ import annotations

import asyncio
import random
from itertools import groupby
from typing import TYPE_CHECKING

import structlog

from core.channels.channel import Channel
from core.channels.message import fold, read_message
from core.channels.outcome import Outcome
from core.channels.pace import Pace
from core.store.outbox import Post
from core.system_view import ChannelRow
from core.types import DAY, SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("alerts")

#: Seconds to wait after each failed try; a message gets one try more than there are, over about ten minutes.
DELAYS_S = (5.0, 15.0, 60.0, 160.0, 360.0)

#: So much of the outbox is looked at at once.
MOST = 500

#: What is due later than this was put off before somebody set the clock back.
FAR_NS = 2 * DAY

#: A channel whose work failed in a way nobody foresaw goes on after so many seconds.
RESTART_S = 30.0


class Courier:
    """One channel's.

    Args:
        counts: of its part of the outbox, by state.

    Attributes:
        wake: there may be something to tell.
    """

    def __init__(self, engine: Engine, channel: Channel, counts: dict[str, int]) -> None:
        self.engine = engine
        self.channel = channel
        self.terms = channel.terms
        self.wake = asyncio.Event()
        self._pace = Pace(channel.terms.per_minute)
        self._sent, self._failed = counts.get("sent", 0), counts.get("failed", 0)
        self._waiting = counts.get("waiting", 0)
        self._given_up = 0  # in a row
        self._error = ""
        self._sent_ns = 0

    async def run(self) -> None:
        """Work for ever."""
        while True:
            try:
                await self._work()
            except Exception:  # this task's outer edge: a channel must not end the engine
                log.exception("an alert channel failed", channel=self.channel.name)
                self._error = "it failed in a way nobody foresaw: see the engine's log"
                self.engine.dispatch.complain(self.channel.name, f"alerts to {self.channel.name}: {self._error}")
                await asyncio.sleep(RESTART_S)

    def row(self, *, quiet: bool) -> ChannelRow:
        """How it stands."""
        state = "failing" if self._error else "quiet" if quiet and self.terms.quiet else "ok"
        channel = self.channel
        return ChannelRow(
            channel.name, channel.kind, channel.where, state, self._sent, self._failed, self._waiting, self._error, self._sent_ns
        )

    async def _work(self) -> None:
        outbox = self.engine.ledger.outbox
        while True:
            self.wake.clear()
            posts = await outbox.waiting(self.channel.name, MOST)
            self._waiting = len(posts)
            wait = await self._tell(posts)
            if wait is not None:
                try:
                    await asyncio.wait_for(self.wake.wait(), wait)
                except TimeoutError:
                    continue

    async def _tell(self, posts: list[Post]) -> float | None:
        """Tell what is due; returns how long there is nothing to do, in seconds, None where that has to be looked at anew."""
        now = self.engine.clock.now_ns()
        due = [post for post in posts if post.due_ns <= now or post.due_ns > now + FAR_NS]
        raised = {post.alert_id for post in posts if post.event == "raised"}
        due = [post for post in due if post.event == "raised" or post.alert_id not in raised]  # not over before it began
        waits = [(post.due_ns - now) / SECOND for post in posts if now < post.due_ns <= now + FAR_NS]
        if await self._fold_held(due):
            return None
        told = False
        for critical, some in groupby(sorted(due, key=lambda post: post.level != "critical"), key=lambda post: post.level == "critical"):
            mine = list(some)
            room = self._pace.room(critical, self.engine.clock.monotonic())
            fresh = [post for post in mine if not post.tries and "+" not in post.alert_id]
            if len(mine) > max(room, 0) and room > 0 and len(fresh) > 1:
                await self._fold(fresh[max(0, room - 1 - (len(mine) - len(fresh))) :])
                return None
            for post in mine[: max(room, 0)]:
                await self._bring(post)
                told = True
            if room <= 0:
                waits.append(self._pace.wait(critical, self.engine.clock.monotonic()))
        return None if told else min(waits, default=DAY / SECOND)

    async def _fold_held(self, due: list[Post]) -> bool:
        """What came in quiet hours is one message after them."""
        held = [post for post in due if post.held and not post.tries]
        if len(held) > 1:
            await self._fold(held)
        return len(held) > 1

    async def _fold(self, posts: list[Post]) -> None:
        message = fold([read_message(post.body) for post in posts])
        now = self.engine.clock.now_ns()
        into = Post(self.channel.name, message.id, message.state, message.level, message.ts_ns, message.body(), now)
        await self.engine.ledger.outbox.fold(posts, into)

    async def _bring(self, post: Post) -> None:
        """One try, and what comes of it, on disk before the next one."""
        critical, clock = post.level == "critical", self.engine.clock
        self._pace.count(critical, clock.monotonic())
        outcome = await self.channel.way.deliver(read_message(post.body), post.body)
        tries = post.tries + 1
        if outcome.ok:
            await self.engine.ledger.outbox.settle(post._replace(state="sent", tries=tries, error=""))
            self._sent, self._sent_ns, self._waiting = self._sent + 1, clock.now_ns(), max(0, self._waiting - 1)
            if self._error or self._given_up:
                self._error, self._given_up = "", 0
                self.engine.dispatch.complain(self.channel.name, "")
            return
        self._error = outcome.why
        log.warning("an alert was not delivered", channel=self.channel.name, alert=post.alert_id, tries=tries, reason=outcome.why)
        if outcome.again and tries <= len(DELAYS_S):
            delay = max(DELAYS_S[tries - 1] * random.uniform(0.9, 1.1), outcome.after_s)
            due = clock.now_ns() + int(delay * SECOND)
            await self.engine.ledger.outbox.settle(post._replace(tries=tries, due_ns=due, error=outcome.why))
        else:
            await self._give_up(post._replace(state="failed", tries=tries, error=outcome.why), outcome)

    async def _give_up(self, post: Post, outcome: Outcome) -> None:
        await self.engine.ledger.outbox.settle(post)
        self._failed, self._given_up, self._waiting = self._failed + 1, self._given_up + 1, max(0, self._waiting - 1)
        many = f"{self._given_up:,} alerts were" if self._given_up > 1 else "an alert was"
        self.engine.dispatch.complain(self.channel.name, f"{many} not delivered to {self.channel.name}: {outcome.why}")
