"""Fills on a chart: all that a symbol has in the span that is looked at, gathered by bar, so that the answer stays small."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from core.engine.charts import BARS, watched, whole
from core.errors import UsageError
from core.store.summary import fills_by_bar
from core.types import SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Of a bar at most four rows come: bought and sold, by the strategy that is looked at and by others.
ROWS = 4 * BARS

LONGEST = 366 * 86_400 * SECOND


async def bar_fills(engine: Engine, args: dict[str, Any]) -> dict[str, Any]:
    """Fills of a symbol by bar, as far as they are on the ledger, oldest first; each row as `core.store.summary.BarFills`.

    Args:
        args: `symbol`, `length_ns` of a bar, `since_ns` (fills before it are left out), `strategy` (its fills are gathered by themselves).

    Raises:
        UsageError: the symbol is not watched, or an argument is none.
        StoreError: the ledger cannot be read.
    """
    symbol = watched(engine, args.get("symbol"))
    length, since = whole(args, "length_ns", SECOND, SECOND, LONGEST), whole(args, "since_ns", 0, 0, 1 << 62)
    strategy = args.get("strategy") or ""
    if not isinstance(strategy, str):
        raise UsageError(f"strategy is an id, not {strategy!r}")
    rows = await asyncio.to_thread(fills_by_bar, engine.home / "ledger.db", symbol, length, since_ns=since, mine=strategy, most=ROWS)
    return {"symbol": symbol, "length_ns": length, "since_ns": since, "fills": [list(row) for row in rows]}
