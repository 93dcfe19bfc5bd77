"""The process of one run: reads a request on stdin (msgpack), says how far it is and what came out on stdout (JSON lines).

It runs when nobody else wants to: who starts it sees to that (`core.research.service`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.research.backtest import Result, run_backtest
from core.research.calibration.asked import costs_of
from core.research.curve import Curve
from core.research.figures import held_until
from core.research.order import Order
from core.research.rows import trip_rows
from core.research.service import Detail, Outcome, Progress, Request, Said
from core.research.serving import outcome_or_wrong, serve, write_detail
from core.research.source import Source, share

#: Seconds between two words on progress.
PERIOD_S = 0.2

#: Fills, round trips and decisions of a run that are kept one by one, the newest ones.
MOST_FILLS = 1000

Say = Callable[[Said], None]


def order_of(request: Request) -> Order:
    """The backtest of a request: what `cockpit backtest` makes of the same words.

    Raises:
        CockpitError: no costs are to be had as they were asked for.
    """
    home = Path(request.home)
    return Order(
        sources=request.sources,
        strategy=request.strategy,
        folders=[Path(folder) for folder in request.folders],
        params=dict(request.params),
        terms=request.terms,
        symbol=request.symbol,
        home=home,
        from_ns=request.from_ns,
        to_ns=request.to_ns,
        allow_gaps=request.allow_gaps,
        watched=True,
        signals=MOST_FILLS,
        costs=None if request.costs is None else costs_of(request.costs, home, request.given),
    )


class Teller:
    """Says how far a run is, now and then: how far it has read, until the first row is traded, and then how far it has traded. A file is
    read far ahead of the loop: what is read and not yet run over is not done."""

    def __init__(self, say: Say, curve: Curve) -> None:
        self._say, self._curve = say, curve
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._before = self._read = self._early = 0
        self._only_reads = True

    def tell(self, source: Source, rows: int) -> None:
        """So many rows are done."""
        if source.bytes_read != self._read:
            self._before, self._read = self._read, source.bytes_read
        with self._lock:
            now = time.monotonic()
            if self._only_reads or now - self._last >= PERIOD_S:
                self._only_reads, self._last = False, now
                self._say(Progress(rows, self._share(source, rows)))

    def reads(self, source: Source, early: int) -> None:
        """It is read on, and so many rows of it only warmed up; whatever thread says so."""
        with self._lock:
            self._early = max(self._early, early)
            now = time.monotonic()
            if self._only_reads and now - self._last >= PERIOD_S:
                self._last = now
                self._say(Progress(self._early, share(source, self._early), reading=True))

    def close(self) -> None:
        """Nothing more is read, as far as anybody is told: the last word comes now."""
        with self._lock:
            self._only_reads = False

    def _share(self, source: Source, rows: int) -> float | None:
        if source.total_rows or not source.total_bytes:
            return share(source, rows)
        return min(1.0, (self._before + (self._read - self._before) * self._curve.inside) / source.total_bytes)


def run(request: Request, say: Say) -> Said:
    """Run it; what is asked for but not small goes to the request's file."""

    curve = Curve()
    teller = Teller(say, curve)

    def made() -> Outcome:
        order = order_of(request)
        result = run_backtest(order, teller.tell, curve, teller.reads)
        write_detail(Path(request.detail), detail_of(result, curve))
        return outcome_of(order, result)

    said = outcome_or_wrong(made, request.detail)
    teller.close()
    return said


def outcome_of(order: Order, result: Result) -> Outcome:
    """The small part of a result, and what of the costs that were asked for it paid."""
    source = result.source
    return Outcome(
        figures=result.figures,
        symbol=source.symbol,
        values=result.plan.values,
        kind=source.kind,
        form=source.form,
        interval_ns=source.interval_ns,
        first_ns=result.first_ns,
        last_ns=result.equity[-1][0],
        notes=source.notes,
        cold=result.cold,
        costs=None if order.costs is None else order.costs.paid(source.symbol, order.terms),
    )


def detail_of(result: Result, curve: Curve) -> Detail:
    """The curve, the newest fills, round trips and decisions, and the tables."""
    points = curve.points()
    return Detail(
        equity=[(point.ts, point.equity, point.drawdown) for point in points],
        fills=result.fills[-MOST_FILLS:],
        fills_total=len(result.fills),
        underwater=[point.underwater for point in points],
        held=_held(result, [point.ts for point in points]),
        trips=trip_rows(result.trips, result.plan.name, MOST_FILLS, funding="funding" in result.figures, symbols=result.source.symbols),
        trips_total=len(result.trips),
        tables=result.tables,
        signals=[] if result.signals is None else result.signals.rows(result.signals.newest(MOST_FILLS)),
        signals_total=0 if result.signals is None else result.signals.total,
    )


def _held(result: Result, times: list[int]) -> list[float]:
    """Up to each point the share of the time since the one before it in which something was held."""
    ends = np.array([result.first_ns, *times], np.int64)
    held, long = np.diff(held_until(result.executed, ends, result.source.interval_ns)), np.diff(ends)
    return np.where(long > 0, held / np.maximum(long, 1), 0.0).tolist()  # type: ignore[no-any-return]


if __name__ == "__main__":
    serve(Request, run)
