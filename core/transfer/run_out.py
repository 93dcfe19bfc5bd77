"""Fills and round trips of a run, and the ranking of a study, as tables: from their JSON-ready rows, which the lab has of a run too.

As in every export a time in words stands in front, and its number in ns stays; JSON lines are the rows as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.transfer.rows_out import Row, plain_sheet, rows_sheet
from core.transfer.sheet import Column, free_name
from core.transfer.table_file import Table

#: Columns of `core.research.rows.fill_rows`: those of the ledger's `fills`, and the reason.
FILLS = (
    Column("fill_id", "text"), Column("strategy_id", "text"), Column("symbol", "text"), Column("side", "text"), Column("qty", "number"),
    Column("price", "number"), Column("fee", "number"), Column("realised", "number"), Column("position", "number"),
    Column("ts_ns", "whole"), Column("seq", "whole"), Column("tick_id", "whole"), Column("order_id", "text"), Column("mode", "text"),
    Column("reason", "text"),
)  # fmt: skip

#: And of `core.research.rows.trip_rows`.
TRADES = (
    Column("trade", "whole"), Column("side", "text"), Column("entry_ns", "whole"), Column("exit_ns", "whole"),
    Column("duration_ns", "whole"), Column("fills", "whole"), Column("entry", "number"), Column("exit", "number"), Column("qty", "number"),
    Column("gross", "number"), Column("fees", "number"), Column("net", "number"), Column("net_pct", "number"), Column("mae", "number"),
    Column("mfe", "number"), Column("mae_pct", "number"), Column("mfe_pct", "number"), Column("reason", "text"),
    Column("first_fill", "text"), Column("last_fill", "text"),
)  # fmt: skip

#: What a trial's row in a ranking has behind its parameters.
RANKED = (
    Column("strategy", "text"), Column("symbol", "text"), Column("trades", "whole"), Column("net_pnl", "number"),
    Column("sharpe", "number"), Column("max_drawdown", "number"), Column("max_drawdown_pct", "number"), Column("win_rate", "number"),
    Column("profit_factor", "number"), Column("fees", "number"), Column("fills", "whole"), Column("deflated_sharpe", "number"),
    Column("plateau", "number"),
)  # fmt: skip

_LEG = (Column("leg", "text"),)

#: What the columns of times in words are filled from.
_TIMES = {"time": "ts_ns", "entry_time": "entry_ns", "exit_time": "exit_ns"}


def fills_table(rows: Sequence[Row], *, legs: bool = False) -> Table:
    """Fills, oldest first; `legs` says that each names the leg of a portfolio it is of."""
    columns = (Column("time", "time"), *FILLS, *(_LEG if legs else ()))
    return Table(rows_sheet("fills", "", rows, columns, keys=_TIMES), rows)


def trades_table(rows: Sequence[Row], symbol: str | None) -> Table:
    """Closed round trips, all on one symbol, or each row names its own; None: of a portfolio, and each names its leg too."""
    columns: tuple[Column, ...] = (Column("entry_time", "time"), Column("exit_time", "time"), Column("symbol", "text"), *TRADES)
    if any("funding" in row for row in rows):  # it is part of the fees, and told where it was asked for
        fees = columns.index(Column("fees", "number")) + 1
        columns = (*columns[:fees], Column("funding", "number"), *columns[fees:])
    if symbol is None:
        return Table(rows_sheet("trades", "", rows, (*columns, *_LEG), keys=_TIMES), rows)
    same = {} if rows and "symbol" in rows[0] else {"symbol": symbol}
    return Table(rows_sheet("trades", symbol, rows, columns, keys=_TIMES, same=same), rows)


def ranking_table(rows: Sequence[Row]) -> Table:
    """The trials of a study, the best first: a column a parameter, then what each came to."""
    names = dict.fromkeys(name for row in rows for name in row.get("params", {}))
    plain = [name for name in rows[0] if name != "params"] if rows else []
    heads: dict[str, str] = {}
    for name in names:
        heads[name] = free_name(name, [*plain, *heads.values()])
    flat = [{heads[name]: row.get("params", {}).get(name) for name in names} | {name: row.get(name) for name in plain} for row in rows]
    sheet = plain_sheet("ranking", flat) if rows else rows_sheet("ranking", "", rows, RANKED)
    return Table(sheet, rows)
