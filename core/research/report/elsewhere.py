"""What other stretches of time, and chance, say of a choice, for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.research.report.page import milliseconds
from core.research.search.montecarlo import MonteCarlo
from core.research.search.validation import FoldResult, Validation
from core.types import DAY


def fold_document(one: Validation, first_ns: int) -> dict[str, Any]:
    """Of one validation; `first_ns` is the first row of its symbol."""
    lost = sum(fold.test_pnl < 0 for fold in one.folds)
    words = f"Parameters are chosen on one stretch and judged on another. All tests together: net P&L {one.test_pnl:+,.2f}; "
    words += f"{lost} of {len(one.folds)} folds lost"
    if one.efficiency is not None:
        words += f"; a day in the tests made {one.efficiency:.0%} of what a day in training did"
    return {"way": one.way, "symbol": one.symbol, "words": words + ".", "folds": [_fold(fold, first_ns) for fold in one.folds]}


def _fold(fold: FoldResult, first_ns: int) -> dict[str, Any]:
    train, test = ([milliseconds(max(ns, first_ns)) for ns in ends] for ends in (fold.train, fold.test))
    return {
        "train": train,
        "test": test,
        "chosen": params_text(fold.params),
        "train_pnl": fold.train_pnl,
        "test_pnl": fold.test_pnl,
        "train_day": fold.train_pnl / _days(train),
        "test_day": fold.test_pnl / _days(test),
        "train_sharpe": fold.train_sharpe,
        "test_sharpe": fold.test_sharpe,
        "trades": fold.trades,
    }


def _days(ends: Sequence[int]) -> float:
    return max(ends[1] - ends[0], 1) * 1_000_000 / DAY


def chance_documents(chance: MonteCarlo) -> Iterator[dict[str, Any]]:
    """Part by part, with its words."""
    if chance.redrawn:
        words = (
            f"Its periods drawn again in blocks, {chance.redrawn.paths:,} paths; {chance.redrawn.ruin:.1%} of them lost half the capital."
        )
        yield {"words": words, "net_pnl": chance.redrawn.net_pnl, "max_drawdown": chance.redrawn.max_drawdown}
    if chance.jittered:
        other = chance.jittered
        words = (
            f"Run again {other.runs:,} times, prices off by {other.price_bps:g} bp, costs times {other.cost[0]:g} to {other.cost[1]:g}: "
            f"{other.losing:.0%} lost."
        )
        yield {"words": words, "net_pnl": other.net_pnl, "max_drawdown": other.max_drawdown}


def params_text(params: Mapping[str, Any]) -> str:
    """`fast=5 slow=20`."""
    return " ".join(f"{name}={value}" for name, value in params.items())
