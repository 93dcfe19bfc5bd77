"""Where trials are run: in any process, on rows that are loaded once and loops that are compiled once.

A trial gives the very figures of `cockpit backtest` with the same words: the loop, its memory and the order of rows are the same.
"""

from __future__ import annotations

import threading
import time

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.errors import CockpitError, StoreError, telling
from core.kernels.records import MARK, REPORT
from core.reach import reached
from core.research.account import account_run
from core.research.metrics import metrics
from core.research.search.trial import Jitter, Job, Result, Series, Trial, decode_job, encode_results
from core.research.short_bars import bars_had
from core.strategy import PYTHON
from core.types import BAR, DAY, TICK, Records, copied, join

#: Rows of series at hand, by key: those of a file are shared with every process that maps it.
_ROWS: dict[str, Records] = {}

#: Loops at hand that each thread has: their memory is one trial's at a time, and a Dask worker runs several.
MOST_LOOPS = 32


class _Loops(threading.local):
    """Compiled loops at hand with their memory: one for all parameters of a strategy that need about as much of it."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, int, bytes], Instance] = {}


_LOOPS = _Loops()

encode_terms = msgspec.msgpack.Encoder().encode


def run_job(job: bytes, data: dict[str, bytes] | None = None) -> bytes:
    """Results of a job's trials, in their order.

    Args:
        job: a `Job`, as `encode_job` makes it.
        data: the rows of series by key, where their files cannot be seen from here.
    """
    asked = decode_job(job)
    for series in asked.series.values():
        if data and series.key in data and series.key not in _ROWS:
            _ROWS[series.key] = np.frombuffer(data[series.key], BAR if series.bars else TICK)
    return encode_results([run_trial(asked, trial) for trial in asked.trials])


def rows_of(series: Series) -> Records:
    """The rows of a series; they cannot be written to.

    Raises:
        StoreError: its file is gone or is not of these rows.
    """
    if series.key not in _ROWS:
        dtype = BAR if series.bars else TICK
        try:
            held = np.memmap(series.path, np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise StoreError(f"the rows of {series.symbol} cannot be read from {series.path}: {telling(error)}") from error
        if len(held) != series.rows * dtype.itemsize:
            raise StoreError(f"{series.path} does not hold the {series.rows:,} rows of {series.symbol}")
        _ROWS[series.key] = held.view(np.ndarray).view(dtype)
    return _ROWS[series.key]


def run_trial(job: Job, trial: Trial) -> Result:
    """One trial; what a strategy raises is its result."""
    began = time.perf_counter()
    try:
        series = job.series[trial.series]
        rows, terms = rows_of(series), job.terms[trial.series]
        if trial.jitter is not None:
            rows = jittered(rows, trial.jitter, bars=series.bars)
            rows = widened(rows, trial.jitter.cost) if terms.spread == "quote" else rows
            terms = costing(terms, trial.jitter.cost)
        return _traded(_instance(job.plans[trial.plan], terms, trial), trial, series, rows, began)
    except CockpitError as error:
        return Result(trial.number, {}, error=str(error), series=trial.series)
    except Exception as error:  # anything may be raised in a strategy: it is somebody else's code
        return Result(trial.number, {}, error=f"{job.plans[trial.plan].name} failed: {telling(error)}", series=trial.series)


def jittered(rows: Records, jitter: Jitter, *, bars: bool) -> Records:
    """A copy whose prices are moved at random; quotes move with their print."""
    factors = 1 + np.random.default_rng(jitter.seed).normal(0.0, jitter.price_bps / 1e4, len(rows))
    moved = copied(rows)
    for name in ("price", "bid", "ask", *(("open", "high", "low") if bars else ())):
        moved[name] *= factors
    return moved


def costing(terms: Terms, factor: float) -> Terms:
    """The same terms at costs so many times as high: fees, slippage, assumed spread and impact; a rebate is divided by it.

    Quotes that are paid are rows and not terms (`widened`), and funding is no cost: it is as often received.
    """
    maker = terms.maker_fee_bps
    return msgspec.structs.replace(
        terms,
        fee_bps=terms.fee_bps * factor,
        maker_fee_bps=maker if maker is None else maker * factor if maker > 0 else maker / factor,
        slippage_bps=terms.slippage_bps * factor,
        spread_bps=terms.spread_bps * factor,
        impact_bps=terms.impact_bps * factor,
        liquidation_fee_bps=terms.liquidation_fee_bps * factor,
    )


def widened(rows: Records, factor: float) -> Records:
    """Rows whose quotes are so many times as far apart, in place: each goes away from the middle of both."""
    away = (rows["ask"] - rows["bid"]) / 2 * (factor - 1)
    rows["bid"] -= away
    rows["ask"] += away
    return rows


def _instance(plan: Blueprint, terms: Terms, trial: Trial) -> Instance:
    if plan.kind == PYTHON:
        changed = {name: getattr(trial, name) for name in ("params", "values", "work", "warmup", "interval")}
        return PythonInstance(msgspec.structs.replace(plan, **changed), terms)
    room = 1 << max(trial.work - 1, 0).bit_length()
    key = (plan.text, room, encode_terms(terms))
    loops = _LOOPS.by_key
    if key not in loops:
        while len(loops) >= MOST_LOOPS:
            del loops[next(iter(loops))]
        loops[key] = Instance(msgspec.structs.replace(plan, work=room, params=trial.params), terms)
    instance = loops[key]
    instance.begin(trial.params)
    return instance


def _traded(instance: Instance, trial: Trial, series: Series, rows: Records, began: float) -> Result:
    traded = rows[trial.start : trial.stop]
    when = traded["start" if series.bars else "ts"]
    before = reached(rows[: trial.start], int(when[0]), trial.warmup, bars_had(trial.interval, series.interval_ns))
    if len(before):
        instance.warm(before)
    edges = np.asarray(series.edges_ns, np.int64)
    daily = _daily(edges)
    parts, equities = [], []
    capital, equity = instance.terms.capital, instance.account.view(np.ndarray)["equity"]
    for start, stop in [(0, len(traded))] if daily else _pieces(when, edges):
        if stop > start:
            parts.append(instance.feed(traded[start:stop]))
        equities.append(float(equity[0]))
    reports = join(parts, REPORT)
    marks = reports.compress(reports["kind"] == MARK)
    first, last = int(when[0]), int(when[-1])
    figures = metrics(account_run(instance, marks, first, last, series.interval_ns), time.perf_counter() - began)
    if daily:
        equities = _at(edges, last, marks, capital, float(equity[0]))
    changes = np.diff(equities, prepend=capital)
    return Result(trial.number, figures, changes.tobytes(), series=trial.series)


def _daily(edges: NDArray[np.int64]) -> bool:
    """Whether periods end at UTC midnights: the loop marks those by itself."""
    return len(edges) > 1 and bool((edges[:-1] % DAY == 0).all())


def _pieces(when: NDArray[np.int64], edges: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The rows of each period."""
    stops = [*np.searchsorted(when, edges[:-1]).tolist(), len(when)]
    return list(zip([0, *stops], stops, strict=False))


def _at(edges: NDArray[np.int64], last: int, marks: Records, capital: float, final: float) -> list[float]:
    """Equity at each edge; one without a mark keeps the one before, those behind the last row have what was left."""
    held = np.searchsorted(marks["ts"], edges, side="right")
    equities = np.concatenate([[capital], marks["equity"]])[held]
    equities[edges > last] = final
    return list(map(float, equities))
