"""Proof of what a tape holds, from the ticks themselves; deep: of every page of the file and every checksum too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StoreError
from core.store.failures import found_words
from core.store.gaps import Gap
from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.sealing import chunk_facts
from core.store.tape_stats import SeriesStats, read_gaps, tape_stats
from core.store.tiers import Chunk, Series, all_series, opened


@dataclass
class Proof:
    """What was found.

    Attributes:
        series: what there is of each symbol and stream.
        gaps: what the tape says it lacks.
        damage: what is wrong with the file or its chunks, a line each; where there is any, `series` may be empty.
    """

    series: list[SeriesStats] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    def ok(self, dense: Callable[[str], bool]) -> bool:
        """Whether nothing is damaged, twice, or missing without being listed, of symbols whose ids are dense."""
        return not self.damage and not any(one.duplicates or (one.missing and dense(one.symbol)) for one in self.series)


def verify(path: Path, *, deep: bool = False, told: Callable[[int], None] = lambda _ticks: None) -> Proof:
    """Read the whole tape.

    Args:
        deep: also check every page of the file, and each chunk's columns against the ticks in it.
        told: called with the ticks read so far.

    Raises:
        StoreError: the file is missing, of another version, or cannot be read at all.
    """
    proof = Proof()
    with open_to_read(path, TAPE) as db:
        if deep:
            proof.damage += [found_words(line) for (line,) in db.execute("PRAGMA integrity_check(20)") if line != "ok"]
            for series in all_series(db):
                proof.damage += _wrong_chunks(db, series)
    if not proof.damage:
        try:
            proof.series = tape_stats(path, told)
        except StoreError as error:
            proof.damage.append(str(error))
    proof.gaps = read_gaps(path)
    return proof


def _wrong_chunks(db: sqlite3.Connection, series: Series) -> list[str]:
    """What is wrong with the chunks of a series: they open, say what is in them, and follow each other."""
    wrong = []
    last = None
    names = (series.symbol, series.stream)
    for (first,) in db.execute("SELECT first_id FROM chunks WHERE symbol = ? AND stream = ? ORDER BY first_id", names).fetchall():
        (row,) = db.execute("SELECT * FROM chunks WHERE symbol = ? AND stream = ? AND first_id = ?", (*names, first)).fetchall()
        where = f"the chunk of {series.symbol} {series.stream} from id {first}"
        try:
            ticks = opened(series, Chunk(row[2], row[3], row[9], row[10]))
        except StoreError as error:
            wrong.append(str(error))
            continue
        if chunk_facts(series, ticks) != row[:9]:
            wrong.append(f"{where} does not hold what its row says")
        if last is not None and first <= last:
            wrong.append(f"{where} overlaps the one before it")
        last = row[3]
    return wrong
