"""Fills and round trips of a run as JSON-ready rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.kernels.records import WHY_NAMES
from core.research.metrics import finite
from core.research.trips import WATCHED
from core.types import Records

#: What is told of a fill, as FILL reports name it.
_TOLD = ("n", "qty", "price", "fee", "realised", "position", "ts", "seq", "tick_id", "order", "why", "leg")


def fill_rows(fills: Records, strategy: str, symbols: Sequence[str]) -> list[dict[str, Any]]:
    """FILL reports as rows of the ledger's `fills` (`mode` backtest) with the reason of each; `symbols` by leg."""
    columns = [fills[name].tolist() for name in _TOLD]
    return [
        {
            "fill_id": f"{strategy}:{n}",
            "strategy_id": strategy,
            "symbol": symbols[leg],
            "side": "buy" if qty > 0 else "sell",
            "qty": abs(qty),
            "price": price,
            "fee": fee,
            "realised": realised,
            "position": position,
            "ts_ns": ts,
            "seq": seq,
            "tick_id": tick_id,
            "order_id": f"{strategy}:o{order}",
            "mode": "backtest",
            "reason": WHY_NAMES[why],
        }
        for n, qty, price, fee, realised, position, ts, seq, tick_id, order, why, leg in zip(*columns, strict=True)
    ]


def trip_rows(
    trips: Records, strategy: str, most: int | None = None, *, funding: bool = False, symbols: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Round trips as JSON-ready rows; what does not exist is None.

    Args:
        most: only the newest so many.
        funding: whether the run asked for it: then a row has how much of its `fees` that is.
        symbols: by leg; with more than one a row says whose it is.
    """
    before = 0 if most is None else max(0, len(trips) - most)
    trips = trips[before:]
    whole = ("entry_ns", "exit_ns", "duration_ns", "fills")
    measured = ("entry", "exit", "qty", "gross", "fees", *(("funding",) if funding else ()), "net", "net_pct", *WATCHED)
    several = len(symbols) > 1
    columns = {name: trips[name].tolist() for name in (*whole, *measured, "side", "why", "leg", "first_fill", "last_fill")}
    return [
        {
            "trade": before + number + 1,
            **({"symbol": symbols[columns["leg"][number]]} if several else {}),
            "side": "long" if columns["side"][number] > 0 else "short",
            **{name: columns[name][number] for name in whole},
            **{name: finite(columns[name][number]) for name in measured},
            "reason": WHY_NAMES[columns["why"][number]],
            "first_fill": f"{strategy}:{columns['first_fill'][number]}",
            "last_fill": f"{strategy}:{columns['last_fill'][number]}",
        }
        for number in range(len(trips))
    ]
