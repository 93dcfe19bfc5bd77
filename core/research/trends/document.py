"""Trends as one JSON document: what does not exist is null, and the words say why."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import Any

from core.analytics.trend import evidence_of
from core.clock import iso
from core.research.trends.matrix import Ask, Cell, Fit
from core.types import interval_text

#: Figures of a backtest that stand behind a suggestion; `cockpit backtest` has all.
HEADLINES = ("trades", "net_pnl", "fees", "win_rate", "profit_factor", "max_drawdown", "max_drawdown_pct", "sharpe")


def document(ask: Ask, cells: Sequence[Cell]) -> dict[str, Any]:
    """`symbols`, a row a symbol and interval; `bars`: how many newest bars are judged at most."""
    return {"symbols": [_row(cell) for cell in cells], "bars": ask.most}


def _row(cell: Cell) -> dict[str, Any]:
    reading, verdict, found = cell.reading, cell.reading.verdict, cell.reading.measures
    row: dict[str, Any] = {
        "symbol": cell.symbol,
        "interval": None if cell.interval_ns is None else interval_text(cell.interval_ns),
        "trend": None if verdict is None else verdict.trend,
        "confidence": None if verdict is None else round(verdict.confidence, 4),
        "status": reading.status,
        "evidence": [],
        "suggestions": [_suggestion(fit) for fit in cell.fits],
        "likely": None if verdict is None else {name: round(share, 4) for name, share in verdict.likely.items()},
        "n": reading.bars if found is None else found.bars,
        "unpriced": reading.unpriced,
        **dict.fromkeys(("missing", "min", "max", "change_pct", "from_ns", "to_ns", "change_points_ns")),
        "notes": cell.notes,
    }
    if found is not None:
        row["evidence"] = [
            {"name": one.name, "value": one.value, "unit": one.unit, "sentence": one.sentence, "weighed": one.weighed}
            for one in evidence_of(found)
        ]
        row |= {
            "missing": found.missing, "min": found.low, "max": found.high,
            "change_pct": 100 * found.change if math.isfinite(found.change) else None,
            "from_ns": found.first_ns, "to_ns": found.last_ns, "change_points_ns": found.changes,
        }  # fmt: skip
    return row


def _suggestion(fit: Fit) -> dict[str, Any]:
    found: dict[str, Any] = {
        "strategy": fit.suggestion.strategy, "reason": fit.suggestion.reason, "params": fit.order.params,
        "side": fit.order.terms.side, "command": command(fit),
    }  # fmt: skip
    if fit.failed:
        found["backtest"] = {"error": fit.failed}
    elif fit.figures is not None:
        found["backtest"] = {name: fit.figures.get(name) for name in HEADLINES}
    return found


def command(fit: Fit) -> str:
    """What a person types for the backtest; the terms that are not said are the configured ones."""
    order = fit.order
    words = ["cockpit", "backtest", *order.sources, "--strategy", order.strategy]
    if order.symbol is not None and not order.symbol.startswith("file:") and not order.sources[0].startswith("tape:"):
        words += ["--symbol", order.symbol]
    words += ["--param", *(f"{name}={value}" for name, value in order.params.items()), "--side", order.terms.side]
    words += ["--from", iso(order.from_ns)] if order.from_ns is not None else []
    words += ["--to", iso(order.to_ns)] if order.to_ns is not None else []
    words += ["--allow-gaps"] if order.allow_gaps else []
    return " ".join(shlex.quote(word) for word in words)
