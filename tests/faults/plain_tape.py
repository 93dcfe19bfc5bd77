"""A tape whose old ticks are sealed, as one of rows alone: what a test asks with plain SQL is then about all of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.store.chunk import unpack
from core.store.tick_rows import TickRows


@contextmanager
def plain_tape(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy in memory of a tape as it is now, its chunks laid out as rows; a tick that would be there twice fails."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db, closing(sqlite3.connect(":memory:")) as copy:
        db.backup(copy)
        numbers = {(symbol, stream): number for number, symbol, stream in copy.execute("SELECT series, symbol, stream FROM series")}
        rows = copy.execute("SELECT count(*) FROM tick_rows").fetchone()[0]
        for symbol, stream, count, data in copy.execute("SELECT symbol, stream, count, data FROM chunks").fetchall():
            ticks = unpack(data)
            assert len(ticks) == count
            packed = TickRows([ticks], [np.full(count, numbers[symbol, stream])])
            for statement, values in packed.statements():
                copy.executemany(statement, values)
            rows += count
        assert copy.execute("SELECT count(*) FROM tick_rows").fetchone()[0] == rows, "a tick is in both tiers, or in two chunks"
        copy.execute("DELETE FROM chunks")
        yield copy


def plainly(path: Path, query: str, *values: Any) -> list[Any]:
    """What a query finds in all of a tape."""
    with plain_tape(path) as db:
        return db.execute(query, values).fetchall()
