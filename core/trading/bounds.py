"""What the account lets each strategy do before it asks: its loop is told, so paper, audits and venues are judged alike."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from core.trading.risk import Account, Intent, Limits, Rejection, forbidden, room


class Bound(NamedTuple):
    """What a strategy may do, and why not more."""

    mode: str = "normal"
    max_position: float | None = None  # base currency
    reason: str = ""


FREE = Bound()

#: A position limit is told anew where it fell, or rose by so much: each telling is a row of the journal.
EASED = 1.25
TIGHTENED = 0.98


def bound_of(intent: Intent, account: Account, limits: Limits, *, both_sides: bool, before: Bound = FREE) -> Bound:
    """What a strategy on one symbol may do.

    Args:
        intent: its position now; the side it may want is worked out here.
        both_sides: it may go short; else the bound is that of the long side.
        before: the bound it was told: a limit that hardly moved stays as it is.
    """
    if limits.mode == "halt":
        return Bound("halt", None, "the account is halted")
    held = intent.position
    sides = (math.copysign(1.0, held),) if held else (1.0, -1.0) if both_sides else (1.0,)
    wanted = [msgspec.structs.replace(intent, want=side * math.inf) for side in sides]
    if (refused := forbidden(wanted[0], account, limits)) is not None:
        return Bound("reduce_only" if held else "stop_new", None, words(refused))
    mode, reasons = "normal", []
    if held:  # what it may do once it is flat, or turns round
        turned = msgspec.structs.replace(intent, position=0.0, want=math.inf)
        if (refused := forbidden(turned, account, limits)) is not None:
            mode, reasons = "stop_new", [words(refused)]
    most, why = min((room(each, account, limits) for each in wanted), key=lambda found: found[0])
    if most == math.inf:
        return Bound(mode, None, *reasons)
    if most <= 0.0 or most * intent.price < limits.min_notional:
        return Bound("reduce_only" if held else "stop_new", None, words(why))
    known, reason = before.max_position, "; ".join([*reasons, words(why)])
    if known is not None and TIGHTENED * known <= most <= EASED * known:
        return before if before.mode == mode == "normal" else Bound(mode, known, reason)
    return Bound(mode, most, reason)


def words(refused: Rejection) -> str:
    """A rejection in one line."""
    return f"{refused.reason}: {refused.detail}" if refused.detail else refused.reason
