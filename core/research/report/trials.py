"""The trials of a study in columns, for a page: a value that many trials share is written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from core.research.report.page import brief, milliseconds
from core.research.search.findings import Findings
from core.research.search.progress import Tried
from core.research.search.ranking import Row
from core.research.search.trial import Series

#: Values of equity a page holds at most, for as many trials as that is; of more trials than MANY, of the best FEW only.
VALUES = 60_000
MANY, FEW = 2_000, 50


@dataclass(frozen=True)
class Figure:
    """How a figure is shown.

    Attributes:
        form: one the scripts know (`FORMS` in base.js).
        better: 1: larger is better; -1: smaller is.
        neutral: neither good nor bad; None: there is no such value.
    """

    key: str
    name: str
    form: str
    better: int = 1
    neutral: float | None = None
    about: str = ""


FIGURES = (
    Figure("sharpe", "Sharpe", "plain", 1, 0.0, "daily UTC equity changes over capital, times √365"),
    Figure("net_pnl", "net P&L", "money", 1, 0.0, "quote currency, after fees, an open position at the last price"),
    Figure("deflated_sharpe", "deflated", "share", about="probability that its true Sharpe is above zero, given how many were tried"),
    Figure("max_drawdown", "max drawdown", "plain", -1, None, "quote currency, from the marked peak"),
    Figure("max_drawdown_pct", "max drawdown %", "percent", -1, None, "of the peak it fell from"),
    Figure("trades", "trades", "count", about="closed round trips"),
    Figure("win_rate", "win rate", "share", about="of trades, after fees"),
    Figure("profit_factor", "profit factor", "plain", 1, 1.0, "gross profit / gross loss"),
    Figure("plateau", "plateau", "share", about="what its neighbours make of its figure: near 100 % is a plateau, near 0 a lone peak"),
    Figure("fees", "fees", "plain", -1, None, "quote currency, of all fills"),
    Figure("fills", "fills", "count", about="executions"),
)


def trial_columns(found: Findings) -> dict[str, Any]:
    """What the scripts call a study (`readStudy` in study.js): names once, and a value a row in columns, in the order of the ranking."""
    rows = found.ranking.rows
    strategies, symbols = _named(rows, "strategy"), _named(rows, "symbol")
    params = {name: _coded([_single(row.params.get(name)) for row in rows], _order(found, name)) for name in _names(rows)}
    return {
        "count": len(rows),
        "strategies": strategies,
        "symbols": symbols,
        "strategy": _places([row.strategy for row in rows], strategies),
        "symbol": _places([row.symbol for row in rows], symbols),
        "params": {name: one for name, one in params.items() if len(one["values"]) > 1},
        "fixed": {name: one["values"][0] for name, one in params.items() if len(one["values"]) == 1},
        "figures": _figures(rows, found.ranking.rank_by),
        "curves": _curves(found, symbols),
    }


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.params))


def _single(value: Any) -> Any:
    """A value a row of a table can show; a list of values is text."""
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _named(rows: Sequence[Row], what: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, what) for row in rows))


def _places(values: Sequence[str], names: Sequence[str]) -> list[int]:
    at = {name: place for place, name in enumerate(names)}
    return [at[value] for value in values]


def _order(found: Findings, name: str) -> list[Any]:
    """The values of a parameter as they were asked for."""
    return [value for space in found.study.spaces for axis, values in space.axes if axis == name for value in values]


def _coded(values: Sequence[Any], order: Sequence[Any]) -> dict[str, list[Any]]:
    """Each value once, and of each row its place among them; -1 where it has none. True and 1 are two values."""
    known = [value for value in values if value is not None]
    used = {(type(value), value) for value in known}
    first = [value for value in order if (type(value), value) in used]
    each = dict.fromkeys((type(value), value) for value in [*first, *known])
    at = {key: place for place, key in enumerate(each)}
    return {"values": [value for _, value in each], "at": [-1 if value is None else at[type(value), value] for value in values]}


def _figures(rows: Sequence[Row], rank_by: str) -> list[dict[str, Any]]:
    """Those that any row has, the one ranked by first."""
    known = [figure for figure in FIGURES if any(getattr(row, figure.key) is not None for row in rows)]
    known.sort(key=lambda figure: figure.key != rank_by)
    return [
        {
            "key": figure.key, "name": figure.name, "form": figure.form, "better": figure.better, "neutral": figure.neutral,
            "about": figure.about, "values": [brief(getattr(row, figure.key)) for row in rows],
        }
        for figure in known
    ]  # fmt: skip


def _curves(found: Findings, symbols: Sequence[str]) -> dict[str, Any]:
    """Equity of the best, at the beginning and at the end of each period of their symbol; `edges` (ms) are in the order of `symbols`."""
    series = {one.symbol: one for one in found.study.series}
    capital = found.study.ask.terms.capital
    longest = max((len(one.edges_ns) for one in series.values()), default=1) + 1
    rows = found.ranking.rows
    most = FEW if len(rows) > MANY else max(FEW, VALUES // longest)
    of = {_key(one): one for one in found.tried if not one.result.error}
    best = [of[key] for key in takewhile(of.__contains__, map(_key, rows[:most]))]
    return {
        "edges": [_edges(series[symbol]) for symbol in symbols],
        "rows": [[brief(value) for value in (capital + np.cumsum([0.0, *one.result.periods])).tolist()] for one in best],
    }


def _key(one: Row | Tried) -> tuple[str, str, str]:
    return one.strategy, one.symbol, repr(sorted(one.params.items()))


def _edges(series: Series) -> list[int]:
    """Times of equity; the end of the last period may lie beyond the last row, which is where it is told of."""
    *ends, _ = series.edges_ns
    return [milliseconds(ns) for ns in (series.first_ns, *ends, max([series.last_ns, *ends]))]
