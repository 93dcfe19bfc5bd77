"""Whether the write-ahead log of a database that was not closed in order is whole.

SQLite takes a log up to its first frame that is not right and forgets the rest without a word. After a crash that is what must
happen: the last transaction was not finished. Where finished transactions follow, somebody damaged the log.

The format, and the checksum with its weights of Fibonacci numbers: https://www.sqlite.org/fileformat2.html, "The Write-Ahead Log".
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]  # of either byte order

_HEADER = 32
_FRAME_HEADER = 24
_MAGIC = 0x377F0682  # the last bit says that checksums are of big-endian words

#: Bytes looked at in one go.
_PIECE = 4 << 20


class Damage(NamedTuple):
    """What is wrong with a log.

    Attributes:
        what: in words.
        unsynced: a power cut explains it, where commits are not synced one by one.
    """

    what: str
    unsynced: bool


def find_damage(log: Path) -> Damage | None:
    """What is wrong with a log that the end of a process does not explain; None when nothing is."""
    try:
        return _damage(log)
    except FileNotFoundError:
        return None  # the last program that read it closed it meanwhile: all of it is in the database now


def _damage(log: Path) -> Damage | None:
    size = log.stat().st_size if log.exists() else 0
    if size < _HEADER:
        return None
    with log.open("rb") as file:
        header = file.read(_HEADER)
    if not any(header):
        return None  # the disk never got it
    words = np.frombuffer(header, ">u4")
    order = ">u4" if int(words[0]) & 1 else "<u4"
    page = int(words[2])
    start = _sum(np.frombuffer(header[:24], order)[None, :], np.zeros((1, 2), "u4"))
    if int(words[0]) | 1 != _MAGIC | 1 or page < 512 or page > 1 << 16 or page & (page - 1) or (start[0] != words[6:8]).any():
        return Damage("its log has no valid header", unsynced=False)
    broken = None
    count = (size - _HEADER) // (_FRAME_HEADER + page)
    step = max(_PIECE // page, 1)
    before = words[6:8].astype("u4")[None, :]
    for first in range(0, count, step):
        frames = np.memmap(log, _frame(page, order), "r", _HEADER + first * (_FRAME_HEADER + page), (min(step, count - first),))
        sums = np.stack((frames["sum"]["a"], frames["sum"]["b"]), axis=1).astype("u4")
        content = np.concatenate((frames["head"], frames["data"]), axis=1)
        right = (_sum(content, np.concatenate((before, sums[:-1]))) == sums).all(axis=1)
        ours = (frames["salt"] == words[4:6]).all(axis=1)
        finished = right & ours & (frames["head"].view(order).astype("u4") != 0)[:, 1]
        for n in np.flatnonzero(~right | ~ours | finished).tolist():
            if finished[n] and broken is not None:
                return Damage(f"frame {broken + 1} of its log is damaged, finished transactions follow it", unsynced=True)
            if not (right[n] and ours[n]) and broken is None:
                broken = first + n
        before = sums[-1:]
    return None


def _frame(page: int, order: str) -> np.dtype[np.void]:
    return np.dtype([("head", order, 2), ("salt", ">u4", 2), ("sum", [("a", ">u4"), ("b", ">u4")]), ("data", order, page // 4)])


def _sum(words: Words, start: Words) -> Words:
    """(n, 2) checksums of n rows of words, each from its own (n, 2) start: s0 += a + s1, s1 += b + s0 for each pair (a, b)."""
    weights, carry = _weights(words.shape[1] // 2)
    native = words.astype("u4")
    sums = [native @ weights[n] + start @ carry[n] for n in (0, 1)]  # a matrix of integers is multiplied a column at a time or slowly
    return np.stack(sums, axis=1)


@cache
def _weights(pairs: int) -> tuple[Words, Words]:
    """((2, 2 * pairs), (2, 2)): how often each word, and each start, is in both sums, modulo 2**32."""
    mask = (1 << 32) - 1
    a, b, x, y = (1, 1), (0, 1), (1, 0), (0, 1)
    rows = []
    for _ in range(pairs):
        rows += [b, a]
        a, b, x, y = (((s0 + s1) & mask, (s0 + 2 * s1) & mask) for s0, s1 in (a, b, x, y))
    return np.array(rows[::-1], "u4").T.copy(), np.array([x, y], "u4").T.copy()
