"""The ledger's advice: what the copilot said and what came of it, and until when nobody wants to hear of something."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from core.store import ledger_rows as rows_
from core.store.ledger_rows import checked
from core.store.writer import Writer

_NEWEST = "SELECT * FROM advice WHERE ended_ns = 0 OR rowid > (SELECT coalesce(max(rowid), 0) FROM advice) - ? ORDER BY rowid DESC"
_SCORES = "SELECT rule, sum(outcome = 'hit') AS hits, count(*) AS n FROM advice WHERE outcome IN ('hit', 'miss') GROUP BY rule"
_LAST = "SELECT coalesce(max(CAST(substr(advice_id, 8) AS INTEGER)), 0) AS number FROM advice"


class AdviceTable:
    """Reads and writes advice, through the ledger's own queue of writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def put(self, rows: Sequence[Mapping[str, Any]]) -> asyncio.Future[None]:
        """Note advice, as mappings of the columns of `advice`; a later row of an id changes all but its rule, subject and beginning.

        Raises:
            StoreError: a column is missing or unknown.
        """
        values = [checked(rows_.ADVICE, row) for row in rows]
        return self._writer.put(partial(rows_.upsert, relation=rows_.ADVICE, rows=values), len(values)).done

    def mute(self, name: str, until_ns: int) -> asyncio.Future[None]:
        """Note until when nothing is said of something."""
        return self._writer.put(partial(rows_.upsert, relation=rows_.MUTES, rows=[(name, until_ns)]), 1).done

    async def newest(self, count: int) -> list[dict[str, Any]]:
        """Advice that lasts, and the newest of the rest, the newest first."""
        return await self._ask(_NEWEST, (count,))

    async def scores(self) -> dict[str, tuple[int, int]]:
        """By rule: how often its advice was right, and how often that could be told."""
        return {row["rule"]: (int(row["hits"]), int(row["n"])) for row in await self._ask(_SCORES)}

    async def last_number(self) -> int:
        """The highest number of an `advice-N`, 0 when there is none."""
        return int((await self._ask(_LAST))[0]["number"])

    async def mutes(self) -> dict[str, int]:
        """Until when nothing is said, by name."""
        return {row["name"]: row["until_ns"] for row in await self._ask("SELECT * FROM advice_mutes")}

    async def _ask(self, query: str, values: rows_.Row = ()) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._writer.put(partial(rows_.dicts_of, query=query, values=values), 0).done
        return found
