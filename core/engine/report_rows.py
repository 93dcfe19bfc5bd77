"""Rows of the ledger made of the loop's reports: orders, blocks, funding, signals."""

from __future__ import annotations

import json
import math
from typing import Any

from core.engine.roster import Entry
from core.kernels.records import (
    BLOCK_NAMES,
    FILL,
    HALTED,
    MAX_POSITION,
    PLACED,
    REDUCE_ONLY,
    STOP_LOSS,
    STOP_NEW,
    TAKE_PROFIT,
    TRAILING,
)
from core.terms import Terms

#: Blocks that the account may be the cause of, besides that of a largest position.
BOUNDED = (HALTED, STOP_NEW, REDUCE_ONLY)

#: What is said of an order that was placed before.
BEFORE: dict[str, Any] = {"kind": "", "qty": None, "limit_price": None}


def order_row(
    entry: Entry, symbol: str, order_id: str, state: str, aim: float, position: float, seq: int, reason: str, ts: int, what: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """What became of an order, as a row of the ledger."""
    return {
        "order_id": order_id,
        "strategy_id": entry.id,
        "symbol": symbol,
        "state": state,
        "target": aim,
        "position": position,
        "decided_ns": ts,
        "seq": seq,
        "reason": reason,
        "ts_ns": ts,
        **what,
    }


def funding_row(entry: Entry, symbol: str, leg: int, ts: int, seq: int, paid: float, position: float, price: float) -> dict[str, Any]:
    """What a position paid at a boundary, as a row of the ledger."""
    return {
        "funding_id": f"{entry.id}:f{ts}:{leg}",
        "strategy_id": entry.id,
        "symbol": symbol,
        "paid": paid,
        "position": position,
        "price": price,
        "ts_ns": ts,
        "seq": seq,
    }


def block_row(entry: Entry, symbol: str, leg: int, ts: int, seq: int, qty: float, price: float, why: int) -> dict[str, Any]:
    """What was not ordered; of what the account holds back, why it does."""
    because = entry.because if why in BOUNDED else entry.capped if why == MAX_POSITION else ""
    return {
        "block_id": f"{entry.id}:b{seq}:{leg}:{why}",
        "strategy_id": entry.id,
        "symbol": symbol,
        "reason": BLOCK_NAMES[why],
        "detail": (entry.halted if why == HALTED else "") or because.removeprefix(f"{BLOCK_NAMES[why]}: "),
        "qty": qty,
        "price": price,
        "ts_ns": ts,
        "seq": seq,
    }


def what_of(terms: Terms, kind: int, why: int, qty: float, price: float, position: float, aim: float) -> dict[str, Any]:
    """What an order is, as far as its row is the first of it: its kind, its quantity (signed) and its limit.

    Exits that rest are told of when they fill: a take-profit at its limit; at which price a stop waited is not told.
    """
    named, limit = "market", None
    if kind == PLACED and price > 0.0:
        named, limit = terms.entry, price
    elif kind != PLACED and terms.exits == "resting" and why == TAKE_PROFIT:
        named, limit = "limit", price if kind == FILL else None
    elif kind != PLACED and terms.exits == "resting" and why in (STOP_LOSS, TRAILING):
        named = "stop"
    return {"kind": named, "qty": aim - position + qty if kind == FILL else qty, "limit_price": limit}


def signal_row(
    entry: Entry, symbol: str, leg: int, ts: int, seq: int, target: float, before: float, confidence: float, why: int, price: float,
    position: float, outcome: str,
) -> dict[str, Any]:  # fmt: skip
    """A target that changed, as a row of the ledger; the first of a strategy changes it from none."""
    reasons = entry.plan.reasons if entry.plan is not None else ()
    step = target - (before if before == before else 0.0)
    return {
        "signal_id": f"{entry.id}:s{seq}:{leg}",
        "strategy_id": entry.id,
        "symbol": symbol,
        "side": "buy" if step > 0 else "sell" if step < 0 else "hold",
        "target": target,
        "before": before if before == before else None,
        "confidence": confidence if math.isfinite(confidence) else None,
        "reason": reasons[why] if 0 <= why < len(reasons) else "",
        "price": price,
        "position": position,
        "ts_ns": ts,
        "seq": seq,
        "outcome": outcome,
        "metadata": "{}",
    }


def metadata_of(entry: Entry, numbers: list[float]) -> str:
    """JSON of the numbers that go with a signal, `votes.trend` as trend in votes; None is not known."""
    found: dict[str, Any] = {}
    for name, number in zip(entry.plan.details if entry.plan is not None else (), numbers, strict=False):
        group, _, own = name.rpartition(".")
        (found.setdefault(group, {}) if group else found)[own] = number if math.isfinite(number) else None
    return json.dumps(found)
