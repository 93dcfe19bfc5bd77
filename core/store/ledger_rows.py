"""What may be written into the ledger's relations, and how: each row checked, then inserted once or brought up to date."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import aiosqlite
import numpy as np

from core.errors import StoreError
from core.store.connection import rows_of
from core.types import DAY

#: Snapshots kept of a strategy, besides those it started from and the first of each day.
SNAPSHOTS_KEPT = 3

#: Signals kept, of all strategies together.
SIGNALS_KEPT = 200_000

Row = tuple[Any, ...]


class Relation(NamedTuple):
    """A relation of the ledger: its name, its columns (the first one is the key), and those that a later row may change."""

    name: str
    columns: tuple[str, ...]
    changing: tuple[str, ...] = ()


COMMANDS = Relation("commands", ("command_id", "ts_ns", "actor", "kind", "payload"))
FILLS = Relation(
    "fills",
    (
        "fill_id", "strategy_id", "symbol", "side", "qty", "price", "fee", "realised", "position", "ts_ns", "seq", "tick_id",
        "order_id", "mode",
    ),
)  # fmt: skip
ORDERS = Relation(
    "orders",
    (
        "order_id",
        "strategy_id",
        "symbol",
        "state",
        "target",
        "position",
        "decided_ns",
        "seq",
        "reason",
        "ts_ns",
        "kind",
        "qty",
        "limit_price",
    ),
    ("state", "position", "seq", "reason", "ts_ns"),
)
SIGNALS = Relation(
    "signals",
    (
        "signal_id", "strategy_id", "symbol", "side", "target", "before", "confidence", "reason", "price", "position", "ts_ns", "seq",
        "outcome", "metadata",
    ),
)  # fmt: skip
HEARD = Relation(
    "heard",
    ("source", "symbol", "side", "confidence", "reason", "metadata", "price", "latency_ns", "ts_ns", "until_ns", "seq", "told"),
)
FUNDING = Relation("funding", ("funding_id", "strategy_id", "symbol", "paid", "position", "price", "ts_ns", "seq"))
SNAPSHOTS = Relation("snapshots", ("strategy_id", "seq", "ts_ns", "layout_hash", "source_hash", "state", "payload"))
ALERTS = Relation(
    "alerts",
    ("alert_id", "ts_ns", "level", "text", "state", "rule_id", "acked_ns", "snoozed_ns"),
    ("level", "text", "state", "acked_ns", "snoozed_ns"),
)
MARKS = Relation("alert_marks", ("name", "payload"), ("payload",))
ADVICE = Relation(
    "advice",
    ("advice_id", "rule", "subject", "raised_ns", "seen_ns", "ended_ns", "urgency", "text", "evidence", "action", "outcome", "figures"),
    ("seen_ns", "ended_ns", "urgency", "text", "evidence", "action", "outcome", "figures"),
)
MUTES = Relation("advice_mutes", ("name", "until_ns"), ("until_ns",))
RUNS = Relation("runs", ("run_id", "ts_ns", "kind", "strategy", "source", "params", "result"))
SOURCES = Relation("sources", ("hash", "name", "text"))
SESSIONS = Relation("sessions", ("session_id", "started_ns", "mode", "first_seq", "fingerprint"))


def checked(relation: Relation, row: Mapping[str, Any]) -> Row:
    """The row's values in the order of the relation's columns, as plain Python.

    Raises:
        StoreError: a column is missing or unknown, or a number is not finite.
    """
    if row.keys() != set(relation.columns):
        wrong = ", ".join(sorted(row.keys() ^ set(relation.columns)))
        raise StoreError(f"a row of {relation.name} has exactly its columns, but not: {wrong}")
    values = tuple(value.item() if isinstance(value, np.generic) else value for value in map(row.__getitem__, relation.columns))
    for column, value in zip(relation.columns, values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise StoreError(f"{column} {value} of {values[0]} is not a number that {relation.name} may hold")
    return values


async def insert_once(db: aiosqlite.Connection, relation: Relation, rows: Sequence[Row]) -> None:
    """Insert rows by key; one that is there already must be the same in every column.

    Raises:
        StoreError: one differs from what is there; nothing was inserted.
    """
    key, columns = relation.columns[0], ", ".join(relation.columns)
    ids = json.dumps([row[0] for row in rows])
    there = await rows_of(db, f"SELECT {columns} FROM {relation.name} WHERE {key} IN (SELECT value FROM json_each(?))", (ids,))
    known = {row[0]: row for row in there}
    fresh = []
    for row in rows:
        if known.setdefault(row[0], row) is row:
            fresh.append(row)
        elif known[row[0]] != row:
            raise StoreError(f"{relation.name} already holds {row[0]} with other values: {_difference(relation, known[row[0]], row)}")
    await insert(db, relation, fresh)


async def insert(db: aiosqlite.Connection, relation: Relation, rows: Sequence[Row]) -> None:
    """Insert rows as they are."""
    await db.executemany(_insert(relation), rows)


async def keep_signals(db: aiosqlite.Connection, rows: Sequence[Row]) -> None:
    """Insert signals, but those that are there already, and drop the oldest beyond those kept."""
    await db.executemany(f"{_insert(SIGNALS)} ON CONFLICT(signal_id) DO NOTHING", rows)
    await db.execute("DELETE FROM signals WHERE rowid <= (SELECT max(rowid) FROM signals) - ?", (SIGNALS_KEPT,))


async def keep_funding(db: aiosqlite.Connection, rows: Sequence[Row]) -> None:
    """Insert what positions paid, but what is there already: a boundary is paid once."""
    await db.executemany(f"{_insert(FUNDING)} ON CONFLICT(funding_id) DO NOTHING", rows)


async def upsert(db: aiosqlite.Connection, relation: Relation, rows: Sequence[Row]) -> None:
    """Insert rows by key, or change the columns that may change."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in relation.changing)
    await db.executemany(f"{_insert(relation)} ON CONFLICT({relation.columns[0]}) DO UPDATE SET {changes}", rows)


async def update(db: aiosqlite.Connection, statement: str, values: Row, missing: str) -> None:
    """Change one row.

    Raises:
        StoreError: there is none; `missing` says so.
    """
    async with db.execute(statement, values) as cursor:
        if cursor.rowcount != 1:
            raise StoreError(missing)


async def keep_snapshot(db: aiosqlite.Connection, row: Row) -> None:
    """Insert a snapshot and drop the oldest of its strategy beyond those kept.

    What a strategy started from (its payload has `start`) stays for ever: an audit begins there. So does the first of each UTC day: an
    audit begins at one of them once the ticks before it are gone.
    """
    await insert(db, SNAPSHOTS, [row])
    passing = "FROM snapshots WHERE strategy_id = ?1 AND json_extract(payload, '$.start') IS NULL"
    await db.execute(
        f"""DELETE FROM snapshots WHERE rowid IN (SELECT rowid {passing} ORDER BY rowid DESC LIMIT -1 OFFSET ?2)
            AND rowid NOT IN (SELECT min(rowid) {passing} GROUP BY ts_ns / {DAY})""",
        (row[0], SNAPSHOTS_KEPT),
    )


async def dicts_of(db: aiosqlite.Connection, query: str, values: Row = ()) -> list[dict[str, Any]]:
    """All rows of a query by column name."""
    async with db.execute(query, values) as cursor:
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _insert(relation: Relation) -> str:
    marks = ", ".join("?" * len(relation.columns))
    return f"INSERT INTO {relation.name}({', '.join(relation.columns)}) VALUES({marks})"


def _difference(relation: Relation, stored: Row, given: Row) -> str:
    pairs = zip(relation.columns, stored, given, strict=True)
    return ", ".join(f"{column} {old!r} there, {new!r} given" for column, old, new in pairs if old != new)
