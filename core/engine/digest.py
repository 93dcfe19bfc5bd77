"""What happened since a moment: fills and P&L, alerts, gaps, restarts, failures. Asked for by whoever comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from core.engine.presence import Moment, Presence, unrealised, worker_restarts
from core.store import summary

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Alerts that are told in words.
WORST = 6

#: A strategy that was just taken up tells its figures within this, else they count as not known.
PATIENCE_S = 3.0


async def digest(engine: Engine, presence: Presence, since_ns: int | None = None) -> dict[str, Any]:
    """What happened since the last viewer left, or since a time of the engine's clock.

    Times are int64 ns UTC, money in quote currency, None not known. Without a viewer before, `from_ns` is 0 and all else nothing.
    What open positions gained (`unrealised_change`) is known only since a viewer left: at other times nobody noted it. `unrealised` is what
    they stand at now, at the last price, since they were opened.
    """
    left = presence.left if since_ns is None else None
    start = since_ns if since_ns is not None else left.ts_ns if left is not None else None
    with contextlib.suppress(TimeoutError):  # fills and open positions as of the same tick, where workers keep up
        await asyncio.wait_for(engine.answers.catch_up(), PATIENCE_S)
    equity, capital = engine.roster.equity()
    found: dict[str, Any] = {
        "since": "asked" if since_ns is not None else "nobody" if left is None else "last seen" if left.watched else "detached",
        "from_ns": start or 0,
        "until_ns": engine.clock.now_ns(),
        "arrived_ns": presence.arrived_ns,
        "equity": equity,
        "capital": capital,
        "worker_restarts": _worker_restarts(engine, left),
    }
    if start is None:
        start = engine.clock.now_ns()
    with contextlib.suppress(TimeoutError):  # a disk that takes nothing is told of elsewhere
        await asyncio.wait_for(engine.settler.drain(), PATIENCE_S)
    sums = await asyncio.to_thread(_sums, engine, start, left)
    found |= sums
    now = unrealised(engine)
    change = now - left.unrealised if left is not None and left.unrealised is not None and now is not None else None
    found["unrealised"] = now
    found["unrealised_change"] = change
    found["pnl_change"] = None if change is None else change + sums["realised"] - sums["fees"]
    return found


def _worker_restarts(engine: Engine, left: Moment | None) -> int:
    """Of this engine's workers since then; those of engines that were killed in between are among the alerts."""
    before = left.worker_restarts if left is not None and left.session_ns == engine.started_ns else 0
    return worker_restarts(engine) - before


def _sums(engine: Engine, start: int, left: Moment | None) -> dict[str, Any]:
    """From both databases. Fills are told apart by seq where that is known: their times are the venue's, which a replay shifts."""
    ledger = engine.home / "ledger.db"
    done = summary.fills_since(ledger, seq=left.seq) if left is not None else summary.fills_since(ledger, ts_ns=start)
    counts, worst = summary.alerts_since(ledger, start, WORST)
    restarts, killed = summary.restarts_since(ledger, start)
    gaps = summary.gap_totals(engine.home / "tape.db", start)
    failed = [(ts_ns, json.loads(payload)) for ts_ns, payload in summary.failures_since(ledger, start)]
    return {
        "fills": sum(row.fills for row in done),
        "by_strategy": {row.strategy_id: {"fills": row.fills, "realised": row.realised, "fees": row.fees} for row in done},
        "realised": sum(row.realised for row in done),
        "fees": sum(row.fees for row in done),
        "alerts": counts,
        "worst": worst,
        "gaps": {state: ids for state, (_, ids) in gaps.items()},
        "engine_restarts": restarts,
        "engine_kills": killed,
        "failed": [{"ts_ns": ts_ns, "id": row.get("id", ""), "line": row.get("line", "")} for ts_ns, row in failed],
    }
