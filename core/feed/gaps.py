"""Continuity of one symbol's ids: which prints may go on, which wait, which are missing; no I/O, no clock.

A dense id that is missing makes everything behind it wait until it comes (live or fetched), until it is known never
to come, or until its deadline; then a gap row opens, the rest goes on, and what still comes is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.feed.batch import GapEvent, Spike
from core.feed.gap_rows import GapRows
from core.feed.spans import Span, cut, member, overlap, runs
from core.types import TICK, Origin, Records, join

#: A duplicate this far behind the newest id is counted as a possible restart of the venue's numbering.
STEP_BACK = 100_000

#: A print this share away from the one before is flagged.
SPIKE = 0.5


@dataclass(slots=True)
class Outcome:
    """What one step decided: ticks to release (`parts`, joined by `released`), late ticks, changes of gap rows, and counts."""

    parts: list[Records] = field(default_factory=list)
    late: Records = field(default_factory=lambda: np.empty(0, TICK))
    events: list[GapEvent] = field(default_factory=list)
    spikes: list[Spike] = field(default_factory=list)
    duplicates: int = 0
    stepped_back: int = 0

    @property
    def released(self) -> Records:
        """The ticks that may go on, in id order."""
        return join(self.parts)


@dataclass(frozen=True, slots=True)
class Missing:
    """Ids that others wait for, since a moment of the monotonic clock."""

    first: int
    last: int
    since: float
    cause: str


class Continuity:
    """The ids of one symbol. Of those after `last`, each is held, missing, or known never to come.

    Attributes:
        last: every id up to here is released, late, or in a gap row; None before the first print.
        missing: what is waited for, ascending; empty when nothing is held.
        rows: gaps past their deadline whose ids may still come late.
        cause: what the next missing ids will be blamed on.
    """

    __slots__ = ("_held", "_kind", "_price", "_top", "cause", "deadline_s", "last", "missing", "rows", "ts")

    def __init__(
        self,
        symbol: int,
        stream: str,
        *,
        last: int | None = None,
        deadline_s: float = 2.0,
        kind: Literal["dense", "ordered", "none"] = "dense",
        open_rows: Sequence[GapEvent] = (),
    ) -> None:
        self.last = last
        self.missing: list[Missing] = []
        self.rows = GapRows(symbol, stream, open_rows)
        self.cause = "" if last is None else "not recording"
        self.deadline_s = deadline_s
        self.ts = 0  # of the newest released print
        self._price = np.nan
        self._top = -1  # the highest id known, where that is beyond `last`
        self._held: list[Records] = []
        self._kind = kind

    def follows(self, id_: int, ts: int, price: float) -> bool:
        """Whether a print goes straight on; if so it is accounted for. The quick way for the ordinary case."""
        if self.last != id_ - 1 or self.missing or self.cause or not abs(price - self._price) <= SPIKE * self._price:
            return False
        self.last, self.ts, self._price = id_, ts, price
        return True

    def receive(self, ticks: Records, now: float) -> Outcome:
        """Take prints of this symbol, live or fetched, in any order and number."""
        out = Outcome()
        if self._kind == "none":
            self._let_go(ticks, out)
            return out
        ticks = _in_order(ticks, out)
        if not len(ticks):
            return out
        if self.last is None:
            self.last = int(ticks["id"][0]) - 1
        split = int(np.searchsorted(ticks["id"], self.last, side="right"))
        past, ahead = ticks[:split], ticks[split:]
        if len(past):
            self._past(past, out)
        if not len(ahead):
            return out
        if self._kind == "dense":
            self._ahead(ahead, now, out)
        else:
            self.last = int(ahead["id"][-1])
            self._let_go(ahead, out)
        return out

    def never(self, first: int, last: int, cause: str, ts: int, now: float) -> Outcome:
        """These ids will not come (quarantined, or unknown to the venue): they get a row and hold nothing up."""
        out = Outcome()
        if self._kind != "dense":
            return out
        if self.last is None:
            self.last = first - 1
        out.events += self.rows.lose(first, last, cause)
        known = [(m.first, m.last) for m in self.missing]
        lost = overlap(known, first, last)
        beyond = max(first, self._newest() + 1)
        if beyond <= last:
            self._extend([(beyond, last)], now)
            lost.append((beyond, last))
        for a, b in lost:
            self._found(a, b)
            out.events.append(self.rows.lost(a, b, self.ts, ts, cause))
        self._release(out)
        return out

    def expire(self, now: float) -> Outcome:
        """Go on without what is still missing at its deadline; it gets open rows."""
        out = Outcome()
        while (due := self.next_deadline()) is not None and due <= now:
            gap = self.missing.pop(0)
            held = self._hold()
            after = int(np.searchsorted(held["id"], gap.last))
            until = int(held["ts"][after]) if after < len(held) else 0
            out.events.append(self.rows.open(gap.first, gap.last, self.ts, until, gap.cause))
            self._release(out)
        return out

    def next_deadline(self) -> float | None:
        """When `expire` has something to do (monotonic), or None."""
        return self.missing[0].since + self.deadline_s if self.missing else None

    def _past(self, ticks: Records, out: Outcome) -> None:
        """Ids already accounted for: late if an open row waits for them, else duplicates."""
        wanted = member(self.rows.wanted(), ticks["id"])
        late = ticks.compress(wanted)
        out.duplicates += len(ticks) - len(late)
        assert self.last is not None
        out.stepped_back += int((ticks["id"][~wanted] < self.last - STEP_BACK).sum())
        if len(late):
            late["origin"] = Origin.LATE
            late["seq"] = 0
            out.late = late
            for first, last in runs(late["id"]):
                out.events += self.rows.fill(first, last)

    def _ahead(self, ticks: Records, now: float, out: Outcome) -> None:
        """Ids beyond `last`: some may fill what is missing, others leave something missing before them."""
        ids, top = ticks["id"], self._newest()
        new = (ids > top) | member([(m.first, m.last) for m in self.missing], ids)
        if not new.all():
            out.duplicates += len(ids) - int(new.sum())
            ticks, ids = ticks.compress(new), ids.compress(new)
        if not len(ids):
            return
        for first, last in runs(ids[ids <= top]):
            self._found(first, last)
        self._extend(runs(ids[ids > top]), now)
        self._held.append(ticks)
        self._release(out)

    def _newest(self) -> int:
        assert self.last is not None
        return max(self._top, self.last)

    def _extend(self, spans: list[Span], now: float) -> None:
        """New ids beyond the newest: what lies between is missing."""
        top = self._newest()
        for first, last in spans:
            if first > top + 1:
                self.missing.append(Missing(top + 1, first - 1, now, self.cause or "skipped by the stream"))
            top = last
            self.cause = ""
        self._top = top

    def _found(self, first: int, last: int) -> None:
        self.missing = [Missing(a, b, m.since, m.cause) for m in self.missing for a, b in cut([(m.first, m.last)], first, last)]

    def _hold(self) -> Records:
        """What is held, as one array in id order."""
        if len(self._held) > 1:
            held = join(self._held)
            self._held = [held.take(np.argsort(held["id"], kind="stable"))]
        return self._held[0] if self._held else np.empty(0, TICK)

    def _release(self, out: Outcome) -> None:
        """Let go what is held up to the first missing id."""
        bound = self.missing[0].first - 1 if self.missing else self._top
        if self.last is None or bound <= self.last:
            return
        self.last = bound
        held = self._hold()
        split = int(np.searchsorted(held["id"], bound, side="right"))
        self._held = [held[split:]] if split < len(held) else []
        self._let_go(held[:split], out)

    def _let_go(self, ticks: Records, out: Outcome) -> None:
        if not len(ticks):
            return
        prices = ticks["price"]
        before = np.concatenate(([self._price], prices[:-1]))
        for i in np.flatnonzero(np.abs(prices - before) > SPIKE * before).tolist():
            out.spikes.append(Spike(self.rows.symbol, int(ticks["id"][i]), float(prices[i]), float(before[i])))
        self.ts, self._price = int(ticks["ts"][-1]), float(prices[-1])
        out.parts.append(ticks)


def _in_order(ticks: Records, out: Outcome) -> Records:
    """Sorted by id, each id once."""
    if bool((np.diff(ticks["id"]) > 0).all()):
        return ticks
    ticks = ticks.take(np.argsort(ticks["id"], kind="stable"))
    first = np.concatenate(([True], np.diff(ticks["id"]) != 0))
    out.duplicates += len(ticks) - int(first.sum())
    return ticks.compress(first)
