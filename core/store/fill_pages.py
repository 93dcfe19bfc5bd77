"""The ledger's fills a page at a time, each a short query of its own, so that a long read keeps nothing from the writer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.store.ledger_rows import FILLS
from core.store.migrations import LEDGER
from core.store.schema import open_to_read

_PAGE = 1 << 14

#: Times beyond every fill's.
_EVER = 1 << 62

_QUERY = f"""SELECT rowid, {", ".join(FILLS.columns)} FROM fills
    WHERE (seq, rowid) > (:seq, :row) AND rowid <= :newest AND ts_ns >= :start AND ts_ns < :stop
        AND (:strategy IS NULL OR strategy_id = :strategy) AND (:symbol IS NULL OR symbol = :symbol)
    ORDER BY seq, rowid LIMIT :page"""


def fill_symbols(path: Path) -> list[str]:
    """The symbols there are fills of.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return [symbol for (symbol,) in db.execute("SELECT DISTINCT symbol FROM fills ORDER BY symbol")]


def fill_strategies(path: Path, strategy: str) -> list[str] | None:
    """The strategies there are fills of; None where this one is known: it has fills, orders or saved states.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    known = " OR ".join(f"EXISTS(SELECT 1 FROM {table} WHERE strategy_id = ?1)" for table in ("fills", "orders", "snapshots"))
    with open_to_read(path, LEDGER) as db:
        if db.execute(f"SELECT {known}", (strategy,)).fetchone()[0]:
            return None
        return [id_ for (id_,) in db.execute("SELECT DISTINCT strategy_id FROM fills ORDER BY strategy_id")]


def fill_pages(
    path: Path, *, strategy: str | None = None, symbol: str | None = None, from_ns: int | None = None, to_ns: int | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """The columns of `FILLS` of every fill there was when it began, in the order they happened.

    Args:
        strategy, symbol: of this one only.
        from_ns, to_ns: with `from_ns <= ts < to_ns`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        ((newest,),) = db.execute("SELECT coalesce(max(rowid), 0) FROM fills").fetchall()
        wanted: dict[str, Any] = {"strategy": strategy, "symbol": symbol, "newest": newest, "seq": -1, "row": -1, "page": _PAGE}
        wanted |= {"start": -1 if from_ns is None else from_ns, "stop": _EVER if to_ns is None else to_ns}
        while rows := db.execute(_QUERY, wanted).fetchall():
            yield [row[1:] for row in rows]
            wanted["row"], wanted["seq"] = rows[-1][0], rows[-1][1 + FILLS.columns.index("seq")]


def count_fills_of(path: Path, strategy: str | None, symbol: str | None) -> int:
    """How many fills there are of a strategy or all, of a symbol or all.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = "SELECT count(*) FROM fills WHERE (?1 IS NULL OR strategy_id = ?1) AND (?2 IS NULL OR symbol = ?2)"
    with open_to_read(path, LEDGER) as db:
        return int(db.execute(query, (strategy, symbol)).fetchone()[0])
