"""Queues of limit orders and margin, from the words of docs/costs.md alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from core.commands import Terms


class Queue:
    """What all prints so far tell of how much is printed at a price before prints go beyond it, of bids and of asks."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.printed = {True: 0.0, False: 0.0}
        self.ends = {True: 0.0, False: 0.0}
        self.price: dict[bool, float | None] = {True: None, False: None}

    def see(self, print_: Mapping[str, float]) -> None:
        """A print: those of sellers count for bids, those of buyers for asks."""
        price = print_["price"]
        for bids, others in ((True, 1), (False, -1)):
            if print_["side"] == others:
                continue
            before = self.price[bids]
            ended = before is not None and (price < before if bids else price > before)
            self.printed[bids] = self.printed[bids] * (1 - 1 / 1024) + print_["qty"]
            self.ends[bids] = self.ends[bids] * (1 - 1 / 1024) + ended
            self.price[bids] = price

    def joined(self, buys: bool) -> float:
        """What is ahead of an order that gets there now."""
        if self.terms.queue_ahead is not None:
            return self.terms.queue_ahead
        return self.printed[buys] / self.ends[buys] if self.ends[buys] else inf

    def after(self, print_: Mapping[str, float], level: float, buys: bool, ahead: float) -> tuple[float, float]:
        """What is ahead after a print, and how much of it is the order's at most."""
        beyond = level - print_["price"] if buys else print_["price"] - level
        if beyond > 0:
            return 0.0, inf
        worse = 0 < print_["bid"] < level if buys else print_["ask"] > level
        if self.terms.queue_model == "quotes" and worse:
            ahead = 0.0
        if beyond < 0 or print_["side"] == (1 if buys else -1):
            return ahead, 0.0
        if not print_["qty"]:
            return ahead, 0.0 if ahead else inf
        return max(ahead - print_["qty"], 0.0), max(print_["qty"] - ahead, 0.0)


class Margin:
    """What equity lets a strategy hold, and whether it still covers it."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.closed = False
        self.refused: float | None = None  # the position there was no margin for when it was last asked for

    def called(self, made: float, position: float, entry: float, price: float) -> bool:
        """Whether equity is down to the maintenance of the position."""
        if self.terms.leverage is None or not position:
            return False
        return self.terms.capital + made + position * (price - entry) <= self.terms.maintenance_pct / 100 * abs(position) * price

    def cut(self, goal: float, position: float, aim: float, price: float, equity: float, why: str) -> float:
        """The position there is margin for; what was cut once stays so until all of it can be had."""
        before, self.refused = self.refused, None
        grows = position * goal < 0 or abs(goal) > abs(position)
        if self.terms.leverage is None or goal == aim or why != "signal" or not grows:
            return goal
        most = max(equity * self.terms.leverage, 0.0) / price
        if abs(goal) <= most:
            return goal
        self.refused = goal
        if before == goal and aim * goal > 0 and abs(aim) <= abs(goal):
            return aim
        if position * goal >= 0:
            most = max(most, abs(position))
        return most if goal > 0 else -most
