"""The ledger's desk: the sessions a person ran, the account's lever, and what was not ordered and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import aiosqlite

from core.store import ledger_rows as rows_
from core.store.ledger_rows import Relation, Row, checked
from core.store.writer import Writer

#: Blocks kept, of all strategies together.
BLOCKS_KEPT = 200_000

COURSES = Relation(
    "desk_sessions", ("session_id", "name", "state", "since_ns", "until_ns", "payload"), ("name", "state", "until_ns", "payload")
)
MARKS = Relation("desk_marks", ("name", "payload"), ("payload",))
BLOCKS = Relation("blocks", ("block_id", "strategy_id", "symbol", "reason", "detail", "qty", "price", "ts_ns", "seq"))

_NEWEST = "SELECT * FROM desk_sessions ORDER BY rowid DESC LIMIT 1"
_INSERT = f"INSERT INTO blocks({', '.join(BLOCKS.columns)}) VALUES({', '.join('?' * len(BLOCKS.columns))}) ON CONFLICT(block_id) DO NOTHING"


class DeskTable:
    """Reads and writes them, through the ledger's own queue of writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def put_session(self, row: Mapping[str, Any]) -> asyncio.Future[None]:
        """Note a session, or how it is now.

        Raises:
            StoreError: a column is missing or unknown.
        """
        return self._writer.put(partial(rows_.upsert, relation=COURSES, rows=[checked(COURSES, row)]), 1).done

    def mark(self, name: str, payload: str) -> asyncio.Future[None]:
        """Note something of which only the newest counts."""
        return self._writer.put(partial(rows_.upsert, relation=MARKS, rows=[(name, payload)]), 1).done

    def add_blocks(self, rows: Sequence[Mapping[str, Any]]) -> asyncio.Future[None]:
        """Note what was not ordered; one that is there already stays, the oldest of many go.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        values = [checked(BLOCKS, row) for row in rows]
        return self._writer.put(partial(_keep_blocks, rows=values), len(values)).done

    async def newest_session(self) -> dict[str, Any] | None:
        """The last session, whatever became of it."""
        found = await self._ask(_NEWEST)
        return found[0] if found else None

    async def marks(self) -> dict[str, str]:
        """What was noted last, by name."""
        return {row["name"]: row["payload"] for row in await self._ask("SELECT * FROM desk_marks")}

    async def newest_blocks(self, count: int) -> list[dict[str, Any]]:
        """What was not ordered, the newest first."""
        return await self._ask("SELECT * FROM blocks ORDER BY rowid DESC LIMIT ?", (count,))

    async def _ask(self, query: str, values: Row = ()) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._writer.put(partial(rows_.dicts_of, query=query, values=values), 0).done
        return found


async def _keep_blocks(db: aiosqlite.Connection, rows: Sequence[Row]) -> None:
    await db.executemany(_INSERT, rows)
    await db.execute("DELETE FROM blocks WHERE rowid <= (SELECT max(rowid) FROM blocks) - ?", (BLOCKS_KEPT,))
