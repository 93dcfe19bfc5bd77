"""What an account is made of, from the ledger: its executions a page at a time in the order they were written, funding, orders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from core.store.migrations import LEDGER
from core.store.schema import open_to_read

#: Rows read in one go.
PAGE = 4096

#: Of so many orders of a strategy some are those that work, of so many fills one is its last: legs may differ a little in time.
NEWEST = 64

#: The plus keeps SQLite from going by strategy.
_FILLS = """SELECT strategy_id, symbol, CASE side WHEN 'buy' THEN qty ELSE -qty END, price, fee, ts_ns, position FROM fills
    WHERE rowid > ? AND rowid <= ? AND +strategy_id IN (SELECT value FROM json_each(?)) ORDER BY rowid"""

_LAST = "SELECT fill_id FROM fills WHERE strategy_id = ? AND rowid <= ? ORDER BY ts_ns DESC, rowid DESC LIMIT ?"

_FUNDING = """SELECT strategy_id, symbol, paid, ts_ns FROM funding
    WHERE strategy_id IN (SELECT value FROM json_each(?)) ORDER BY rowid"""

#: An order's own executions lie between its decision and its last change.
_DONE = """(SELECT {} FROM fills f
    WHERE f.strategy_id = o.strategy_id AND f.ts_ns BETWEEN o.decided_ns AND o.ts_ns AND f.order_id = o.order_id) AS {}"""

_ORDERS = f"""SELECT order_id, strategy_id, symbol, state, reason, target, position, decided_ns, ts_ns, seq,
    {_DONE.format("coalesce(sum(f.qty), 0.0)", "filled")}, {_DONE.format("sum(f.qty * f.price) / sum(f.qty)", "average")},
    {_DONE.format("coalesce(sum(CASE f.side WHEN 'buy' THEN f.qty ELSE -f.qty END), 0.0)", "moved")} FROM orders o"""


FillRow: TypeAlias = tuple[str, str, float, float, float, int, float]


def newest_fill(path: Path) -> int:
    """The row of the newest fill, 0 while there is none.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return int(db.execute("SELECT coalesce(max(rowid), 0) FROM fills").fetchone()[0])


def fill_rows(path: Path, strategies: Iterable[str], after: int, through: int) -> list[FillRow]:
    """Fills of these strategies, of rows with `after < row <= through`, in the order they were written.

    Each is its strategy, symbol, quantity (signed), price, fee, time, and what the strategy holds of the symbol after it.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return db.execute(_FILLS, (after, through, json.dumps(list(strategies)))).fetchall()


def last_numbers(path: Path, strategies: Iterable[str], through: int) -> dict[str, int]:
    """The highest number of a fill (`ID:N`) of each of these strategies through a row, 0 where it has none.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    found = {}
    with open_to_read(path, LEDGER) as db:
        for strategy in strategies:
            rows = db.execute(_LAST, (strategy, through, NEWEST))
            found[strategy] = max((int(fill_id.rpartition(":")[2]) for (fill_id,) in rows), default=0)
    return found


def funding_rows(path: Path, strategies: Iterable[str]) -> list[tuple[str, str, float, int]]:
    """(strategy, symbol, paid, time) of what positions of these strategies paid, in the order it was written.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return db.execute(_FUNDING, (json.dumps(list(strategies)),)).fetchall()


def read_orders(path: Path, strategy: str | None = None, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Orders of one strategy or all, oldest first: state, what they were for and what became of it.

    `target` is the position an order leads to, `position` that after its last change, both signed; `qty` what it was for and `filled`
    what came of that, both without sign; `average` the price of what was filled, None of nothing.

    Args:
        newest: at most so many, the latest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    where, values = ("WHERE strategy_id = :strategy", {"strategy": strategy}) if strategy is not None else ("", {})
    query = f"{_ORDERS} {where} ORDER BY o.rowid DESC LIMIT :newest"
    with open_to_read(path, LEDGER) as db:
        rows = db.execute(query, {**values, "newest": -1 if newest is None else newest})
        names = [column[0] for column in rows.description]
        return [_order(dict(zip(names, row, strict=True))) for row in rows][::-1]


def open_orders(path: Path, strategies: Iterable[str]) -> list[dict[str, Any]]:
    """Of the newest orders of each of these strategies those that were not over when they were last heard of.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    newest = "SELECT rowid FROM orders WHERE strategy_id = ? ORDER BY ts_ns DESC LIMIT ?"
    query = f"{_ORDERS} WHERE o.state IN ('working', 'partly filled') AND o.rowid IN ({newest})"
    found = []
    with open_to_read(path, LEDGER) as db:
        for strategy in strategies:
            rows = db.execute(query, (strategy, NEWEST))
            names = [column[0] for column in rows.description]
            found += [_order(dict(zip(names, row, strict=True))) for row in rows]
    return found


def _order(row: dict[str, Any]) -> dict[str, Any]:
    """With its side and quantity: what leads from where it began to its target."""
    wanted = row["target"] - (row["position"] - row.pop("moved"))
    head = {name: row.pop(name) for name in ("order_id", "strategy_id", "symbol")}
    return head | {"side": "buy" if wanted > 0 else "sell", "qty": abs(wanted)} | row
