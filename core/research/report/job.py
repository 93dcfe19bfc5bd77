"""The process that writes the report of a run: it reads on stdin what the engine tells of it (msgpack), and leaves the page in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from core.commands import Backtest
from core.measured_terms import Paid
from core.research.report.page import page
from core.research.report.run import run_document
from core.research.report_text import Setting
from core.research.service import Detail, Wrong
from core.research.serving import leave, outcome_or_wrong, serve


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is done, by the names it is told by, and the file to be written.

    Attributes:
        values: every parameter's value, defaults too.
        figures, detail: as of `core.research.service`, and `costs` too: what was measured is in force, whatever the order's terms say.
    """

    path: str
    order: Backtest
    values: dict[str, Any]
    symbol: str
    kind: str
    form: str
    interval_ns: int
    first_ns: int
    last_ns: int
    notes: list[str]
    figures: dict[str, Any]
    detail: Detail
    costs: Paid | None = None


class Written(msgspec.Struct, frozen=True, tag="done"):
    """The page is there: so many bytes."""

    size: int


def write(request: PageRequest, say: Callable[[Any], None]) -> Written | Wrong:
    """Make it and write it; whole or not at all."""
    return outcome_or_wrong(lambda: _written(request), request.path)


def _written(request: PageRequest) -> Written:
    order, costs = request.order, request.costs
    setting = Setting(
        strategy=order.strategy, params=request.values, terms=order.terms if costs is None else costs.over(order.terms),
        source=", ".join(order.sources), symbol=request.symbol, kind=request.kind, form=request.form, interval_ns=request.interval_ns,
        first_ns=request.first_ns, last_ns=request.last_ns, notes=request.notes,
        costs=None if costs is None else (costs.state, costs.words),
    )  # fmt: skip
    data = run_document(request.figures, setting, request.detail)
    made = page(data["title"], data)
    leave(Path(request.path), made)
    return Written(len(made))


if __name__ == "__main__":
    serve(PageRequest, write)
