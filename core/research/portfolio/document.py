"""A portfolio as one JSON-ready document."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.research.metrics import finite
from core.research.portfolio.figures import gross_and_net, portfolio_figures
from core.research.portfolio.run import LegRun, Portfolio
from core.research.portfolio.together import contributions, correlation, netting, overdrawn
from core.research.portfolio.warnings import warnings_of
from core.research.rows import trip_rows

#: Points of the curves; between two of them there may be marks that count for the drawdown.
MOST_POINTS = 1000

#: Stretches of borrowing that are listed, the first ones.
MOST_STRETCHES = 100


def document(done: Portfolio) -> dict[str, Any]:
    """All that came out. Money in quote currency, times ns UTC, what does not exist is None."""
    marks, names = done.marks, [run.leg.name for run in done.runs]
    parts = contributions(marks.changes, [float(run.result.figures["net_pnl"] or 0.0) for run in done.runs])
    shown = points(len(marks.times))
    gross, _ = gross_and_net(marks.value)
    over = overdrawn(marks.times, gross, done.equity)
    ran = {run.leg.name: run for run in done.runs}
    return {
        "figures": portfolio_figures(done),
        "legs": [
            leg_row(ran[leg.name]) if leg.name in ran else {"name": leg.name, "strategy": leg.strategy, "error": done.failed[leg.name]}
            for leg in done.ask.legs
        ],
        "correlation": {"names": names, "matrix": correlation(marks.changes, marks.covered)},
        "contributions": [{"name": name, **part._asdict()} for name, part in zip(names, parts, strict=True)],
        "equity": list(zip(marks.times[shown].tolist(), _finite(done.equity[shown]), strict=True)),
        "exposure": {
            "ns": marks.times[shown].tolist(),
            "symbols": {
                symbol: {"gross": _finite(gross[shown]), "net": _finite(net[shown])} for symbol, (gross, net) in by_symbol(done).items()
            },
        },
        "netting": {symbol: one._asdict() | {"legs": [names[k] for k in one.legs]} for symbol, one in _netted(done).items()},
        "overdrawn": [one._asdict() | {"leverage": one.leverage} for one in over[:MOST_STRETCHES]],
        "measured_ns": done.measured_ns,
        "warnings": warnings_of(done),
    }


def leg_row(run: LegRun) -> dict[str, Any]:
    """What a leg was given and what it came to alone."""
    result = run.result
    return {
        "name": run.leg.name, "strategy": run.leg.strategy, "symbol": run.rows.symbol, "source": run.rows.text,
        "params": result.plan.values, "terms": msgspec.to_builtins(msgspec.structs.replace(run.leg.terms, qty=run.qty)),
        "qty": run.qty, "weight": run.weight, "first_ns": result.first_ns, "last_ns": result.equity[-1][0],
        "figures": result.figures,
        **({} if run.leg.costs is None else {"costs": run.leg.costs.document(run.rows.symbol, run.leg.terms)}),
    }  # fmt: skip


def leg_fills(done: Portfolio) -> list[dict[str, Any]]:
    """The fills of all legs by time, each with the name of its leg."""
    return sorted((row | {"leg": run.leg.name} for run in done.runs for row in run.result.fills), key=itemgetter("ts_ns"))


def leg_trades(done: Portfolio) -> list[dict[str, Any]]:
    """Their closed round trips in the same way, by the time each ended, with its symbol too."""
    found = []
    for run in done.runs:
        own = {"symbol": run.rows.symbol, "leg": run.leg.name}
        found += [row | own for row in trip_rows(run.result.trips, run.result.plan.name, funding="funding" in run.result.figures)]
    return sorted(found, key=itemgetter("exit_ns"))


def by_symbol(done: Portfolio) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Gross and net exposure of each symbol at each mark, (m,) each."""
    symbols = done.symbols
    found = {}
    for symbol in dict.fromkeys(symbols):
        found[symbol] = gross_and_net(done.marks.value[[k for k, one in enumerate(symbols) if one == symbol]])
    return found


def points(count: int) -> NDArray[np.int64]:
    """Which of so many marks a curve shows: all, or every so manieth, the last one always."""
    every = -(-count // MOST_POINTS)
    return np.arange(count - 1, -1, -every)[::-1]


def _netted(done: Portfolio) -> dict[str, Any]:
    return netting(done.marks.value, done.symbols)


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [finite(value) for value in values.tolist()]
