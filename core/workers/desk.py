"""What a worker does with each frame: it keeps its strategies' instances and answers with what they did. No socket here."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import msgspec
import numpy as np

from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.errors import StrategyError
from core.strategy import PYTHON
from core.types import TICK, Records
from core.workers import frames
from core.workers.frames import Assignment, Failure, Figures, Lever, Snapshot

Send = Callable[[bytes], None]

#: What a strategy's own code may throw at us; `exit()` in it ends the strategy, not the process.
THROWN = (Exception, SystemExit)


class Post:
    """One strategy on this desk."""

    def __init__(self, order: Assignment, instance: Instance) -> None:
        self.id = order.id
        self.instance = instance
        self.account = instance.account[0]
        self.closing = False
        self.heir_of = order if order.book_only else None

    @property
    def seq(self) -> int:
        """The last tick it was given."""
        return int(self.account.seq)


class Desk:
    """The strategies of one worker.

    Args:
        send: takes each answer frame.
    """

    def __init__(self, send: Send) -> None:
        self.send = send
        self.posts: dict[str, Post] = {}

    def handle(self, kind: int, seq: int, payload: bytearray) -> None:
        """Act on one frame."""
        if kind == frames.TICKS:
            self.trade(np.frombuffer(payload, TICK), seq)
        elif kind == frames.ASSIGN:
            self.assign(msgspec.msgpack.decode(payload, type=Assignment))
        elif kind == frames.WARM:
            size = int.from_bytes(payload[:2], "little")
            self.warm(payload[2 : 2 + size].decode(), np.frombuffer(payload[2 + size :], TICK), seq)
        elif kind == frames.LEVER:
            self.pull(msgspec.msgpack.decode(payload, type=Lever))
        elif kind == frames.SNAP:
            for post in list(self.posts.values()):
                self.snap(post)
        elif kind == frames.STATUS:
            self.send(frames.message(frames.FIGURES, [figures(post) for post in self.posts.values()], seq))

    def assign(self, order: Assignment) -> None:
        """Start a strategy, from its snapshot if there is one."""
        try:
            make = PythonInstance if order.plan.kind == PYTHON else Instance
            instance = make(order.plan, order.terms)
            instance.trade(order.legs)
            if order.snapshot is not None and not order.book_only:
                instance.restore(order.snapshot, order.layout)
        except THROWN as error:  # the strategy's own code, or its snapshot
            self.fail(order.id, order.seq, error)
            return
        post = self.posts[order.id] = Post(order, instance)
        if order.snapshot is None or order.book_only:
            post.account.seq = order.seq
        self.send(frames.frame(frames.RUNNING, order.id.encode(), post.seq))

    def warm(self, id_: str, ticks: Records, seq: int) -> None:
        """Let a new strategy see history without trading, then start its book afresh (or take over
        that of its earlier self); its state is reported as a snapshot."""
        post = self.posts.get(id_)
        if post is None:
            return
        try:
            post.instance.warm(ticks)
            if post.heir_of is not None and post.heir_of.snapshot is not None:
                post.instance.adopt(post.heir_of.snapshot, post.heir_of.layout, post.heir_of.fills)
        except THROWN as error:  # the strategy's own code, or a snapshot of another version
            self.fail(id_, seq, error)
            return
        post.account.seq = seq
        self.snap(post)

    def trade(self, ticks: Records, last: int) -> None:
        """Run every strategy over a batch whose last tick is `last`, each from the tick after its own last."""
        for post in list(self.posts.values()):
            fresh = ticks
            if post.seq >= int(ticks["seq"][0]):
                fresh = ticks[int(np.searchsorted(ticks["seq"], post.seq, "right")) :]
            if len(fresh):
                self.feed(post, fresh, last)
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
        instance = post.instance
        if order.lever == "pause":
            self.report(post, instance.pause(), post.seq)
        elif order.lever == "resume":
            if not post.closing:
                instance.resume()
        elif order.lever == "flatten":
            self.report(post, instance.flatten(), post.seq)
        elif order.lever == "limits":
            self.report(post, instance.limit(order.limits), post.seq)
        elif order.lever == "close":
            # Recovery says it again to a strategy that was closing already: an exit under way must not start over.
            post.closing = True
            self.report(post, instance.close(), post.seq)
            self.leave_if_flat(post)
        elif order.lever == "drop":
            self.leave(post)

    def leave_if_flat(self, post: Post) -> None:
        """Let go of a closing strategy once it holds nothing."""
        if post.instance.flat:
            self.leave(post)

    def leave(self, post: Post) -> None:
        """Let go of a strategy; its last figures and state go to the engine."""
        self.send(frames.message(frames.FIGURES, [figures(post)]))
        self.snap(post)
        self.posts.pop(post.id, None)
        self.send(frames.frame(frames.GONE, post.id.encode(), post.seq))

    def snap(self, post: Post) -> None:
        """Send a strategy's snapshot; one whose state cannot be saved could not be taken up again, and is out."""
        plan = post.instance.plan
        try:
            data = post.instance.snapshot()
        except THROWN as error:  # what a Python strategy keeps
            self.fail(post.id, post.seq, StrategyError(f"its state cannot be saved: {error}"))
            return
        snapshot = Snapshot(post.id, post.seq, post.instance.layout, plan.source_hash, data)
        self.send(frames.message(frames.SNAPSHOT, snapshot, post.seq))

    def fail(self, id_: str, seq: int, error: BaseException) -> None:
        """Take a broken strategy off the desk and say why; the others go on."""
        self.posts.pop(id_, None)
        line = str(error) if isinstance(error, StrategyError) else _telling(error)
        self.send(frames.message(frames.FAILED, Failure(id_, seq, line, traceback.format_exc()), seq))


def _telling(error: BaseException) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}, {where.filename.rpartition('/')[2]}:{where.lineno}"


def figures(post: Post) -> Figures:
    """A strategy's figures, first leg's position and entry."""
    account, book = post.account, post.instance.books[0]
    unrealised = float(post.instance.books["unrealised"].sum())
    return Figures(
        id=post.id,
        seq=post.seq,
        seen=post.instance.seen(),
        warmup=post.instance.plan.warmup,
        paused=bool(account.paused),
        closing=post.closing,
        blocked=int(book.blocked),
        position=float(book.position),
        entry=float(book.entry),
        unrealised=unrealised,
        realised=float(account.realised),
        fees=float(account.fees),
        trades=int(account.trades),
        wins=int(account.wins),
        equity=float(account.equity),
        drawdown_ratio=float(account.max_drawdown_ratio),
    )
