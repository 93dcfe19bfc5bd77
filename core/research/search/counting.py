"""How many trials were ever made on a stretch of a market: what a result is worth depends on how often luck was asked."""

from __future__ import annotations

import json
from pathlib import Path

from core.research.search.trial import Series
from core.store.ledger_reader import read_runs


def earlier_trials(ledger: Path, series: Series) -> int:
    """Backtests and trials of studies in this ledger on the same symbol, over a span that overlaps; 0 where there is no ledger.

    Raises:
        StoreError: the file cannot be read.
    """
    if not ledger.exists():
        return 0
    return sum(_count(row["kind"], row["result"], series) for row in read_runs(ledger))


def _count(kind: str, result: str, series: Series) -> int:
    try:
        found = json.loads(result)
        if kind == "backtest":
            outcome = found["outcome"]
            return int(outcome is not None and _overlap(outcome, series))
        return sum(int(count["trials"]) for count in found["counts"] if _overlap(count, series))
    except (ValueError, KeyError, TypeError):  # a row of another version
        return 0


def _overlap(span: dict[str, object], series: Series) -> bool:
    return span["symbol"] == series.symbol and int(str(span["first_ns"])) <= series.last_ns and int(str(span["last_ns"])) >= series.first_ns
