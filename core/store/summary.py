"""Sums over both databases, for a screen or a digest: read-only, from any thread, each call its own connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from core.store.migrations import LEDGER, TAPE
from core.store.schema import open_to_read


class Done(NamedTuple):
    """What one strategy did: fills, and in quote currency what they realised and cost."""

    strategy_id: str
    fills: int
    realised: float
    fees: float


def gap_totals(path: Path, since_ns: int | None = None) -> dict[str, list[int]]:
    """[rows, ids] of the tape's gaps by state: open, filled, lost, and quarantined (lost because of what the print said).

    Args:
        since_ns: those that are open, or that end at this venue time or later.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT CASE WHEN state = 'lost' AND cause = 'quarantined' THEN cause ELSE state END AS kind,
            count(*), sum(to_id - from_id + 1)
        FROM gaps WHERE :since IS NULL OR state = 'open' OR coalesce(to_ns, from_ns, 0) >= :since GROUP BY kind"""
    with open_to_read(path, TAPE) as db:
        return {str(state): [rows, ids] for state, rows, ids in db.execute(query, {"since": since_ns})}


def sealed_ticks(path: Path) -> int:
    """How many of the tape's ticks lie in chunks.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        return int((db.execute("SELECT value FROM meta WHERE key = 'sealed'").fetchone() or (0,))[0])


def fills_since(path: Path, *, seq: int = 0, ts_ns: int = 0) -> list[Done]:
    """What each strategy did on ticks after `seq` and from the venue time `ts_ns` on; strategies without a fill are left out.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT strategy_id, count(*), sum(realised), sum(fee) FROM fills
        WHERE seq > ? AND ts_ns >= ? GROUP BY strategy_id ORDER BY strategy_id"""
    with open_to_read(path, LEDGER) as db:
        return [Done(*row) for row in db.execute(query, (seq, ts_ns))]


class BarFills(NamedTuple):
    """Fills of one side within one bar: how many, and the newest of them. `mine`: of the strategy that was asked for."""

    start_ns: int
    side: str
    mine: bool
    fills: int
    ts_ns: int
    strategy_id: str
    qty: float
    price: float
    realised: float


def fills_by_bar(path: Path, symbol: str, length_ns: int, *, since_ns: int, mine: str, most: int) -> list[BarFills]:
    """Fills of a symbol from a venue time on, gathered by bars of a length, oldest first.

    Args:
        mine: those of this strategy are gathered by themselves.
        most: so many rows at most, the newest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    # Strategy by strategy, because that is how fills are indexed: what is older than the span is never read.
    query = """WITH RECURSIVE who(id) AS (
            SELECT min(strategy_id) FROM fills UNION ALL
            SELECT (SELECT min(strategy_id) FROM fills WHERE strategy_id > id) FROM who WHERE id IS NOT NULL)
        SELECT ts_ns / :length * :length AS start, side, strategy_id = :mine AS own, count(*), max(ts_ns), strategy_id, qty, price, realised
        FROM who CROSS JOIN fills ON strategy_id = who.id AND ts_ns >= :since WHERE symbol = :symbol
        GROUP BY start, side, own ORDER BY start DESC, ts_ns DESC LIMIT :most"""
    values = {"length": length_ns, "mine": mine, "since": since_ns, "symbol": symbol, "most": most}
    with open_to_read(path, LEDGER) as db:
        rows = db.execute(query, values).fetchall()
    return [BarFills(start, side, bool(own), *rest) for start, side, own, *rest in reversed(rows)]


def alerts_since(path: Path, ts_ns: int, worst: int) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many alerts were raised from `ts_ns` on by level, and the worst of them: critical before warning, then the newest.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        counts = dict(db.execute("SELECT level, count(*) FROM alerts WHERE ts_ns >= ? GROUP BY level", (ts_ns,)))
        rows = db.execute(
            """SELECT ts_ns, level, text, state = 'open' FROM alerts WHERE ts_ns >= ? AND level <> 'info'
                ORDER BY level = 'critical' DESC, ts_ns DESC LIMIT ?""",
            (ts_ns, worst),
        )
        return counts, [{"ts_ns": ts, "level": level, "text": text, "open": bool(state)} for ts, level, text, state in rows]


def failures_since(path: Path, ts_ns: int) -> list[tuple[int, str]]:
    """(ts_ns, payload) of the strategies that failed from `ts_ns` on, oldest first.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return list(db.execute("SELECT ts_ns, payload FROM commands WHERE kind = 'failed' AND ts_ns >= ? ORDER BY rowid", (ts_ns,)))


def restarts_since(path: Path, ts_ns: int) -> tuple[int, int]:
    """(sessions started after `ts_ns` besides the first ever, how many of them began where the one before had not ended in order).

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT count(*), coalesce(sum(killed), 0) FROM
        (SELECT started_ns, lag(ended_ns IS NULL) OVER (ORDER BY rowid) AS killed FROM sessions)
        WHERE started_ns > ? AND killed IS NOT NULL"""
    with open_to_read(path, LEDGER) as db:
        started, killed = db.execute(query, (ts_ns,)).fetchone()
        return int(started), int(killed)
