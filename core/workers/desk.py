"""What a worker does with each frame: it keeps its strategies' instances and answers with what they did. No socket here."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

import msgspec
import numpy as np

from core.compile.instance import Instance
from core.compile.levered import PULLED, STAYING
from core.compile.python import PythonInstance
from core.conditions.standing import Standing, is_standing, standing_of
from core.errors import StrategyError, telling
from core.latency import Stage
from core.strategy import PYTHON
from core.types import TICK, Origin, Records
from core.workers import frames
from core.workers.frames import Assignment, Failure, Lever, Snapshot, Start
from core.workers.post import Post, figures
from core.workers.posts import Posts

Send = Callable[[bytes], None]

#: Says which strategy's code runs from here on, by its slot; 0 none, negative: it is being loaded.
Mark = Callable[[int], None]

LIVE = int(Origin.LIVE)

#: A strategy that keeps more than this keeps what it has seen, and would keep more and more of it.
MOST_STATE = 32 << 20

#: History goes through a strategy in pieces, with a sign of progress after each.
WARM_PIECE = 4096

#: So do past fills, of which each costs more.
BOOK_PIECE = 512

#: What a strategy's own code may throw at us; `exit()` in it ends the strategy, not the process.
THROWN = (Exception, SystemExit)


class Desk:
    """The strategies of one worker.

    Args:
        send: takes each answer frame.
        mark: is told whose code runs.
    """

    def __init__(self, send: Send, mark: Mark = lambda _slot: None) -> None:
        self.send = send
        self.mark = mark
        self.posts = Posts()
        self.ages = Stage()

    def handle(self, kind: int, seq: int, payload: bytearray) -> None:
        """Act on one frame."""
        if kind in (frames.TICKS, frames.PAST):
            ticks = np.frombuffer(payload, TICK)
            self.trade(ticks, seq)
            if kind == frames.TICKS:
                self.note_ages(ticks)
        elif kind == frames.ASSIGN:
            self.assign(msgspec.msgpack.decode(payload, type=Assignment))
        elif kind == frames.WARM:
            size = int.from_bytes(payload[:2], "little")
            self.warm(payload[2 : 2 + size].decode(), np.frombuffer(payload[2 + size :], TICK), seq)
        elif kind == frames.LEVER:
            self.pull(msgspec.msgpack.decode(payload, type=Lever))
        elif kind == frames.SNAP:
            self.save(payload)
        elif kind == frames.STANDS:
            self.tell_standing(payload.decode())
        elif kind == frames.STATUS:
            self.posts.settle()
            self.send(frames.message(frames.FIGURES, [figures(post) for post in self.posts.values()], seq))
            ages = self.ages.drain()
            if ages.count:
                self.send(frames.frame(frames.TIMES, ages.to_bytes()))

    def tell_standing(self, id_: str) -> None:
        """How a strategy's conditions stand; one that is not here, or not made of conditions, stands nowhere."""
        post, found = self.posts.get(id_), Standing(id_)
        if post is not None and is_standing(post.instance.layouts["STATE"]):
            found = standing_of(id_, post.instance.state[0], int(post.account.ts))
        self.send(frames.message(frames.STANDING, found))

    def note_ages(self, ticks: Records) -> None:
        """How long ago these were read from the socket, now that every strategy has seen them."""
        self.ages.note(time.time_ns(), ticks["recv"][ticks["origin"] == LIVE])

    def assign(self, order: Assignment) -> None:
        """Start a strategy, from its snapshot if there is one."""
        self.mark(-order.slot)
        try:
            make = PythonInstance if order.plan.kind == PYTHON else Instance
            instance = make(order.plan, order.terms)
            instance.trade(order.legs)
            if order.snapshot is not None and not order.book_only:
                instance.restore(order.snapshot, order.layout)
        except THROWN as error:  # the strategy's own code, or its snapshot
            self.fail(order.id, order.seq, error)
            return
        finally:
            self.mark(0)
        post = Post(order, instance)
        self.posts.add(post)
        if order.snapshot is None or order.book_only:
            post.account.seq = order.seq
        self.send(frames.frame(frames.RUNNING, order.id.encode(), post.seq))

    def warm(self, id_: str, ticks: Records, seq: int) -> None:
        """Let a new strategy see history without trading, then start its book afresh (or take over
        that of its earlier self)."""
        post = self.posts.get(id_)
        if post is None:
            return
        try:
            for at in range(0, max(len(ticks), 1), WARM_PIECE):
                self.mark(post.slot)
                post.instance.warm(ticks[at : at + WARM_PIECE])
            if post.heir_of is not None:
                self.hand_over(post, post.heir_of)
        except THROWN as error:  # the strategy's own code, or a snapshot of another version
            self.fail(id_, seq, error)
            return
        finally:
            self.mark(0)
        post.account.seq = seq

    def hand_over(self, post: Post, heir: Assignment) -> None:
        """Give a strategy the books it had: from its earlier self's snapshot, where that can be read, and the fills since."""
        if heir.snapshot is not None:
            post.instance.adopt(heir.snapshot, heir.layout, [])
        fills = [fill[:6] for fill in heir.fills if fill[6] > post.account.fills]
        for at in range(0, len(fills), BOOK_PIECE):
            self.mark(post.slot)
            post.instance.book(fills[at : at + BOOK_PIECE])
        post.instance.books["aim"] = post.instance.books["position"]
        post.account.orders = max(post.account.orders, heir.orders)

    def trade(self, ticks: Records, last: int) -> None:
        """Run every strategy over a batch whose last tick is `last`, each from the tick after its own last."""
        for post, fresh in self.posts.shown(ticks):
            self.mark(post.slot)
            self.feed(post, fresh, last)
        self.posts.come_to(last)
        self.mark(0)
        self.send(frames.frame(frames.SEEN, b"", last))

    def feed(self, post: Post, ticks: Records, last: int) -> None:
        """Run one strategy over ticks and report."""
        try:
            reports = post.instance.feed(ticks)
        except THROWN as error:  # the strategy's own code
            self.report(post, post.instance.reports_until_failure(), last)
            self.fail(post.id, last, error)
            return
        post.account.seq = last
        self.report(post, reports, last)
        if post.closing:
            self.leave_if_flat(post)

    def report(self, post: Post, reports: Records, seq: int) -> None:
        """Send what the loop reported up to the tick `seq`, if anything."""
        if len(reports):
            name = post.id.encode()
            self.send(frames.frame(frames.REPORTS, len(name).to_bytes(2, "little") + name + reports.tobytes(), seq))

    def pull(self, order: Lever) -> None:
        """Act on a command for one strategy."""
        post = self.posts.get(order.id)
        if post is None:
            return
        self.posts.settle(post)
        instance = post.instance
        post.told, post.heard = max(post.told, order.number), max(post.heard, order.heard)
        if order.lever == "resume" and order.number == 0:  # said again, to a book that was taken over: what locked it since stays
            if not post.closing:
                instance.unpause()
        elif order.lever in PULLED:
            if not post.closing or order.lever not in STAYING:
                self.report(post, instance.pull(order.lever, order.said, order.after), max(post.seq, order.after))
            if post.closing and order.lever == "executed":
                self.leave_if_flat(post)
        elif order.lever == "close":
            post.closing = True
            self.report(post, instance.close(), post.seq)
            self.leave_if_flat(post)
        elif order.lever == "closing":  # its exit is under way, and must not start over
            post.closing = True
            self.leave_if_flat(post)
        elif order.lever == "drop":
            self.leave(post)

    def leave_if_flat(self, post: Post) -> None:
        """Let go of a closing strategy once it holds nothing."""
        if post.instance.flat:
            self.leave(post)

    def leave(self, post: Post) -> None:
        """Let go of a strategy; its last figures and state go to the engine."""
        self.posts.settle(post)
        self.send(frames.message(frames.FIGURES, [figures(post)]))
        self.snap(post)
        self.posts.remove(post.id)
        self.send(frames.frame(frames.GONE, post.id.encode(), post.seq))

    def save(self, payload: bytearray) -> None:
        """Send the snapshots of all, or of the one the payload names."""
        if not payload:
            for post in list(self.posts.values()):
                self.snap(post)
            return
        start = msgspec.msgpack.decode(payload, type=Start)
        if start.id in self.posts:
            self.snap(self.posts[start.id], start.payload)

    def snap(self, post: Post, payload: str = "{}") -> None:
        """Send a strategy's snapshot; one whose state cannot be saved could not be taken up again, and is out."""
        plan = post.instance.plan
        self.posts.settle(post)
        self.mark(post.slot)
        try:
            data = post.instance.snapshot()
        except THROWN as error:  # what a Python strategy keeps
            self.fail(post.id, post.seq, StrategyError(f"its state cannot be saved: {error}"))
            return
        finally:
            self.mark(0)
        if len(data) > MOST_STATE:
            line = f"its state has grown to {len(data) >> 20} MB: more than {MOST_STATE >> 20} MB cannot be saved every minute"
            self.fail(post.id, post.seq, StrategyError(line))
            return
        snapshot = Snapshot(post.id, post.seq, post.instance.layout, plan.source_hash, data, payload, post.told, post.heard)
        self.send(frames.message(frames.SNAPSHOT, snapshot, post.seq))

    def fail(self, id_: str, seq: int, error: BaseException) -> None:
        """Take a broken strategy off the desk and say why; the others go on."""
        self.posts.remove(id_)
        line = str(error) if isinstance(error, StrategyError) else telling(error)
        self.send(frames.message(frames.FAILED, Failure(id_, seq, line, traceback.format_exc()), seq))
