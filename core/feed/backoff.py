"""How long to wait before trying again: exponential with full jitter, so a thousand clients do not come back at once.

Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (the variant named full jitter).
"""

from __future__ import annotations

import random


class Backoff:
    """Delays that grow with each failure in a row; the first is at most `base` seconds."""

    def __init__(self, base: float = 0.5, cap: float = 30.0, rng: random.Random | None = None) -> None:
        self.base = base
        self.cap = cap
        self.attempts = 0
        self._rng = rng or random.Random()

    def next(self, retry_after: float = 0.0) -> float:
        """Seconds to wait after one more failure, never less than the `retry_after` a venue asked for."""
        ceiling = min(self.cap, self.base * 2.0 ** min(self.attempts, 60))
        self.attempts += 1
        return max(self._rng.uniform(0.0, ceiling), retry_after)

    def reset(self) -> None:
        """It worked: the next failure is the first again."""
        self.attempts = 0
