"""Ticks that come again, or late, once their neighbours are sealed: those a chunk holds already are left out before rows are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from core.store.chunk import unpack
from core.store.connection import rows_of
from core.types import Records

Numbers = NDArray[np.int64]

#: The chunks that span some ids; those of a series never overlap.
_CHUNKS = """SELECT c.last_id, c.data FROM series s JOIN chunks c USING(symbol, stream)
    WHERE s.series = ?1 AND c.last_id >= ?2 AND c.first_id <= ?3 AND c.first_id >= coalesce((SELECT max(first_id) FROM chunks e
        WHERE e.symbol = s.symbol AND e.stream = s.stream AND e.first_id <= ?2), ?2)
    ORDER BY c.first_id LIMIT 1"""


async def unsealed(
    db: aiosqlite.Connection, parts: Sequence[Records], series: Sequence[Numbers], sealed: Mapping[int, int]
) -> tuple[list[Records], list[Numbers]]:
    """The ticks, and their series, that no chunk holds.

    Args:
        sealed: the highest id any chunk of a series holds; ticks beyond it are not looked up.

    Raises:
        StoreError: a chunk is damaged.
    """
    kept_parts, kept_series = [], []
    for ticks, numbers in zip(parts, series, strict=True):
        known = np.zeros(len(ticks), bool)
        for number in np.unique(numbers).tolist() if sealed else ():
            asked = np.flatnonzero((numbers == number) & (ticks["id"] <= sealed.get(number, -1)))
            if len(asked):
                known[asked] = await _held(db, number, ticks["id"].take(asked))
        kept_parts.append(ticks.compress(~known) if known.any() else ticks)
        kept_series.append(numbers.compress(~known) if known.any() else numbers)
    return kept_parts, kept_series


async def _held(db: aiosqlite.Connection, series: int, ids: Numbers) -> NDArray[np.bool_]:
    """Whether each of these ids is in a chunk."""
    held = np.zeros(len(ids), bool)
    low, high = int(ids.min()), int(ids.max())
    while low <= high:
        found = await rows_of(db, _CHUNKS, (series, low, high))
        if not found:
            break
        ((last, data),) = found
        held |= np.isin(ids, unpack(data)["id"])
        beyond = ids[ids > last]
        low = int(beyond.min()) if len(beyond) else high + 1
    return held
