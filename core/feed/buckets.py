"""Token buckets that keep a venue's "at most N in any window" rules, and what was used of them; pure, time is a parameter."""

from __future__ import annotations

from collections import deque


class Usage:
    """What was spent in the last `window_s` seconds, out of `limit`."""

    def __init__(self, limit: float, window_s: float) -> None:
        self.limit = limit
        self._window_s = window_s
        self._spent: deque[tuple[float, float]] = deque()

    def note(self, now: float, amount: float = 1.0) -> None:
        """So much was spent at `now` (monotonic seconds)."""
        self._forget(now)
        self._spent.append((now, amount))

    def used(self, now: float) -> float:
        """What the window that ends now holds."""
        self._forget(now)
        return sum(amount for _, amount in self._spent)

    def wait(self, now: float, amount: float, share: float = 1.0) -> float:
        """Seconds until `amount` more is within that share of the limit, 0.0 when it is. More than all of it passes when nothing is used.

        Whoever spends no more than this allows spends no more than the limit in any window, wherever it begins, and may spend all of it.
        """
        over = self.used(now) + amount - self.limit * share
        wait = 0.0
        for at, spent in self._spent:
            if over <= 1e-9:
                break
            over -= spent
            wait = at + self._window_s - now
        return wait

    def _forget(self, now: float) -> None:
        while self._spent and self._spent[0][0] <= now - self._window_s:
            self._spent.popleft()


class TokenBucket:
    """Never lets more than `count` through in any half-open window of `window_s` seconds.

    A bucket of capacity c refilled at rate r passes at most c + r·window in a window, so half of `count` is the
    capacity (the burst) and the other half is what refills within one window.
    """

    def __init__(self, count: float, window_s: float) -> None:
        self.capacity = max(1.0, count / 2)
        self.rate = max(count - self.capacity, 1.0) / window_s
        self._tokens = self.capacity
        self._at: float | None = None

    def spend(self, now: float, amount: float = 1.0) -> None:
        """Note what could not be held back; the next wait for it."""
        self._refill(now)
        self._tokens -= amount

    def take(self, now: float, amount: float = 1.0) -> float:
        """Spend `amount` at `now` (monotonic seconds) and return 0.0, or return the seconds until that may work.

        An amount above the capacity passes when the bucket is full and leaves a debt.
        """
        self._refill(now)
        short = min(amount, self.capacity) - self._tokens
        if short > 1e-9:
            return short / self.rate
        self._tokens -= amount
        return 0.0

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._tokens = min(self.capacity, self._tokens + max(now - self._at, 0.0) * self.rate)
        self._at = now
