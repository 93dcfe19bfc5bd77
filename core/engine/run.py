"""One run over history as the engine knows it: what was asked, how far it is, what came out; as a row of the view and of the ledger."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import msgspec

from core.commands import Backtest, NoteRun, NoteStudy
from core.engine.task import Task
from core.research.service import Outcome, Progress
from core.view import RunRow

#: Figures of a run that its row tells: a hundred rows go to every viewer each time one of them changes.
IN_A_ROW = (
    "ticks", "trades", "fills", "win_rate", "gross_profit", "gross_loss", "fees", "net_pnl", "profit_factor", "max_drawdown",
    "max_drawdown_pct", "sharpe", "elapsed_s", "expectancy", "sortino", "calmar", "exposure", "gaps",
)  # fmt: skip


@dataclass
class Run(Task):
    """One run.

    Attributes:
        share: 0..1 of it that is done; None unknown.
        reading: rows and share are what it has read, and nothing is traded yet.
        heard: when it first said how far it is, and how far it was then.
    """

    order: Backtest
    rows: int = 0
    share: float | None = None
    reading: bool = False
    outcome: Outcome | None = None
    heard: tuple[int, float] | None = None

    @property
    def name(self) -> str:
        """Its strategy."""
        return self.order.strategy

    def hear(self, progress: Progress, now_ns: int) -> None:
        """It is so far."""
        self.rows, self.share, self.reading = progress.rows, progress.share, progress.reading
        if progress.share is None or progress.reading:
            return
        since, before = self.heard = self.heard or (now_ns, progress.share)  # what came before was starting and compiling
        if progress.share > before:
            self.eta_ns = now_ns + int((now_ns - since) * (1 - progress.share) / (progress.share - before))

    def end(self, state: str, now_ns: int, line: str = "", outcome: Outcome | None = None) -> None:
        """It is over."""
        self.close(state, now_ns, line)
        self.outcome = outcome
        if self.reading:
            self.rows, self.share, self.reading = 0, None, False
        if outcome is not None:
            self.share, self.rows = 1.0, int(outcome.figures["ticks"])

    def row(self) -> RunRow:
        """As a screen may see it."""
        row = RunRow(
            self.id, self.order, self.state, self.line, self.asked_ns, self.started_ns, self.ended_ns, self.rows, self.share, self.eta_ns,
            "", None, reading=self.reading,
        )  # fmt: skip
        if self.outcome is not None:
            found = self.outcome
            row.symbol, row.first_ns, row.last_ns = found.symbol, found.first_ns, found.last_ns + found.interval_ns
            row.costs = found.costs
            row.figures = {name: found.figures[name] for name in IN_A_ROW if name in found.figures}
        return row

    def columns(self) -> dict[str, str]:
        """As the columns of `runs` besides its id and time; `params` is the whole of what was asked."""
        return self.in_ledger("backtest", {"rows": self.rows, "outcome": msgspec.to_builtins(self.outcome)})

    def words(self) -> dict[str, Any]:
        """All of it by name, for who asks."""
        found = {} if self.outcome is None else msgspec.to_builtins(self.outcome)
        return self.told() | {"rows": self.rows, "share": self.share} | found


def made_elsewhere(id_: str, noted: NoteRun, outcome: Outcome) -> Run:
    """A run that somebody made without the lab, from beginning to end."""
    run = Run(id_, noted.order, noted.started_ns, started_ns=noted.started_ns)
    run.end("done", noted.ended_ns, noted.line, outcome)
    return run


def study_columns(noted: NoteStudy) -> dict[str, str]:
    """A study as the columns of `runs` besides its id and time."""
    result = {name: msgspec.to_builtins(getattr(noted, name)) for name in ("key", "journal", "counts", "found", "started_ns", "ended_ns")}
    return {
        "kind": noted.kind, "strategy": ", ".join(noted.strategies), "source": noted.source, "params": json.dumps(noted.asked),
        "result": json.dumps(result),
    }  # fmt: skip


def run_of(row: dict[str, Any]) -> Run | None:
    """A run as the ledger holds it; None where the row is of another kind, or not to be read."""
    if row["kind"] != "backtest":
        return None
    try:
        result = json.loads(row["result"])
        outcome = result["outcome"]
        return Run(
            row["run_id"], msgspec.convert(_apart(json.loads(row["params"])), Backtest), row["ts_ns"], result["state"], result["line"],
            result["started_ns"], result["ended_ns"], rows=result["rows"], share=None if outcome is None else 1.0,
            outcome=None if outcome is None else msgspec.convert(outcome, Outcome),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):  # msgspec's own errors are ValueErrors
        return None


def _apart(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, where it was noted while several sources were one text."""
    first, *further = asked["source"].split(", ")
    if "further" in asked or not all(source.startswith("tape:") or os.path.isabs(source) for source in further):
        return asked
    return asked | {"source": first, "further": further}
