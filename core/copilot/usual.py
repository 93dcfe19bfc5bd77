"""What is usual of a figure that never stands still: the median of its five-minute means over some hours."""

from __future__ import annotations

from collections import deque
from statistics import median

#: Length of a stretch, s, how many are kept, and how many there must be before anything is called usual: 6 h, half an hour.
STRETCH_S, KEPT, LEAST = 300.0, 72, 6


class Usual:
    """Figures come in as they are; times are monotonic seconds.

    Attributes:
        usual: the median of the closed stretches' means; None before there are enough.
    """

    def __init__(self) -> None:
        self.usual: float | None = None
        self._means: deque[float] = deque(maxlen=KEPT)
        self._sum, self._count, self._begun = 0.0, 0, float("-inf")
        self._recent: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def put(self, at: float, value: float) -> None:
        """Take one more."""
        if at - self._begun >= STRETCH_S:
            if self._count:
                self._means.append(self._sum / self._count)
                self.usual = median(self._means) if len(self._means) >= LEAST else None
            self._sum, self._count, self._begun = 0.0, 0, at
        self._sum, self._count = self._sum + value, self._count + 1
        self._recent.append((at, value))
        self._total += value
        while at - self._recent[0][0] > STRETCH_S:
            self._total -= self._recent.popleft()[1]

    @property
    def now(self) -> float | None:
        """The mean of the last five minutes; None while it is made of less than ten figures."""
        return max(0.0, self._total / len(self._recent)) if len(self._recent) >= 10 else None
