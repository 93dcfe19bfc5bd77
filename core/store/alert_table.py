"""The ledger's alerts: what was said and what people did about it, and how far the rules that say it have looked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from core.store import ledger_rows as rows_
from core.store.outbox import Post, put_alerts
from core.store.writer import Writer

_OPEN = "SELECT * FROM alerts WHERE state = 'open' ORDER BY rowid"
_NEWEST = "SELECT * FROM alerts ORDER BY ts_ns DESC, rowid DESC LIMIT ?"
_COMMANDS = "SELECT * FROM commands WHERE kind LIKE '%\\_alert' ESCAPE '\\' ORDER BY rowid"
_SEEN = "SELECT rule_id AS rule, max(CASE WHEN acked_ns > 0 THEN rowid ELSE 0 END) AS seen FROM alerts WHERE rule_id <> '' GROUP BY rule_id"
_UNSEEN = f"SELECT rule, count(*) AS times FROM alerts JOIN ({_SEEN}) ON rule_id = rule WHERE alerts.rowid > seen GROUP BY rule"


class AlertTable:
    """Reads and writes them, through the ledger's own queue of writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def put(
        self, alert_id: str, ts_ns: int, level: str, text: str, state: str, *, rule_id: str = "", acked_ns: int = 0, snoozed_ns: int = 0
    ) -> asyncio.Future[None]:
        """Note an alert, or that it changed (`state` open or closed; its time and its rule stay)."""
        return self.put_all([(alert_id, ts_ns, level, text, state, rule_id, acked_ns, snoozed_ns)], [])

    def put_all(self, rows: Sequence[rows_.Row], marks: Sequence[tuple[str, str]], posts: Sequence[Post] = ()) -> asyncio.Future[None]:
        """Note alerts, as the columns of `alerts`, how far rules have looked, as (name, JSON), and what may be to tell of these alerts
        outside, all or nothing.

        Of an alert, or a name, that is there the later one replaces the earlier.
        """
        run = partial(put_alerts, rows=rows, marks=marks, posts=posts)
        return self._writer.put(run, len(rows) + len(marks) + len(posts)).done

    async def open(self) -> list[dict[str, Any]]:
        """Those that are still open, oldest first."""
        return await self._ask(_OPEN)

    async def newest(self, count: int) -> list[dict[str, Any]]:
        """The newest first."""
        return await self._ask(_NEWEST, (count,))

    async def unseen_firings(self) -> dict[str, int]:
        """How often each rule has fired since somebody saw an alert of it."""
        return {row["rule"]: row["times"] for row in await self._ask(_UNSEEN)}

    async def commands(self) -> list[dict[str, Any]]:
        """Commands about alerts, in the order they were journalled."""
        return await self._ask(_COMMANDS)

    async def marks(self) -> dict[str, str]:
        """How far rules have looked: JSON by name."""
        return {row["name"]: row["payload"] for row in await self._ask("SELECT * FROM alert_marks")}

    async def _ask(self, query: str, values: rows_.Row = ()) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._writer.put(partial(rows_.dicts_of, query=query, values=values), 0).done
        return found
