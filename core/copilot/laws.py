"""Whether advice was right, told from figures when it was raised and figures a while later. Pure: no clock, no engine.

Figures are named: `equity`, `capital`, `position`, `price`, `ratio`, `lasted_s`, … A law answers None where they cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Figures: TypeAlias = Mapping[str, float]

#: A change of equity less than this share of the capital is none.
NOTHING = 1e-4


_CLOSED = {"flatten": "flattened", "reduce": "reduced"}


class Outcome(NamedTuple):
    """What came of it: whether the advice was right (None: cannot be told), and in words."""

    hit: bool | None
    words: str


def loses_more(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where the strategy went on losing; flattened or reduced, where the position it held would have lost."""
    if not {"equity", "capital"} <= before.keys() or "equity" not in after:
        return Outcome(None, "it is not there any more")
    least = NOTHING * before["capital"]
    if acted in _CLOSED:
        held = before.get("position", 0.0)
        if not held or "price" not in before or "price" not in after:
            return Outcome(None, f"{_CLOSED[acted]}: what it would have done is not known")
        missed = held * (after["price"] - before["price"])
        if abs(missed) < least:
            return Outcome(None, f"{_CLOSED[acted]}: the price did not move since")
        if acted == "reduce":
            return Outcome(missed < 0, f"what it held then {'lost' if missed < 0 else 'made'} {abs(missed):,.2f} since")
        return Outcome(missed < 0, f"flattening {'saved' if missed < 0 else 'cost'} {abs(missed):,.2f}")
    change = after["equity"] - before["equity"]
    if abs(change) < least and (acted == "pause" or not before.get("position")):
        return Outcome(None, "paused and flat: what it would have done is not known" if acted == "pause" else "it did nothing since")
    if change < -least:
        return Outcome(True, f"lost {-change:,.2f} more{' on the position it kept' if acted == 'pause' else ''}")
    return Outcome(False, f"made {change:,.2f}" if change > least else "lost no more")


def moved_together(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where both made money, or both lost some."""
    if not {"equity", "other", "capital"} <= before.keys() or not {"equity", "other"} <= after.keys():
        return Outcome(None, "one of them is not there any more")
    one, other = after["equity"] - before["equity"], after["other"] - before["other"]
    least = NOTHING * before["capital"]
    if abs(one) < least or abs(other) < least:
        return Outcome(None, "one of them did nothing since")
    return Outcome((one > 0) == (other > 0), f"{one:+,.2f} and {other:+,.2f} since")


def lasted(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where it lasted a minute and more, or went away once something was done; wrong where it passed by itself before."""
    seconds = after.get("lasted_s", 0.0)
    if after.get("over"):
        return Outcome(bool(acted) or seconds >= 60.0, f"over after {_while(seconds)}{f' and {acted}' if acted else ''}")
    return Outcome(True, f"still so after {_while(seconds)}")


def stayed_wide(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where the figure, in multiples of the usual, stayed half again as large as usual."""
    ratio = after.get("ratio")
    if ratio is None:
        return Outcome(None, "nothing comes of it any more")
    return Outcome(ratio >= 1.5, f"{ratio:.1f} times the usual then")


def stayed_apart(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where the z-score of the spread did not come back halfway."""
    was, now = before.get("zscore"), after.get("zscore")
    if was is None or now is None or abs(was) < 0.5:
        return Outcome(None, "how far the spread was from its mean is not known, or it was not")
    return Outcome(abs(now) > abs(was) / 2, f"z from {was:+.2f} to {now:+.2f}")


def stayed_silent(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where there still was no fill."""
    if "fills" not in before or "fills" not in after:
        return Outcome(None, "it is not there any more")
    more = after["fills"] - before["fills"]
    return Outcome(more <= 0, "no fill since" if more <= 0 else f"{more:,.0f} fill{'s' if more > 1 else ''} since")


def shrank(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where less of the disk was free."""
    if "free" not in before or "free" not in after:
        return Outcome(None, "the disk could not be looked at")
    less = before["free"] - after["free"]
    return Outcome(less > 0, f"{abs(less) / 1e9:,.2f} GB {'less' if less > 0 else 'more'} free since")


def still_dear(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where fills still cost more than was assumed."""
    if "paid" not in after or "assumed" not in before:
        return Outcome(None, "it is not there any more")
    return Outcome(after["paid"] > before["assumed"], f"{after['paid']:.1f} bps a fill, {before['assumed']:.1f} assumed")


def was_used(before: Figures, after: Figures, acted: str) -> Outcome:
    """Right where strategies of that name came since."""
    more = after.get("registered", 0.0) - before.get("registered", 0.0)
    return Outcome(more > 0, "registered since" if more > 0 else "not registered since")


def _while(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
