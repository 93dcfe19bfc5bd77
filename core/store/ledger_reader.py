"""Reading the ledger from any process, while the engine writes or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from core.store.ledger_rows import FILLS, SNAPSHOTS
from core.store.migrations import LEDGER
from core.store.schema import open_to_read


def read_fills(path: Path, strategy: str | None = None, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Fills of one strategy or all, oldest first, as the columns of `fills`.

    Args:
        newest: at most so many, the latest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    where, values = ("WHERE strategy_id = :strategy", {"strategy": strategy}) if strategy is not None else ("", {})
    rows = _dicts(
        path, f"SELECT * FROM fills {where} ORDER BY ts_ns DESC, seq DESC, rowid DESC LIMIT :newest", {**values, "newest": _limit(newest)}
    )
    return rows[::-1]


def read_orders(path: Path, strategy: str | None = None, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Orders of one strategy or all, those that were decided last at the end, as the columns of `orders`; and by their fills `filled`, in
    base currency, and `average`, what they were paid, None before the first.

    Args:
        newest: at most so many, the latest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    where, values = ("WHERE strategy_id = :strategy", {"strategy": strategy}) if strategy is not None else ("", {})
    query = f"""SELECT o.*,
            coalesce((SELECT sum(qty) FROM fills f WHERE f.order_id = o.order_id), 0.0) AS filled,
            (SELECT sum(qty * price) / sum(qty) FROM fills f WHERE f.order_id = o.order_id) AS average
        FROM orders o {where} ORDER BY decided_ns DESC, rowid DESC LIMIT :newest"""
    return _dicts(path, query, {**values, "newest": _limit(newest)})[::-1]


def read_signals(path: Path, strategy: str | None = None, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Signals of one strategy or all, oldest first, as the columns of `signals`, with `metadata` as it was before it became JSON.

    Args:
        newest: at most so many, the latest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    where, values = ("WHERE strategy_id = :strategy", {"strategy": strategy}) if strategy is not None else ("", {})
    query = f"SELECT * FROM signals {where} ORDER BY ts_ns DESC, seq DESC, rowid DESC LIMIT :newest"
    rows = _dicts(path, query, {**values, "newest": _limit(newest)})[::-1]
    return [row | {"metadata": json.loads(row["metadata"])} for row in rows]


def read_until(path: Path, table: Literal["fills", "signals"], strategy: str, until_ns: int, newest: int) -> list[dict[str, Any]]:
    """The latest rows of a strategy with `ts_ns <= until_ns`, oldest first.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = f"""SELECT * FROM {table} WHERE strategy_id = :strategy AND ts_ns <= :until
        ORDER BY ts_ns DESC, seq DESC, rowid DESC LIMIT :newest"""
    return _dicts(path, query, {"strategy": strategy, "until": until_ns, "newest": newest})[::-1]


def read_alerts(path: Path, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Alerts, oldest first, as the columns of `alerts`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM alerts ORDER BY ts_ns DESC, rowid DESC LIMIT :newest", {"newest": _limit(newest)})[::-1]


def read_days(path: Path, strategy: str) -> dict[int, float]:
    """Equity of a strategy at the end of each UTC day it traded on, by that midnight, ascending.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    rows = _dicts(path, "SELECT ts_ns, equity FROM equity WHERE strategy_id = :strategy ORDER BY ts_ns", {"strategy": strategy})
    return {row["ts_ns"]: row["equity"] for row in rows}


def newest_commands(path: Path, count: int) -> list[dict[str, Any]]:
    """The last commands that were journalled, oldest first, but for what a venue did with orders.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(
        path, "SELECT * FROM commands WHERE kind NOT IN ('executed', 'unplaced') ORDER BY rowid DESC LIMIT :count", {"count": count}
    )[::-1]


def read_commands(path: Path) -> list[dict[str, Any]]:
    """Commands in the order they were journalled, as the columns of `commands`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM commands ORDER BY rowid", {})


def read_runs(path: Path) -> list[dict[str, Any]]:
    """Backtests and studies ever made in this home, oldest first, as the columns of `runs`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM runs ORDER BY rowid", {})


def read_sessions(path: Path) -> list[dict[str, Any]]:
    """Sessions, oldest first, as the columns of `sessions`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM sessions ORDER BY rowid", {})


def read_source(path: Path, hash: str) -> str | None:
    """The source of a strategy that was stored under this hash; None when it was not.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    found = _dicts(path, "SELECT text FROM sources WHERE hash = :hash", {"hash": hash})
    return str(found[0]["text"]) if found else None


def read_snapshots(path: Path, strategy: str | None = None, *, states: bool = True) -> list[dict[str, Any]]:
    """Snapshots of one strategy or all in the order they were added, as the columns of `snapshots` and its `rowid`.

    Args:
        states: False leaves out the column `state`; see `read_state`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    columns = ", ".join(column for column in SNAPSHOTS.columns if states or column != "state")
    where, values = ("WHERE strategy_id = :strategy", {"strategy": strategy}) if strategy is not None else ("", {})
    return _dicts(path, f"SELECT rowid, {columns} FROM snapshots {where} ORDER BY rowid", values)


def read_state(path: Path, rowid: int) -> bytes | None:
    """The state of one snapshot; None when it was dropped since.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    found = _dicts(path, "SELECT state FROM snapshots WHERE rowid = :rowid", {"rowid": rowid})
    return bytes(found[0]["state"]) if found else None


def read_fills_between(path: Path, after: int, through: int, strategy: str | None = None) -> list[tuple[Any, ...]]:
    """The columns of `FILLS` of every fill with `after < seq <= through`, of one strategy or all, by seq.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    only, values = (" AND strategy_id = ?", (strategy,)) if strategy is not None else ("", ())
    query = f"SELECT {', '.join(FILLS.columns)} FROM fills WHERE seq > ? AND seq <= ?{only} ORDER BY seq, rowid"
    with open_to_read(path, LEDGER) as db:
        return db.execute(query, (after, through, *values)).fetchall()


def find_fills(path: Path, ids: Iterable[str]) -> list[tuple[Any, ...]]:
    """The columns of `FILLS` of those of these fills that there are.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = f"SELECT {', '.join(FILLS.columns)} FROM fills WHERE fill_id IN (SELECT value FROM json_each(?))"
    with open_to_read(path, LEDGER) as db:
        return db.execute(query, (json.dumps(list(ids)),)).fetchall()


def count_fills(path: Path) -> dict[str, tuple[int, int, int]]:
    """By strategy: how many fills, and the lowest and highest seq of them.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        rows = db.execute("SELECT strategy_id, count(*), min(seq), max(seq) FROM fills GROUP BY strategy_id ORDER BY min(rowid)")
        return {strategy: (count, first, last) for strategy, count, first, last in rows}


def first_fills(path: Path) -> dict[str, int]:
    """By symbol, the lowest seq of a fill.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return dict(db.execute("SELECT symbol, min(seq) FROM fills GROUP BY symbol").fetchall())


def _dicts(path: Path, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with open_to_read(path, LEDGER) as db:
        rows = db.execute(query, values)
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


def _limit(newest: int | None) -> int:
    """SQLite's LIMIT; -1 is none."""
    return -1 if newest is None else newest
