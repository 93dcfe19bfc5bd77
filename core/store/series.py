"""The tape's own numbers for symbol and stream, and the way from a process's symbol indexes to them."""

from __future__ import annotations

from collections.abc import Iterable

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from core.store.connection import rows_of
from core.types import Records, Symbols

#: (series, the highest id a chunk of it holds) of those that have chunks: the last to begin is the last to end.
SEALED_TO = """SELECT s.series, c.last_id FROM series s JOIN chunks c USING(symbol, stream)
    WHERE c.first_id = (SELECT max(first_id) FROM chunks e WHERE e.symbol = s.symbol AND e.stream = s.stream)"""


class SeriesTable:
    """Numbers of (symbol, stream), as stored in the relation `series`, with new ones given as they are met."""

    def __init__(self, symbols: Symbols, stored: Iterable[tuple[int, str, str]]) -> None:
        self._symbols = symbols
        self._numbers = {(symbol, stream): number for number, symbol, stream in stored}
        self._next = max(self._numbers.values(), default=0) + 1
        self._by_index: dict[str, NDArray[np.int64]] = {}

    def of(self, ticks: Records, stream: str) -> tuple[NDArray[np.int64], list[tuple[int, str, str]]]:
        """((n,) the series of each tick, rows of `series` that are new).

        Raises:
            IndexError: a tick's symbol is not in the process's table.
        """
        known = self._by_index.get(stream)
        if known is None:
            known = self._by_index[stream] = np.zeros(0, "i8")
        indexes = ticks["symbol"]
        low, high = int(indexes.min()), int(indexes.max())
        if low < 0 or high >= len(self._symbols):
            raise IndexError(f"no symbol has the index {low if low < 0 else high}")
        if high >= len(known):
            known = self._by_index[stream] = np.concatenate((known, np.zeros(high + 1 - len(known), "i8")))
        numbers: NDArray[np.int64] = known[indexes]
        if numbers.all():
            return numbers, []
        new = []
        for index in sorted(set(indexes[numbers == 0].tolist())):
            name = self._symbols.names[index]
            if (name, stream) not in self._numbers:
                self._numbers[name, stream] = self._next
                new.append((self._next, name, stream))
                self._next += 1
            known[index] = self._numbers[name, stream]
        return known[indexes], new


async def last_ids(db: aiosqlite.Connection, stream: str) -> dict[str, int]:
    """The highest id on the tape of each symbol that has any in this stream."""
    rows = await rows_of(
        db,
        """SELECT symbol, max((SELECT coalesce(max(id), -1) FROM tick_rows t WHERE t.series = s.series),
            coalesce((SELECT last_id FROM chunks c WHERE c.symbol = s.symbol AND c.stream = s.stream ORDER BY first_id DESC LIMIT 1), -1))
        FROM series s WHERE stream = ?""",
        (stream,),
    )
    return {symbol: last for symbol, last in rows if last >= 0}
