"""One strategy on a worker's desk, and its figures."""

from __future__ import annotations

import numpy as np

from core.compile.instance import Instance
from core.workers.frames import Assignment, Figures


class Post:
    """One strategy on this desk."""

    def __init__(self, order: Assignment, instance: Instance) -> None:
        self.id = order.id
        self.slot = order.slot
        self.instance = instance
        self.account = instance.account[0]
        self.closing = False
        self.symbols = frozenset(order.legs)
        self.told = order.told
        self.heir_of = order if order.book_only else None

    @property
    def seq(self) -> int:
        """The last tick it was given."""
        return int(self.account.seq)


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
        peak=float(account.peak),
        quiet=bool(np.isnan(post.instance.books["opinion"]).all()),
        told=post.told,
        working=np.where(post.instance.books["aim"] != post.instance.books["position"], post.instance.books["order"], 0).tolist(),
    )
