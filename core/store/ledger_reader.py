"""Reading the ledger from any process, while the engine writes or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def read_alerts(path: Path, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Alerts, oldest first, as the columns of `alerts`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM alerts ORDER BY ts_ns DESC, rowid DESC LIMIT :newest", {"newest": _limit(newest)})[::-1]


def read_commands(path: Path) -> list[dict[str, Any]]:
    """Commands in the order they were journalled, as the columns of `commands`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    return _dicts(path, "SELECT * FROM commands ORDER BY rowid", {})


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


def _dicts(path: Path, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with open_to_read(path, LEDGER) as db:
        rows = db.execute(query, values)
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


def _limit(newest: int | None) -> int:
    """SQLite's LIMIT; -1 is none."""
    return -1 if newest is None else newest
