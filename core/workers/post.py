"""One strategy on a worker's desk, and its figures."""

from __future__ import annotations

import numpy as np

from core.compile.instance import Instance
from core.workers.frames import Assignment, Figures, Leg


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
        self.heard = 0
        self.heir_of = order if order.book_only else None
        self.books = instance.books.view(np.ndarray)  # a row of it as a tuple is ten times as fast as field by field
        self.sums = instance.account.view(np.ndarray)
        self.names = self.sums.dtype.names or ()
        self.fields = {name: at for at, name in enumerate(self.books.dtype.names or ())}

    @property
    def seq(self) -> int:
        """The last tick its account knows of."""
        return int(self.sums["seq"][0])


def figures(post: Post) -> Figures:
    """A strategy's figures, first leg's position and entry."""
    books, at = post.books, post.fields
    first = books[0].item()
    account = dict(zip(post.names, post.sums[0].item(), strict=True))
    return Figures(
        id=post.id,
        seq=account["seq"],
        seen=post.instance.seen(),
        warmup=post.instance.plan.warmup,
        paused=bool(account["paused"]),
        closing=post.closing,
        blocked=first[at["blocked"]],
        position=first[at["position"]],
        entry=first[at["entry"]],
        unrealised=float(books["unrealised"].sum()),
        realised=account["realised"],
        fees=account["fees"],
        trades=account["trades"],
        wins=account["wins"],
        equity=account["equity"],
        drawdown_ratio=account["max_drawdown_ratio"],
        peak=account["peak"],
        quiet=bool(np.isnan(books["opinion"]).all()),
        legs=legs(post),
        told=post.told,
        working=np.where(books["aim"] != books["position"], books["order"], 0).tolist(),
    )


def legs(post: Post) -> list[Leg]:
    """The legs of a strategy that hold something, or on which an order works."""
    books, at = post.books, post.fields
    found = []
    for leg in np.flatnonzero((books["position"] != 0.0) | (books["aim"] != 0.0)).tolist():
        row = books[leg].item()
        position, aim = row[at["position"]], row[at["aim"]]
        best, limit = row[at["high" if position > 0.0 else "low"]], row[at["limit"]] if "limit" in at and aim != position else 0.0
        trip = row[at["trip_realised"]], row[at["trip_fees"]]
        order = row[at["order"]], row[at["why"]], row[at["latched"]]
        found.append(Leg(leg, position, aim, row[at["entry"]], row[at["last"]], row[at["unrealised"]], best, *trip, *order, limit))
    return found
