"""One study as the engine knows it: what was asked, how far it is, what came out; as a row of the view and of the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.commands import NoteStudy, Optimize, TrialCount
from core.engine.task import Task
from core.research.search.service import StudyOutcome, StudyProgress
from core.study_view import StudyRow


@dataclass
class StudyRun(Task):
    """One study.

    Attributes:
        progress: the newest word of its process; None before the first.
        found: verdict, pbo and trials counted, of one that is done; and what it paid of each symbol, where costs were asked for.
        rows: the best rows, of one that was made elsewhere and left no file.
    """

    order: Optimize
    progress: StudyProgress | None = None
    found: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its strategies."""
        return ", ".join(self.order.strategies)

    def hear(self, progress: StudyProgress, now_ns: int) -> None:
        """It is so far."""
        self.progress = progress
        left = progress.total - progress.done
        self.eta_ns = now_ns + int(left / progress.rate * 1e9) if progress.rate > 0 else 0

    def end(self, state: str, now_ns: int, line: str = "", outcome: StudyOutcome | None = None) -> None:
        """It is over."""
        self.close(state, now_ns, line)
        if outcome is not None:
            self.progress = outcome.progress
            self.found = {"verdict": outcome.verdict, "pbo": outcome.pbo, "trials": outcome.trials}
            self.found |= {"costs": msgspec.to_builtins(outcome.costs)} if outcome.costs else {}

    def row(self) -> StudyRow:
        """As a screen may see it."""
        row = StudyRow(self.id, self.order, self.state, self.line, self.asked_ns, self.started_ns, self.ended_ns, eta_ns=self.eta_ns)
        row.verdict = self.found.get("verdict")
        so_far = self.progress
        if so_far is not None:
            row.done, row.total, row.failed, row.kept = so_far.done, so_far.total, so_far.failed, so_far.kept
            row.rate, row.best = so_far.rate, so_far.best
            row.stage = so_far.stage if self.state == "running" else ""
            row.rows, row.share = so_far.rows, so_far.share
            row.series = len(so_far.counts)
            if so_far.counts:
                row.symbol = str((so_far.best or {}).get("symbol", so_far.counts[0].symbol))
                row.first_ns, row.last_ns = min(one.first_ns for one in so_far.counts), max(one.last_ns for one in so_far.counts)
        return row

    def columns(self) -> dict[str, str]:
        """As the columns of `runs` besides its id and time. Trials that were made are counted however it ended."""
        so_far = self.progress
        told = {
            "key": so_far.key if so_far else "", "journal": so_far.journal if so_far else "",
            "counts": msgspec.to_builtins(so_far.counts) if so_far else [], "found": self.found,
            "progress": msgspec.to_builtins(so_far),
        }  # fmt: skip
        return self.in_ledger("optimize", told)

    def words(self) -> dict[str, Any]:
        """All of it by name, for who asks."""
        return self.told() | {"found": self.found, "rows": self.rows}


def study_made_elsewhere(id_: str, noted: NoteStudy) -> StudyRun:
    """A study that somebody made without the lab, from beginning to end.

    Raises:
        msgspec.ValidationError: it is not told as we tell it.
    """
    return _elsewhere(id_, noted.source, noted.strategies, noted.asked, msgspec.to_builtins(noted))


def _elsewhere(id_: str, source: str, strategies: list[str], asked: dict[str, Any], told: dict[str, Any]) -> StudyRun:
    axes = {name: values for of in asked["ranges"] for name, values in of if len(values) > 1}
    words = {
        "sources": source.split(", "), "strategies": strategies, "params": asked["params"], "terms": asked["terms"],
        "ranges": [f"{name}={','.join(map(_text, values))}" for name, values in axes.items()], "method": asked["method"],
        "trials": asked["trials"], "seed": asked["seed"],
    }  # fmt: skip
    order = msgspec.convert(words | asked.get("more", {}), Optimize)
    found, counts = told["found"], msgspec.convert(told["counts"], list[TrialCount])
    rows, made = list(found["rows"]), sum(count.trials for count in counts)
    best = {**rows[0], **({"rank_by": found["rank_by"]} if "rank_by" in found else {})} if rows else None
    progress = StudyProgress(told["key"], found["trials"], found["trials"], found["trials"] - made, 0, 0.0, best, counts)
    short = {name: found[name] for name in ("verdict", "pbo", "trials", "rank_by") if name in found}
    short |= {"costs": asked["costs"]} if "costs" in asked else {}
    return StudyRun(
        id_, order, told["started_ns"], "done", "", told["started_ns"], told["ended_ns"], progress=progress, found=short, rows=rows
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def study_of(row: dict[str, Any]) -> StudyRun | None:
    """A study as the ledger holds it; None where the row is of another kind, or not to be read."""
    if row["kind"] != "optimize":
        return None
    try:
        result, asked = json.loads(row["result"]), json.loads(row["params"])
        if "state" not in result:
            return _elsewhere(row["run_id"], row["source"], row["strategy"].split(", "), asked, result)
        progress = msgspec.convert(result["progress"], StudyProgress | None)
        return StudyRun(
            row["run_id"], msgspec.convert(_several(asked), Optimize), row["ts_ns"], result["state"], result["line"], result["started_ns"],
            result["ended_ns"], progress=progress, found=result["found"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):  # msgspec's own errors are ValueErrors
        return None


def _several(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, where it was noted while a study had one source and one symbol."""
    if "source" not in asked:
        return asked
    return asked | {"sources": [asked["source"]], "symbols": [asked["symbol"]] if asked.get("symbol") else []}
