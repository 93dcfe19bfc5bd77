"""How many trials were ever made on a stretch of a market: what a result is worth depends on how often luck was asked.

The ledger counts those of runs and studies that came to an end, were cancelled or stopped. Those of a study that was killed lie in its
journal; a study that went on after a kill is in both, so the larger number of the two is the one that holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from core.research.search.journal import FOLDER, SUFFIX, tally
from core.research.search.trial import Series
from core.store.ledger_reader import read_runs


def trials_ever(home: Path, series: Series) -> int:
    """Backtests and trials of studies made in this home on the same symbol, over a span that overlaps.

    Raises:
        StoreError: its ledger or a journal cannot be read.
    """
    ledger, apart = home / "ledger.db", 0
    by_journal: defaultdict[str, int] = defaultdict(int)
    for row in read_runs(ledger) if ledger.exists() else ():
        journal, count = _counted(row["kind"], row["result"], series)
        if journal:
            by_journal[journal] = max(by_journal[journal], count)
        else:
            apart += count
    for path in (home / FOLDER).glob(f"*{SUFFIX}"):
        subject = tally(path)
        if subject is not None:
            count = sum(span.trials for span in subject.spans if _overlap(msgspec.to_builtins(span), series))
            by_journal[subject.id] = max(by_journal[subject.id], count)
    return apart + sum(by_journal.values())


def _counted(kind: str, result: str, series: Series) -> tuple[str, int]:
    """Trials of a row of the ledger, and the journal that they lie in; '' none: then it counts for itself."""
    try:
        found = json.loads(result)
        if kind == "backtest":
            outcome = found["outcome"]
            return "", int(outcome is not None and _overlap(outcome, series))
        counts = [count for count in found["counts"] if _overlap(count, series)]
        if found.get("journal"):
            return str(found["journal"]), sum(int(count["ever"]) for count in counts)
        return "", sum(int(count["trials"]) for count in counts)
    except (ValueError, KeyError, TypeError):  # a row of another version
        return "", 0


def _overlap(span: dict[str, Any], series: Series) -> bool:
    return span["symbol"] == series.symbol and int(span["first_ns"]) <= series.last_ns and int(span["last_ns"]) >= series.first_ns
