"""The ledger's writer: commands, fills, orders, snapshots and the rest, in the order they were said, fsynced before answered.

Every writing method queues at once and returns a future that is done when the write is on disk; who only cares that the
order holds need not wait for it. Times are int64 ns UTC, texts named `payload`, `params`, `result` and `fingerprint` JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from core.store import ledger_rows as rows_
from core.store.advice import AdviceTable
from core.store.alert_table import AlertTable
from core.store.connection import Run, WriteConnection
from core.store.desk_table import DeskTable
from core.store.heard import HeardTable
from core.store.ledger_rows import Relation, checked
from core.store.migrations import LEDGER
from core.store.order_journal import OrderJournal
from core.store.outbox import Outbox
from core.store.writer import Writer
from core.store.written_file import WrittenFile

Done: TypeAlias = "asyncio.Future[None]"

_TOOK_EFFECT = "UPDATE commands SET after_seq = ? WHERE command_id = ?"
_END_SESSION = "UPDATE sessions SET ended_ns = ? WHERE session_id = ?"
_MARK = "INSERT INTO equity VALUES(?, ?, ?) ON CONFLICT(strategy_id, ts_ns) DO UPDATE SET equity = excluded.equity"


class Ledger(WrittenFile):
    """Writes from a queue of its own, first in, first out; made by `open`, used by one event loop.

    Attributes:
        alerts: what was said, and how far rules have looked.
        outbox: what is to be told of alerts outside.
        advice: what the copilot said.
        desk: sessions, the account's lever, blocks.
        order_journal: orders for venues.
        heard: what sources beyond the tape said.
    """

    def __init__(self, connection: WriteConnection) -> None:
        super().__init__(connection, Writer(connection))
        self.alerts = AlertTable(self._writer)
        self.outbox = Outbox(self._writer)
        self.advice = AdviceTable(self._writer)
        self.desk = DeskTable(self._writer)
        self.order_journal = OrderJournal(self._writer)
        self.heard = HeardTable(self._writer)

    @classmethod
    async def open(cls, path: Path) -> Ledger:
        """Open the file to write, made or brought to our version where needed.

        Raises:
            StoreError: it is damaged, newer than us, or cannot be written.
        """
        return cls(await WriteConnection.open(path, LEDGER, synchronous="FULL"))

    @property
    def backlog(self) -> int:
        """Writes not yet committed."""
        return self._writer.backlog

    async def wait_committed(self) -> None:
        """Return when everything said before this call is on disk.

        Raises:
            StoreError: some write was refused, now or before.
        """
        await self._writer.flush()

    def journal(self, command_id: str, ts_ns: int, actor: str, kind: str, payload: str) -> Done:
        """Note a command before it acts. The same command again changes nothing; another one of its id is refused."""
        return self._once(rows_.COMMANDS, [dict(command_id=command_id, ts_ns=ts_ns, actor=actor, kind=kind, payload=payload)])

    def took_effect(self, command_id: str, after_seq: int) -> Done:
        """Note the tick after which a command acted. An unknown command is refused."""
        return self._update(_TOOK_EFFECT, (after_seq, command_id), f"no command {command_id} was journalled")

    def add_fills(self, rows: Sequence[Mapping[str, Any]]) -> Done:
        """Note fills, as mappings of the columns of `fills`, all or none. The same fill again changes nothing.

        The future raises StoreError, naming the fill, when one differs from what its id stands for already: the loop
        did not do again what it did before, and nothing should go on.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        return self._once(rows_.FILLS, rows)

    def add_signals(self, rows: Sequence[Mapping[str, Any]]) -> Done:
        """Note targets that changed, as mappings of the columns of `signals`; one that is there already stays, the oldest of many go.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        values = [checked(rows_.SIGNALS, row) for row in rows]
        return self._put(partial(rows_.keep_signals, rows=values), len(values))

    def add_funding(self, rows: Sequence[Mapping[str, Any]]) -> Done:
        """Note what positions paid (below 0 were paid), as mappings of the columns of `funding`; what is there already stays.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        values = [checked(rows_.FUNDING, row) for row in rows]
        return self._put(partial(rows_.keep_funding, rows=values), len(values))

    def put_orders(self, rows: Sequence[Mapping[str, Any]]) -> Done:
        """Note orders, as mappings of the columns of `orders`; a later row of an id changes all but its target and decision.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        values = [checked(rows_.ORDERS, row) for row in rows]
        return self._put(partial(rows_.upsert, relation=rows_.ORDERS, rows=values), len(values))

    def add_snapshot(
        self, strategy_id: str, seq: int, ts_ns: int, *, layout_hash: str, source_hash: str, state: bytes, payload: str = "{}"
    ) -> Done:
        """Note all that changes while a strategy runs, as it is after the tick `seq`; the newest three of each are kept, and
        those whose payload has `start`."""
        return self._put(partial(rows_.keep_snapshot, row=(strategy_id, seq, ts_ns, layout_hash, source_hash, bytes(state), payload)))

    def add_run(self, run_id: str, ts_ns: int, *, kind: str, strategy: str, source: str, params: str, result: str) -> Done:
        """Note a backtest or one trial of a search."""
        row = dict(run_id=run_id, ts_ns=ts_ns, kind=kind, strategy=strategy, source=source, params=params, result=result)
        return self._once(rows_.RUNS, [row])

    def add_source(self, hash: str, name: str, text: str) -> Done:
        """Keep the source of a strategy, once."""
        return self._once(rows_.SOURCES, [dict(hash=hash, name=name, text=text)])

    def start_session(self, session_id: str, started_ns: int, *, mode: str, first_seq: int, fingerprint: str) -> Done:
        """Note that an engine started; `first_seq` is the first one it may give."""
        row = dict(session_id=session_id, started_ns=started_ns, mode=mode, first_seq=first_seq, fingerprint=fingerprint)
        return self._once(rows_.SESSIONS, [row])

    def end_session(self, session_id: str, ended_ns: int) -> Done:
        """Note that it ended in order. An unknown session is refused."""
        return self._update(_END_SESSION, (ended_ns, session_id), f"no session {session_id} was started")

    def mark_equity(self, marks: Sequence[tuple[str, int, float]]) -> Done:
        """Note (strategy_id, ts_ns, equity); a later mark of a strategy and time replaces the earlier."""
        relation = Relation("equity", ("strategy_id", "ts_ns", "equity"))
        rows = [checked(relation, dict(zip(relation.columns, mark, strict=True))) for mark in marks]
        return self._put(lambda db: db.executemany(_MARK, rows), len(rows))

    async def commands(self) -> list[dict[str, Any]]:
        """All commands in the order they were journalled."""
        return await self._ask("SELECT * FROM commands ORDER BY rowid")

    async def snapshots(self) -> list[dict[str, Any]]:
        """The newest snapshot of each strategy."""
        return await self._ask("SELECT * FROM snapshots WHERE rowid IN (SELECT max(rowid) FROM snapshots GROUP BY strategy_id)")

    async def open_sessions(self) -> list[dict[str, Any]]:
        """Sessions that never ended in order, oldest first."""
        return await self._ask("SELECT * FROM sessions WHERE ended_ns IS NULL ORDER BY rowid")

    async def fills(self, strategy_id: str | None = None) -> list[dict[str, Any]]:
        """Fills of one strategy or all, in the order they were added."""
        where, values = ("WHERE strategy_id = ?", (strategy_id,)) if strategy_id is not None else ("", ())
        return await self._ask(f"SELECT * FROM fills {where} ORDER BY rowid", values)

    async def count_fills(self, strategy_id: str) -> int:
        """How many fills a strategy has."""
        return int((await self._ask("SELECT count(*) AS fills FROM fills WHERE strategy_id = ?", (strategy_id,)))[0]["fills"])

    async def last_order(self, strategy_id: str) -> int:
        """The highest number of an order of this strategy (`ID:oN`), 0 when it gave none."""
        number = "CAST(substr(order_id, length(strategy_id) + 3) AS INTEGER)"
        query = f"SELECT coalesce(max({number}), 0) AS number FROM {{}} WHERE strategy_id = ?"
        found = [await self._ask(query.format(table), (strategy_id,)) for table in ("orders", "fills")]
        return max(int(rows[0]["number"]) for rows in found)

    async def runs(self, newest: int) -> list[dict[str, Any]]:
        """The newest runs, oldest first."""
        return (await self._ask("SELECT * FROM runs ORDER BY rowid DESC LIMIT ?", (newest,)))[::-1]

    async def count_runs(self) -> tuple[int, int]:
        """(how many runs there are, the highest number of a `run-N`)."""
        query = "SELECT count(*) AS total, coalesce(max(CAST(substr(run_id, 5) AS INTEGER)), 0) AS number FROM runs"
        found = await self._ask(f"{query} WHERE run_id LIKE 'run-%'")
        return int(found[0]["total"]), int(found[0]["number"])

    async def last_seq(self) -> int:
        """The highest seq any row refers to, 0 when none does: the tape, less strictly synced, must not fall behind it."""
        found = await self._ask(
            """SELECT max((SELECT coalesce(max(seq), 0) FROM fills), (SELECT coalesce(max(after_seq), 0) FROM commands),
                (SELECT coalesce(max(seq), 0) FROM orders), (SELECT coalesce(max(seq), 0) FROM snapshots),
                (SELECT coalesce(max(seq), 0) FROM heard)) AS seq"""
        )
        return int(found[0]["seq"])

    def _once(self, relation: Relation, rows: Sequence[Mapping[str, Any]]) -> Done:
        values = [checked(relation, row) for row in rows]
        return self._put(partial(rows_.insert_once, relation=relation, rows=values), len(values))

    def _update(self, statement: str, values: rows_.Row, missing: str) -> Done:
        return self._put(partial(rows_.update, statement=statement, values=values, missing=missing))

    def _put(self, run: Run, rows: int = 1) -> Done:
        return self._writer.put(run, rows).done

    async def _ask(self, query: str, values: rows_.Row = ()) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._writer.put(partial(rows_.dicts_of, query=query, values=values), 0).done
        return found
