"""Prints of a venue's history on their way to the tape: what it has already is left as it is, holes are listed, gaps closed.

A tape's promise is that every id between its first and its last is there or listed. So a hole has to be listed only where an import
makes the range of ids longer: beyond its end, or before its beginning. Inside it, whatever is missing is listed already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError, StoreError
from core.store.arrivals import NOT_IMPORTED, arrive
from core.store.connection import Run
from core.store.gap_table import change_gaps
from core.store.held import held, id_range
from core.store.tape import Tape
from core.store.tick_rows import why_unfit
from core.types import Origin, Records

#: Prints that are queued at once: a transaction of the tape.
PIECE = 20_000

#: A full disk or a lock is waited for so long, in seconds.
PATIENCE_S = 30.0

#: More holes than this in one file are no holes of a recording: something was taken out of it.
MOST_HOLES = 10_000


@dataclass
class Counts:
    """What became of the prints of one series so far.

    Attributes:
        rows: prints read.
        new: those that the tape did not have.
        there: those that it had.
        different: of these, the ones that it has with another price or quantity; they stay as they are.
        closed: ids that were listed as missing from a recording, and came.
    """

    rows: int = 0
    new: int = 0
    there: int = 0
    different: int = 0
    closed: int = 0


class Listed(NamedTuple):
    """Ids that the tape lists as missing; `is_ours`: only because an import left them out."""

    from_id: int
    to_id: int
    is_ours: bool


class Intake:
    """One series of a tape that prints are imported into.

    Args:
        index: the symbol in the process's table, as prints carry it.
        dense: its ids go up by one, so a missing one is a missing print.

    Attributes:
        counts: since it was made.
    """

    def __init__(self, tape: Tape, symbol: str, index: int, stream: str, dense: bool) -> None:
        self.counts = Counts()
        self.symbol, self.stream = symbol, stream
        self._tape, self._index, self._dense = tape, index, dense
        self._range: tuple[int, int] | None = None
        self._gaps: list[Listed] = []
        self._holes = 0

    async def open(self) -> None:
        """Look at what the tape holds, after all that was queued."""
        await self._tape.flush()
        self._range = await asyncio.to_thread(id_range, self._tape.path, self.symbol, self.stream)
        listed = [gap for gap in await self._tape.gaps() if (gap.symbol, gap.stream) == (self.symbol, self.stream)]
        self._gaps = [Listed(gap.from_id, gap.to_id, gap.cause == NOT_IMPORTED) for gap in listed if gap.state != "filled"]
        self._holes = 0

    async def take(self, ticks: Records) -> None:
        """Put prints on the tape that may be there already, in any order of ids.

        Raises:
            SourceError: one has a value that no tape may hold, or they have so many holes that this is no recording; none was taken.
            StoreError: the tape cannot be written.
        """
        ticks = _as_import(ticks, self._index)
        if unfit := why_unfit(ticks):
            raise SourceError(unfit)
        there = await asyncio.to_thread(held, self._tape.path, self.symbol, self.stream, ticks["id"])
        new = ticks.compress(~np.isin(ticks["id"], there["id"])) if len(there) else ticks
        self.counts.different += _differing(ticks, there)
        self.counts.there += len(ticks) - len(new)
        if len(new):
            self._list_holes(new)
            await self.write(new)
            self._close_gaps(new["id"])
            self.counts.new += len(new)
        self.counts.rows += len(ticks)

    async def write(self, ticks: Records) -> None:
        """Prints that are not on the tape, by id, on their way to it."""
        for start in range(0, len(ticks), PIECE):
            await self._patiently(self._tape.wait_room)
            self._tape.append(ticks[start : start + PIECE], self.stream)

    async def close(self) -> None:
        """Return when all of it is committed.

        Raises:
            StoreError: it cannot be.
        """
        await self._patiently(self._tape.flush)

    async def _patiently(self, what: Callable[[], Awaitable[None]]) -> None:
        """Wait for the tape, but not for ever where something keeps it from being written.

        Raises:
            StoreError: something does, and did not pass.
        """
        while True:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await what()
            except TimeoutError:
                if trouble := self._tape.trouble:
                    raise StoreError(f"{self._tape.path} is {trouble}") from None

    def _list_holes(self, new: Records) -> None:
        """List what is missing where these ids make the range longer, before the prints beyond it are queued."""
        ids = new["id"]
        first, last = int(ids[0]), int(ids[-1])
        low, high = self._range or (first, first - 1)
        self._range = (min(first, low), max(last, high))
        if not self._dense:
            return
        above = ids[ids > high]
        below = ids[ids < low]
        for edge in (np.append(below, low) if len(below) else below, np.append(high, above) if len(above) else above):
            for at in np.flatnonzero(np.diff(edge) > 1).tolist():
                self._hole(new, int(edge[at]) + 1, int(edge[at + 1]) - 1)

    def _hole(self, new: Records, from_id: int, to_id: int) -> None:
        self._holes += 1
        if self._holes > MOST_HOLES:
            raise SourceError(f"more than {MOST_HOLES:,} holes between its ids: prints were taken out of it, or these are no trade ids")
        at = int(np.searchsorted(new["id"], to_id))
        # Beside what was there before, nothing was recorded: that has no times, and is shown as such.
        before, after = (int(new["ts"][at - 1]), int(new["ts"][at])) if 0 < at < len(new) else (None, None)
        self._tape.record_gap(self.symbol, self.stream, from_id, to_id, from_ns=before, to_ns=after, state="lost", cause=NOT_IMPORTED)
        self._gaps.append(Listed(from_id, to_id, True))

    def _close_gaps(self, ids: NDArray[np.int64]) -> None:
        """Take these ids out of what is listed, after their prints were queued."""
        for first, last, was_ours in self._listed(ids):
            self._tape.change(self._arrival(first, last), 0)
            self.counts.closed += 0 if was_ours else last - first + 1

    def _arrival(self, first: int, last: int) -> Run:
        change = partial(arrive, from_id=first, to_id=last)
        return partial(change_gaps, symbol=self.symbol, stream=self.stream, from_id=first, to_id=last, change=change)

    def _listed(self, ids: NDArray[np.int64]) -> Iterator[Listed]:
        """Runs of these ids that lie in a listed gap; the gaps are shortened by them."""
        left: list[Listed] = []
        for from_id, to_id, is_ours in self._gaps:
            mine = ids[np.searchsorted(ids, from_id) : np.searchsorted(ids, to_id, side="right")]
            if not len(mine):
                left.append(Listed(from_id, to_id, is_ours))
                continue
            cuts = np.flatnonzero(np.diff(mine) > 1) + 1
            after = from_id
            for run in np.split(mine, cuts):
                first, last = int(run[0]), int(run[-1])
                if first > after:
                    left.append(Listed(after, first - 1, is_ours))
                after = last + 1
                yield Listed(first, last, is_ours)
            if after <= to_id:
                left.append(Listed(after, to_id, is_ours))
        self._gaps = left


def _as_import(ticks: Records, index: int) -> Records:
    """The same prints by id, as an import puts them on a tape: never delivered, and received when they were made."""
    ids = ticks["id"]
    ticks = ticks.copy() if bool((np.diff(ids) > 0).all()) else ticks.take(np.argsort(ids, kind="stable"))
    ticks["recv"] = ticks["ts"]
    ticks["seq"] = 0
    ticks["leg"] = 0
    ticks["symbol"] = index
    ticks["origin"] = Origin.IMPORT
    return ticks


def _differing(ticks: Records, there: Records) -> int:
    """How many prints of the tape say something else than those of the same id here."""
    if not len(there):
        return 0
    mine = ticks.take(np.searchsorted(ticks["id"], there["id"]))
    return int(((mine["price"] != there["price"]) | (mine["qty"] != there["qty"])).sum())
