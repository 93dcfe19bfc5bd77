"""The journal of orders for venues, on the ledger: an intent is synced before this says so, events are inserted once.

It writes through the ledger's own queue, so that what is noted first is on disk first. What the account holds is written in the
transaction of the executions it follows from.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import aiosqlite

from core.errors import StoreError
from core.store.connection import Run, rows_of
from core.store.ledger_rows import Row
from core.store.order_rows import KeptOrder, OrderIntent, OrderNote, Page
from core.store.writer import Writer

_INTENT = "client_id, strategy_id, number, symbol, ts_ns, payload"
_INTEND = f"INSERT INTO order_intents({_INTENT}, state, settled) VALUES(?, ?, ?, ?, ?, ?, 'created', 0)"
_SAME = f"SELECT {_INTENT} FROM order_intents WHERE client_id = ? OR (strategy_id = ? AND number = ?)"
_EVENT = "INSERT OR IGNORE INTO order_events(client_id, n, ts_ns, kind, payload) VALUES(?, ?, ?, ?, ?)"
_STANDS = "UPDATE order_intents SET state = ?, settled = ? WHERE client_id = ?"
_HOLD = "INSERT INTO order_holdings(asset, qty) VALUES(?, ?) ON CONFLICT(asset) DO UPDATE SET qty = excluded.qty"
_FIND = "INSERT INTO order_findings(ts_ns, asset, text) VALUES(?, ?, ?)"
_MARK = "INSERT INTO order_marks(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"
_KEPT = "SELECT i.client_id, i.payload, e.payload FROM order_intents i LEFT JOIN order_events e USING(client_id)"

#: A command that tells an execution is named by the order and the venue's trade id, so that it can be told once only.
_UNTOLD = """SELECT DISTINCT client_id FROM order_events AS e WHERE kind = 'fill' AND NOT EXISTS (
    SELECT 1 FROM commands WHERE command_id = e.client_id || ':' || json_extract(e.payload, '$.trade_id'))"""
_TOLD = "SELECT command_id FROM commands WHERE command_id > ? AND command_id < ?"
_TELLINGS = "SELECT payload FROM commands WHERE kind = 'executed' AND json_extract(payload, '$.id') = ? ORDER BY rowid"
_SEEN = "SELECT strategy_id, max(coalesce(json_extract(payload, '$.order'), 0)) FROM order_intents GROUP BY strategy_id"


class OrderJournal:
    """Reads and writes orders, through the ledger's own queue of writes: `Ledger.order_journal`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def intend(self, intent: OrderIntent) -> None:
        await self._put(partial(_intend, intent=intent))

    def note(self, page: Page) -> asyncio.Future[None]:
        return self._put(partial(_note, page=page), len(page.notes) + len(page.holdings) + 1)

    async def unsettled(self) -> Sequence[KeptOrder]:
        return await self._kept("WHERE i.settled = 0", ())

    async def find(self, client_ids: Sequence[str]) -> Sequence[KeptOrder]:
        return await self._kept("WHERE i.client_id IN (SELECT value FROM json_each(?))", (json.dumps(list(client_ids)),))

    async def last_numbers(self) -> Mapping[str, int]:
        return dict(await self._ask("SELECT strategy_id, max(number) FROM order_intents GROUP BY strategy_id"))

    async def holdings(self) -> Mapping[str, str]:
        return dict(await self._ask("SELECT asset, qty FROM order_holdings"))

    async def marks(self) -> Mapping[str, str]:
        return dict(await self._ask("SELECT name, value FROM order_marks"))

    async def findings(self) -> list[tuple[int, str, str]]:
        """(ts_ns, asset, words) of what was found in the account that our orders do not explain, oldest first."""
        return await self._ask("SELECT ts_ns, asset, text FROM order_findings ORDER BY rowid")

    async def untold(self) -> list[str]:
        """Orders with executions that no strategy was told of by a command."""
        return [row[0] for row in await self._ask(_UNTOLD)]

    async def told(self, client_id: str) -> set[str]:
        """The executions of an order, by trade id, that a strategy was told of."""
        rows = await self._ask(_TOLD, (f"{client_id}:", f"{client_id};"))
        return {row[0][len(client_id) + 1 :] for row in rows}

    async def tellings(self, strategy_id: str) -> list[str]:
        """What a strategy was told of executions, as JSON, in that order."""
        return [row[0] for row in await self._ask(_TELLINGS, (strategy_id,))]

    async def orders_seen(self) -> Mapping[str, int]:
        """The highest number of each strategy's own that an intent bears."""
        return dict(await self._ask(_SEEN))

    async def _kept(self, where: str, values: Row) -> list[KeptOrder]:
        rows = await self._ask(f"{_KEPT} {where} ORDER BY i.rowid, e.n", values)
        found = []
        for (client_id, intent), events in groupby(rows, key=lambda row: row[:2]):
            found.append(KeptOrder(client_id, intent, tuple(event for _, _, event in events if event is not None)))
        return found

    def _put(self, run: Run, rows: int = 1) -> asyncio.Future[None]:
        return self._writer.put(run, rows).done

    async def _ask(self, query: str, values: Row = ()) -> list[Any]:
        found: list[Any] = await self._writer.put(partial(rows_of, query=query, values=values), 0).done
        return found


async def _intend(db: aiosqlite.Connection, intent: OrderIntent) -> None:
    there = await rows_of(db, _SAME, (intent.client_id, intent.strategy_id, intent.number))
    if not there:
        await db.execute_fetchall(_INTEND, intent)
    elif [tuple(row) for row in there] != [tuple(intent)]:
        raise StoreError(f"order {intent.client_id}, number {intent.number} of {intent.strategy_id}, is already intended with other values")


async def _note(db: aiosqlite.Connection, page: Page) -> None:
    for note in page.notes:
        async with db.execute(_EVENT, note[:5]) as cursor:
            if not cursor.rowcount:
                await _check_same(db, note)
        async with db.execute(_STANDS, (note.state, int(note.settled), note.client_id)) as cursor:
            if cursor.rowcount != 1:
                raise StoreError(f"order {note.client_id} was never intended")
    await db.executemany(_HOLD, list(page.holdings.items()))
    await db.executemany(_FIND, list(page.findings))
    await db.executemany(_MARK, list(page.marks.items()))


async def _check_same(db: aiosqlite.Connection, note: OrderNote) -> None:
    where = "SELECT client_id, n, ts_ns, kind, payload FROM order_events WHERE client_id = ? AND n = ?"
    (there,) = await rows_of(db, where, (note.client_id, note.n))
    if tuple(there) != note[:5]:
        raise StoreError(f"event {note.n} of order {note.client_id} is already noted with other values: {there[3]}, not {note.kind}")
