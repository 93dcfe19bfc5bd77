"""Several series of ticks as one, by time or as delivered, in batches: of each only what is needed at the moment is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.types import TICK, Records, join


def merged(series: Sequence[Iterator[Records]], kind: np.dtype[Any] = TICK, by: str = "ts") -> Iterator[Records]:
    """Ticks, or records of another kind, by (ts, place of their series, order within it); each series is in order of `ts`, or of `by`."""
    if len(series) == 1:
        yield from series[0]
        return
    held: list[Records] = [np.empty(0, kind) for _ in series]
    open_ = [True] * len(series)
    while True:
        for number, source in enumerate(series):
            if open_[number] and not len(held[number]):
                open_[number] = _more(source, number, held, kind)
        if not any(map(len, held)):
            return
        # What comes next of an open series is not before its last tick here: what is before the earliest of these is settled.
        last = min((int(held[number][by][-1]) for number in range(len(series)) if open_[number]), default=None)
        cuts = [len(part) if last is None else int(np.searchsorted(part[by], last)) for part in held]
        if not any(cuts):
            for number, source in enumerate(series):
                if open_[number] and int(held[number][by][-1]) == last:
                    open_[number] = _more(source, number, held, kind)
            continue
        ready = join([part[:cut] for part, cut in zip(held, cuts, strict=True)], kind)
        held = [part[cut:] for part, cut in zip(held, cuts, strict=True)]
        ready = ready.take(np.argsort(ready[by], kind="stable"))  # the other is not to be kept while this one is played
        yield ready


def _more(source: Iterator[Records], number: int, held: list[Records], kind: np.dtype[Any]) -> bool:
    """Read on in a series; False at its end."""
    batch = next(source, None)
    if batch is None:
        return False
    held[number] = join([held[number], batch], kind) if len(held[number]) else batch
    return True
