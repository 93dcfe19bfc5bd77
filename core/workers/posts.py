"""The strategies of one worker, and who of them is shown which ticks."""

from __future__ import annotations

import numpy as np

from core.types import Records
from core.workers.post import Post


class Posts(dict[str, Post]):
    """By id. `add` and `remove` change it, nothing else.

    With two hundred strategies on fifty symbols nearly all of a batch is nobody's business: who has none of its symbols is not touched
    for it, and learns how far it has come when it is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reached = 0  # all were shown all through this seq since one came last
        self._of_symbol: dict[int, list[Post]] = {}

    def add(self, post: Post) -> None:
        """It is shown what comes from here on."""
        self.settle()
        self._reached = 0
        self[post.id] = post
        self._sort()

    def remove(self, id_: str) -> None:
        """It is here no longer, if it ever was."""
        self.pop(id_, None)
        self._sort()

    def _sort(self) -> None:
        self._of_symbol = {}
        for post in self.values():
            for symbol in post.symbols:
                self._of_symbol.setdefault(symbol, []).append(post)

    def shown(self, ticks: Records) -> list[tuple[Post, Records]]:
        """Each strategy that has a symbol among these ticks, with those that are new to it."""
        there = self._of_symbol.keys() & set(ticks["symbol"].tolist())
        first, found = int(ticks["seq"][0]), []
        for post in dict.fromkeys(post for symbol in there for post in self._of_symbol[symbol]):
            seq = max(post.seq, self._reached)
            fresh = ticks if seq < first else ticks[int(np.searchsorted(ticks["seq"], seq, "right")) :]
            if len(fresh):
                found.append((post, fresh))
        return found

    def come_to(self, seq: int) -> None:
        """All of them were shown all through this seq."""
        self._reached = max(self._reached, seq)

    def settle(self, post: Post | None = None) -> None:
        """Have the account of one or of all say which tick it was shown last."""
        for one in self.values() if post is None else (post,):
            if one.seq < self._reached:
                one.account.seq = self._reached
