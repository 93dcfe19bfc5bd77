"""Rules that more than a crossing is asked of: a band, several conditions, so long, so far back. How each stands, figure by figure.

A rule has parts, each of which fires by itself: a group is one, else each of its regions is one. A part is in when its conditions
are, stays in for as long as they hold, and is armed again once they have gone back far enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from core.alert_rules import AnyRule, GroupRule, Region

UNKNOWN, OUT, IN = -1, 0, 1


class Stay(Struct, array_like=True):
    """How one part of a rule stands.

    Attributes:
        inside: of each of its regions: IN, OUT, or UNKNOWN.
        near: of each, that it has not been left far enough to fire again.
        whole: the same as `inside` of all of them together.
        armed: it can fire.
        since_ns: it is in since then, and fires when that is long enough; 0 it does not wait for that.
    """

    inside: list[int]
    near: list[bool]
    whole: int = UNKNOWN
    armed: bool = True
    since_ns: int = 0


class Part(NamedTuple):
    """What of a rule fires by itself: its regions, and which of them make up each condition (any of these is enough)."""

    regions: tuple[Region, ...]
    leaves: tuple[tuple[int, ...], ...]
    every: bool

    def anew(self) -> Stay:
        """Where nothing is known yet."""
        return Stay([UNKNOWN] * len(self.regions), [False] * len(self.regions))

    def whole(self, inside: list[int]) -> int:
        """Whether all its conditions are in, or any, as it asks for."""
        each = [max((inside[place] for place in leaf), key=_TRUTH.__getitem__) for leaf in self.leaves]
        return min(each, key=_TRUTH.__getitem__) if self.every else max(each, key=_TRUTH.__getitem__)

    def near(self, near: list[bool]) -> bool:
        """The same of not having gone back far enough."""
        each = (any(near[place] for place in leaf) for leaf in self.leaves)
        return all(each) if self.every else any(each)


#: What decides: of several conditions that must all be so, one that is not; of any, one that is.
_TRUTH = {OUT: 0, UNKNOWN: 1, IN: 2}


def is_plain(rule: AnyRule) -> bool:
    """Whether a rule asks for crossings and no more: each is looked at by itself, and nothing need be remembered."""
    one_sided = all(region.low == -_INF or region.high == _INF for region in rule.regions)
    return one_sided and not rule.for_s and not any(region.slack for region in rule.regions) and len(rule.leaves) == 1


_INF = float("inf")


def parts_of(rule: AnyRule) -> list[Part]:
    """The parts of a rule; a group of one condition has those of the condition."""
    if isinstance(rule, GroupRule) and len(rule.conditions) > 1:
        places, leaves = 0, []
        for leaf in rule.conditions:
            leaves.append(tuple(range(places, places + len(leaf.regions))))
            places += len(leaf.regions)
        return [Part(rule.regions, tuple(leaves), rule.of == "all")]
    return [Part((region,), ((0,),), True) for region in rule.regions]


def step(part: Part, stay: Stay, moment_ns: int, for_ns: int) -> int | None:
    """Its regions changed at this moment; when it fired by that, None it did not."""
    before, stay.whole = stay.whole, part.whole(stay.inside)
    fired = None
    if stay.whole != IN:
        if stay.since_ns and moment_ns - stay.since_ns >= for_ns:  # it was so until just now
            fired = stay.since_ns + for_ns
        stay.since_ns = 0
    elif before != IN and stay.armed:
        if for_ns:
            stay.since_ns = max(moment_ns, 1)
        else:
            fired = moment_ns
    if not stay.armed and not part.near(stay.near):
        stay.armed = True
    return fired


def edges(region: Region) -> Iterator[tuple[str, float]]:
    """The levels, with their sides, at which a figure comes into a region, leaves it, and has gone back far enough."""
    for edge, into, out, beyond in ((region.low, "above", "below", -_INF), (region.high, "below", "above", _INF)):
        if abs(edge) != _INF:
            yield into, edge
            yield out, math.nextafter(edge, beyond)
            if region.slack > 0:
                yield out, edge - region.slack if out == "below" else edge + region.slack
