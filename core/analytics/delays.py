"""Quantiles of delays of any number of prints, to within 2 %, in a histogram of a fixed size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bounds of the classes: from 1 µs to 12 days, each 4 % above the one before; the same below 0, and what is nearer to 0 is one class.
_ABOVE = 1e3 * 1.04 ** np.arange(720)
_BOUNDS = np.concatenate((-_ABOVE[::-1], _ABOVE))

QUANTILES = (0.01, 0.5, 0.9, 0.99, 0.999)


class Delays:
    """Receive time minus venue time."""

    def __init__(self) -> None:
        self._classes = np.zeros(len(_BOUNDS) + 1, np.int64)
        self._least, self._most, self._negative = 1 << 62, -(1 << 62), 0

    def take(self, delays: NDArray[np.int64]) -> None:
        """Some more, ns."""
        if len(delays):
            self._classes += np.bincount(np.searchsorted(_BOUNDS, delays), minlength=len(self._classes))
            self._least, self._most = min(self._least, int(delays.min())), max(self._most, int(delays.max()))
            self._negative += int((delays < 0).sum())

    def figures(self) -> dict[str, Any] | None:
        """`count`, `negative` (venue times ahead of ours), and in ms `min`, `p1`, `p50`, `p90`, `p99`, `p99.9`, `max`; None without any."""
        count = int(self._classes.sum())
        if not count:
            return None
        upto = np.cumsum(self._classes)
        middles = np.concatenate(([_BOUNDS[0]], (_BOUNDS[1:] + _BOUNDS[:-1]) / 2, [_BOUNDS[-1]]))
        found: dict[str, Any] = {"count": count, "negative": self._negative, "min": self._least / 1e6}
        for share in QUANTILES:
            middle = float(middles[int(np.searchsorted(upto, share * count))])
            found[f"p{100 * share:g}"] = round(min(max(middle, self._least), self._most) / 1e6, 4)
        return found | {"max": self._most / 1e6}
