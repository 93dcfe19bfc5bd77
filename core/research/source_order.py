"""Rows into the order a backtest sees them: by (time, id), each once, files merged; with memory bounded by a window.

The steps are generators over record arrays, so a file of any length streams through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.clock import iso
from core.errors import SourceError
from core.research.source_room import room, sized, with_size
from core.types import BAR, Records, join

#: Rows of a batch, and how far back a row may belong in a file that is read as a stream.
WINDOW = 1 << 18
#: Rows of a file written newest first, which must be held in memory to be turned round.
MOST_HELD = 30_000_000


#: Memory of a file that is read beside others, in its batches: one held, one that is looked at, one being parsed.
_AT_ONCE = 3


@dataclass(slots=True)
class Counts:
    """What was set right on the way."""

    rows: int = 0
    moved: int = 0
    dropped: int = 0
    turned: int = 0
    least_id: int = 2**63 - 1
    most_id: int = -1

    @property
    def missing_ids(self) -> int:
        """Ids between the least and the most that no row has."""
        return max(self.most_id - self.least_id + 1 - self.rows, 0) if self.rows else 0


def gather(blocks: Iterable[Records]) -> Iterator[Records]:
    """Small arrays joined to ones of a window's rows or a little more."""
    held: list[Records] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= WINDOW:
            yield join(held, block.dtype)
            held, count = [], 0
    if held:
        yield join(held, block.dtype)


def in_order(batches: Iterable[Records], counts: Counts, name: str) -> Iterator[Records]:
    """Rows sorted by (ts, id), where none is more than a batch late.

    Raises:
        SourceError: a row belongs further back than that.
    """
    held: Records | None = None
    released = -1
    for batch in batches:
        late = _late_rows(batch)
        if late or not _is_sorted(batch):
            batch = _sorted(batch)
        if held is not None:
            if _key(batch[0]) < _key(held[-1]):
                late = max(late, int((batch["ts"] < held["ts"][-1]).sum()))
                both = _sorted(join([held, batch], batch.dtype))
                held, batch = both[: len(held)], both[len(held) :]
            released = _release(held, released, name)
            yield held
        counts.moved += late
        held = batch
    if held is not None:
        _release(held, released, name)
        yield held


def _key(row: np.void) -> tuple[int, int]:
    return int(row["ts"]), int(row["id"])


def _release(batch: Records, released: int, name: str) -> int:
    """The time up to which rows are out once this batch is."""
    if int(batch["ts"][0]) < released:
        raise SourceError(f"{name}: rows are out of order by more than {WINDOW:,} rows: sort the file by time first")
    return int(batch["ts"][-1])


def turned(batches: Iterable[Records], counts: Counts, name: str, is_numbered: bool, file_bytes: int | None = None) -> Iterator[Records]:
    """A file written newest first, oldest first.

    Args:
        is_numbered: ids are row numbers, not the venue's: rows of one time keep the reversed order of the file.
        file_bytes: the file's size, where that is known.

    Raises:
        SourceError: more rows than may be held, with the size of the file.
    """
    held: list[Records] = []
    most = most_held()
    for batch in batches:
        held.append(batch[::-1])
        counts.turned += len(batch)
        if counts.turned > most:
            size = sized(3 * BAR.itemsize * most)
            raise SourceError(
                f"{with_size(name, file_bytes)}: newest rows first, and more than the {most:,} that {size} of memory hold: "
                "sort it oldest first"
            )
    if not held:
        return
    rows = join(held[::-1], held[0].dtype)
    if is_numbered:
        rows["id"] = np.arange(1, len(rows) + 1)
    yield _sorted(rows)


def most_held() -> int:
    """Rows that may be held to be turned round: joining and sorting them takes three times their memory."""
    return min(MOST_HELD, room() // (3 * BAR.itemsize))


def _late_rows(batch: Records) -> int:
    """How many rows are earlier than one above them."""
    ts = batch["ts"]
    return 0 if (ts[1:] >= ts[:-1]).all() else int((ts < np.maximum.accumulate(ts)).sum())


def _is_sorted(batch: Records) -> bool:
    ts, number = batch["ts"], batch["id"]
    return bool(((ts[1:] > ts[:-1]) | (number[1:] >= number[:-1])).all())


def _sorted(batch: Records) -> Records:
    return batch.take(np.lexsort((batch["id"], batch["ts"])))


def merged(firsts: Sequence[int], streams: Sequence[Callable[[], Iterator[Records]]]) -> Iterator[Records]:
    """Several ordered streams as one; each is opened only when the others have come to its first time (ns).

    Raises:
        SourceError: so many are of the same time that there is no memory to hold a batch of each.
    """
    waiting = sorted(zip(firsts, range(len(streams)), strict=True), reverse=True)
    active: list[tuple[Records, Iterator[Records]]] = []
    most = room()
    while waiting or active:
        limit = min((int(batch["ts"][-1]) for batch, _ in active), default=None)
        if waiting and (limit is None or waiting[-1][0] <= limit):
            stream = streams[waiting.pop()[1]]()
            _advance(active, stream)
            if (need := _AT_ONCE * sum(batch.nbytes for batch, _ in active)) > most and len(active) > 1:
                raise SourceError(
                    f"{len(active):,} files or more are of the same time; to merge them would take {sized(need)} of memory, "
                    f"and {sized(most)} may be taken here: name fewer of them"
                )
        elif len(active) == 1:
            batch, stream = active.pop()
            yield batch
            _advance(active, stream)
        elif limit is not None:
            yield from _step(active, limit)


def _advance(active: list[tuple[Records, Iterator[Records]]], stream: Iterator[Records]) -> None:
    batch = next(stream, None)
    if batch is not None:
        active.append((batch, stream))


def _step(active: list[tuple[Records, Iterator[Records]]], limit: int) -> Iterator[Records]:
    """Release what lies up to `limit`, the first end of a batch; a stream may continue at that very time."""
    ready: list[Records] = []
    rest: list[tuple[Records, Iterator[Records]]] = []
    for batch, stream in active:
        while int(batch["ts"][-1]) <= limit:
            ready.append(batch)
            following = next(stream, None)
            if following is None:
                break
            batch = following
        else:
            cut = int(np.searchsorted(batch["ts"], limit, side="right"))
            ready.append(batch[:cut])
            rest.append((batch[cut:], stream))
    active[:] = rest
    yield _sorted(join(ready, ready[0].dtype))


def once(batches: Iterable[Records], counts: Counts, is_bars: bool, name: str) -> Iterator[Records]:
    """Rows that repeat an id dropped; the range of the ids kept.

    Raises:
        SourceError: two rows of one id that differ.
    """
    last: Records | None = None
    for batch in batches:
        number = batch["id"]
        fresh = batch
        if not (number[1:] > number[:-1]).all() or (last is not None and number[0] <= last["id"][0]):
            fresh = _first_of_each(batch, last, is_bars, name)
            counts.dropped += len(batch) - len(fresh)
        if len(fresh):
            counts.rows += len(fresh)
            counts.least_id = min(counts.least_id, int(fresh["id"].min()))
            counts.most_id = max(counts.most_id, int(fresh["id"].max()))
            last = fresh[-1:].copy()
            yield fresh


def _first_of_each(batch: Records, last: Records | None, is_bars: bool, name: str) -> Records:
    """The rows of a batch whose id neither `last` nor a row above has."""
    rows = batch if last is None else join([last, batch], batch.dtype)
    _, first, which = np.unique(rows["id"], return_index=True, return_inverse=True)
    _refuse_different(rows, first[which], is_bars, name)
    is_new = np.zeros(len(rows), np.bool_)
    is_new[first] = True
    return rows.compress(is_new) if last is None else rows[1:].compress(is_new[1:])


def _refuse_different(rows: Records, first: np.ndarray[tuple[int], np.dtype[np.intp]], is_bars: bool, name: str) -> None:
    fields = ["ts", "price", "qty", "open", "high", "low"] if is_bars else ["ts", "price", "qty"]
    same = np.logical_and.reduce([rows[field] == rows[field][first] for field in fields])
    if same.all():
        return
    row = rows[int(np.argmin(same))]
    if is_bars:
        raise SourceError(f"{name}: two different bars open at {iso(int(row['start']))}")
    raise SourceError(f"{name}: trade id {int(row['id'])} comes twice with different values")
