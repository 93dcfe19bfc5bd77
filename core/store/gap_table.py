"""Reading and changing the table of gaps inside a transaction."""

from __future__ import annotations

from collections.abc import Callable

import aiosqlite

from core.store.connection import rows_of
from core.store.gaps import Gap, GapState

Change = Callable[[list[Gap]], list[Gap]]


async def list_gaps(db: aiosqlite.Connection, state: GapState | None = None) -> list[Gap]:
    """All gaps, or those in one state, by symbol, stream and id."""
    where, values = ("WHERE state = ?", (state,)) if state else ("", ())
    rows = await rows_of(db, f"SELECT * FROM gaps {where} ORDER BY symbol, stream, from_id", values)
    return [Gap(*row) for row in rows]


async def change_gaps(db: aiosqlite.Connection, symbol: str, stream: str, from_id: int, to_id: int, change: Change) -> None:
    """Replace the rows that overlap or adjoin a range of ids by what `change` makes of them."""
    near = await rows_of(
        db,
        "SELECT * FROM gaps WHERE symbol = ? AND stream = ? AND from_id <= ? AND to_id >= ? ORDER BY from_id",
        (symbol, stream, to_id + 1, from_id - 1),
    )
    before = [Gap(*row) for row in near]
    after = change(before)
    gone = [(gap.symbol, gap.stream, gap.from_id) for gap in before if gap not in after]
    await db.executemany("DELETE FROM gaps WHERE symbol = ? AND stream = ? AND from_id = ?", gone)
    await db.executemany("INSERT INTO gaps VALUES(?, ?, ?, ?, ?, ?, ?, ?)", [gap for gap in after if gap not in before])
