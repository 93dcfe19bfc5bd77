"""The figures of all legs together, by the names that `core.research.metrics` and `core.research.figures` have for one run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.research.figures import LEAST_DAILY_NS, of_days, turns
from core.research.metrics import Run, finite, metrics
from core.research.portfolio.marks import total
from core.research.portfolio.run import LegRun, Portfolio
from core.research.portfolio.together import diversification, overdrawn
from core.types import DAY

_SUMMED = ("ticks", "fills", "trades")
_MONEY = ("gross_profit", "gross_loss", "fees", "net_pnl")


def portfolio_figures(done: Portfolio) -> dict[str, Any]:
    """All of them, JSON-ready; what does not exist is None."""
    with np.errstate(all="ignore"):  # what overflows is not finite, and so None
        account = account_of(done)
        found = metrics(account, done.elapsed_s) | of_days(account) | _of_time(done) | _of_exposure(done)
    if any("funding" in run.result.figures for run in done.runs):
        found["funding"] = finite(math.fsum(run.result.figures.get("funding") or 0.0 for run in done.runs))
    return found | {
        "diversification_ratio": diversification(done.marks.changes),
        "capital": done.ask.capital,
        "first_ns": done.marks.first_ns,
        "last_ns": done.marks.last_ns,
        "mark_s": done.marks.step_ns / 1e9,
        "periods": len(done.marks.edges),
    }


def account_of(done: Portfolio) -> Run:
    """The account of all legs as if one run had it: sums, and the fall of their common equity from mark to mark."""
    marks, capital, equity = done.marks, done.ask.capital, done.equity
    peaks = np.maximum(np.maximum.accumulate(equity), capital)
    falls = peaks - equity
    midnights = np.arange(marks.first_ns // DAY + 1, marks.last_ns // DAY + 1) * DAY
    counts = {name: sum(int(run.result.figures[name]) for run in done.runs) for name in _SUMMED}
    money = {name: _sum(done.runs, name) for name in _MONEY}
    return Run(
        **counts,
        wins=sum(int((run.result.trips["net"] > 0.0).sum()) for run in done.runs),
        gross_profit=money["gross_profit"],
        gross_loss=money["gross_loss"],
        fees=money["fees"],
        equity=capital + money["net_pnl"],
        capital=capital,
        max_drawdown=float(falls.max()),
        max_drawdown_pct=float((falls / peaks).max()) * 100,
        boundaries_ns=midnights,
        equities=equity[np.searchsorted(marks.times, midnights)],
        first_ns=marks.first_ns,
        last_ns=marks.last_ns,
    )


def _sum(runs: Sequence[LegRun], name: str) -> float:
    values = [run.result.figures[name] for run in runs]
    return float(total(np.array([math.nan if value is None else value for value in values])))


def _of_time(done: Portfolio) -> dict[str, Any]:
    """Of the span from the first row of any leg to the last."""
    marks = done.marks
    end = marks.last_ns + 1
    span = end - marks.first_ns
    days = span / DAY if span >= LEAST_DAILY_NS else None
    traded = np.array([float((np.abs(run.result.executed["qty"]) * run.result.executed["price"]).sum()) for run in done.runs])
    net = _sum(done.runs, "net_pnl")
    return {
        "net_pnl": finite(net),
        "exposure": finite(held_ns(done.runs, end) / span),
        "turnover": finite(float(total(traded)) / done.ask.capital / days) if days else None,
        "net_pnl_day": finite(net / days) if days else None,
    }


def held_ns(runs: Sequence[LegRun], end_ns: int) -> int:
    """How long any leg held something; one that was open at its end is open to `end_ns`."""
    starts, ends = [], []
    for run in runs:
        when, held = turns(run.result.executed, run.rows.interval_ns)
        starts.append(when[held])
        ends.append(np.append(when[1:], end_ns)[held])
    order = np.argsort(start := np.concatenate(starts), kind="stable")
    start, reached = start[order], np.maximum.accumulate(np.concatenate(ends)[order])
    if not len(start):
        return 0
    begun = np.concatenate([[True], start[1:] > reached[:-1]])
    last = np.append(np.flatnonzero(begun)[1:] - 1, len(start) - 1)
    return int((reached[last] - start[begun]).sum())


def _of_exposure(done: Portfolio) -> dict[str, Any]:
    """What was held, at the marks."""
    gross, net = gross_and_net(done.marks.value)
    stretches = overdrawn(done.marks.times, gross, done.equity)
    gone = any(one.leverage is None for one in stretches)
    worst = max(stretches, key=lambda one: one.leverage or math.inf, default=None)
    ratio = gross / done.equity
    return {
        "gross_mean": finite(gross.mean()),
        "gross_max": finite(gross.max()),
        "net_mean": finite(net.mean()),
        "net_min": finite(net.min()),
        "net_max": finite(net.max()),
        "leverage_max": None if gone else finite(ratio.max()),
        "leverage_max_ns": worst.worst_ns if worst is not None else int(done.marks.times[ratio.argmax()]),
        "overdrawn": finite(((gross > done.equity) & (gross > 0.0)).mean()),
    }


def gross_and_net(value: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(m,) each: Σ|value| and Σ value over legs, (n, m)."""
    return total(np.abs(value)), total(value)
