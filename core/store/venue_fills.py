"""Fills whose price a venue made: those of mode `live`. Those of paper, demo and replay are made by our own rules and only counted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from core.codes import Mode
from core.store.migrations import LEDGER
from core.store.schema import open_to_read

#: Times beyond every fill's.
_EVER = 1 << 62

_WHERE = "(:symbol IS NULL OR fills.symbol = :symbol) AND fills.ts_ns >= :start AND fills.ts_ns < :stop"

_QUERY = f"""SELECT fills.symbol, fills.side, fills.qty, fills.price, fills.fee, fills.ts_ns, fills.order_id, orders.decided_ns
    FROM fills LEFT JOIN orders USING(order_id) WHERE fills.mode = :mode AND {_WHERE} ORDER BY fills.ts_ns, fills.rowid"""


class VenueFill(NamedTuple):
    """One execution as a venue made it.

    Attributes:
        symbol: `venue:SYMBOL`.
        side: buy or sell.
        qty, price: base currency; quote currency.
        fee: quote currency, below 0 a rebate; None: not known.
        ts_ns: venue time of the execution.
        order_id: fills of one order share it.
        decided_ns: venue time of the print the order was decided on; None: not known.
        maker: whether it rested in the book; None: not known.
    """

    symbol: str
    side: str
    qty: float
    price: float
    fee: float | None
    ts_ns: int
    order_id: str
    decided_ns: int | None = None
    maker: bool | None = None


def venue_fills(path: Path, symbol: str | None = None, from_ns: int | None = None, to_ns: int | None = None) -> list[VenueFill]:
    """Those of a ledger, oldest first; it does not say which of them rested.

    Args:
        symbol: of this one only.
        from_ns, to_ns: with `from_ns <= ts < to_ns`.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        wanted = {"symbol": symbol, "start": -1 if from_ns is None else from_ns, "stop": _EVER if to_ns is None else to_ns}
        return [VenueFill(*row) for row in db.execute(_QUERY, wanted | {"mode": Mode.LIVE.value})]


def fills_by_mode(path: Path) -> dict[str, int]:
    """How many fills there are of each mode.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return dict(db.execute("SELECT mode, count(*) FROM fills GROUP BY mode ORDER BY mode").fetchall())
