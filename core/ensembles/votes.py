"""Kernels of the vote: what each member's opinion counts, what they come to, and which side is held, entered or held back."""

from __future__ import annotations

import math
from typing import Any

from core.conditions.verdicts import gte
from core.ensembles.validators import FAILED, PASSED

#: The fields of a state that the vote looks at. `target` is the side in force; `asked` the one that validators hold back (0: none) and
#: `refused` a bit for each validator that did; `rejected` says both, below 0 for short; `known` 1: there was a vote once.
FIELDS = [
    ("confidence", "f8"),
    ("reason", "i8"),
    ("rejected", "i8"),
    ("target", "f8"),
    ("asked", "f8"),
    ("refused", "i8"),
    ("known", "i8"),
]

NEUTRAL = 0
TOO_FEW = 1
FADED = 2
TURNED = 3
HELD_BACK = 4

#: Why the target is what it is, by number. Those of validators come after them, then how many members are for long, then for short.
REASONS = (
    "no side has the votes",
    "too few members have an opinion",
    "the vote for it has faded",
    "the vote has turned, but the other side is held back",
)

#: What `side` may be: the sides that are taken.
SIDES = ("both", "long", "short")
LONG_ALONE = 1
SHORT_ALONE = 2

#: Where the numbers of the vote lie in `detail`: itself first, then the members' opinions.
VOTE = 0
OPINIONS = 1


def sure(confidence: float) -> float:
    """A confidence as it counts: 0 to 1, 0 where it is no number."""
    if confidence > 1.0:
        return 1.0
    return confidence if confidence > 0.0 else 0.0


def opinion_of(target: float, confidence: float) -> float:
    """What a member says: its side, as sure as it is; NaN where it has given no target yet."""
    if target > 0.0:
        return sure(confidence)
    if target < 0.0:
        return -sure(confidence)
    return 0.0 if target == 0.0 else math.nan


def tally(detail: Any, weights: Any, members: int, quorum: float) -> float:
    """The sum of weight times opinion over the sum of weights, of those that have one; NaN where their weight is below the quorum.

    Args:
        detail, weights: the members' opinions from OPINIONS on, and their weights.
    """
    total = 0.0
    weight = 0.0
    for i in range(members):
        opinion = detail[OPINIONS + i]
        if opinion == opinion:
            total += weights[i] * opinion
            weight += weights[i]
    if weight <= 0.0 or not gte(weight, quorum):
        return math.nan
    return total / weight


def agreeing(detail: Any, members: int, side: float) -> int:
    """How many members are for a side."""
    count = 0
    for i in range(members):
        if detail[OPINIONS + i] * side > 0.0:
            count += 1
    return count


def wanted(held: float, vote: float, threshold: float, leave: float, side: int) -> float:
    """The side to be on: taken at a vote of `threshold` for it, held down to `leave`; 0 for neither."""
    if vote != vote:
        return 0.0
    if side != SHORT_ALONE and gte(vote, threshold):
        return 1.0
    if side != LONG_ALONE and gte(-vote, threshold):
        return -1.0
    if held != 0.0 and gte(held * vote, leave):
        return held
    return 0.0


def against(detail: Any, first: int, validators: int, lenient: bool) -> int:
    """A bit for each validator that does not let an entry pass.

    Args:
        first: where their verdicts begin.
        lenient: what is not known passes.
    """
    found = 0
    for i in range(validators):
        verdict = detail[first + i]
        if verdict == FAILED or (verdict != PASSED and not lenient):
            found |= 1 << i
    return found


def hold_back(s: Any, side: float, failed: int, leave: float) -> None:
    """Note that validators keep a side from being entered: each is told once, until the vote for the side falls below `leave`."""
    if s.asked != side:
        s.asked = side
        s.refused = 0
    fresh = failed & ~s.refused
    if fresh == 0:
        return
    s.refused |= failed
    s.rejected = s.refused if side > 0.0 else -s.refused
    place = 0
    while fresh & 1 == 0:
        fresh >>= 1
        place += 1
    s.reason = HELD_BACK + place


def let_go(s: Any) -> None:
    """Nothing is held back any more."""
    s.asked = 0.0
    s.refused = 0
    s.rejected = 0


def decide(s: Any, members: int, validators: int, failed: int, threshold: float, leave: float, side: int) -> float:
    """Take a vote; the target, NaN before there was one.

    Args:
        s: a record with FIELDS and `detail`.
        failed: validators that do not let an entry pass, a bit each; 0 where they are not asked.
        threshold, leave: votes at which a side is taken, and below which it is left.
    """
    vote = s.detail[VOTE]
    if vote == vote:
        s.known = 1
    if s.asked != 0.0 and (vote != vote or not gte(s.asked * vote, leave)):
        let_go(s)
        s.reason = NEUTRAL if vote == vote else TOO_FEW
    want = wanted(s.target, vote, threshold, leave, side)
    if want != s.target:
        enter(s, members, validators, failed, want, leave)
    s.confidence = abs(vote) if vote == vote else 0.0
    if s.known == 0:
        return math.nan
    target: float = s.target
    return target


def enter(s: Any, members: int, validators: int, failed: int, want: float, leave: float) -> None:
    """Leave the side in force for the one that is wanted, or say what holds that one back."""
    if want == 0.0:
        s.reason = FADED if s.detail[VOTE] == s.detail[VOTE] else TOO_FEW
        s.target = 0.0
    elif failed == 0:
        let_go(s)
        s.target = want
        s.reason = HELD_BACK + validators + agreeing(s.detail, members, want) + (0 if want > 0.0 else members + 1)
    elif s.target != 0.0:  # the side in force is left first; what holds the other one back is told with the next print
        s.target = 0.0
        s.reason = TURNED
    else:
        hold_back(s, want, failed, leave)
