"""From what the parsers and the back-fill give to batches in the canonical order: all symbols of one venue, no I/O, no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.feed.batch import Batch, Counters, GapEvent, Spike, Want
from core.feed.gaps import Continuity, Outcome
from core.feed.sequencer import Sequencer
from core.feed.spans import Span, cut, within
from core.types import QUOTE, Records, join
from core.venues.venue import Parsed, Venue

#: How soon prints that could not be read are asked for over REST: 300 symbols at once would take half the weight limit.
UNREAD_AFTER_S = 20.0


class Intake:
    """Gathers ticks, quotes and gap rows until `take`. Times are monotonic seconds."""

    def __init__(self, venue: Venue, sequencer: Sequencer, *, deadline_s: float = 2.0) -> None:
        self.counters = Counters()
        self._venue = venue
        self._sequencer = sequencer
        self._deadline_s = deadline_s
        self._lines: dict[int, Continuity] = {}
        self._parked: dict[int, Continuity] = {}
        self._holding: set[int] = set()
        self._open: dict[int, int] = {}
        self._doubts: dict[int, float] = {}
        self._seen: dict[int, int | None] = {}
        self._held: frozenset[int] = frozenset()
        self._arrived = 0
        self._news = False
        self._released: list[Records] = []
        self._late: list[Records] = []
        self._quotes: list[Records] = []
        self._events: list[GapEvent] = []
        self._spikes: list[Spike] = []

    def follow(self, symbol: int, *, last: int | None = None, open_rows: Sequence[GapEvent] = ()) -> None:
        """Take prints of a symbol from now on; `last` is the newest id accounted for by an earlier run."""
        line = self._parked.pop(symbol, None)
        if line is None:
            kind = self._venue.ids
            line = Continuity(symbol, self._venue.stream, last=last, deadline_s=self._deadline_s, kind=kind, open_rows=open_rows)
        self._lines[symbol] = line
        self._settle(line, Outcome())

    def park(self, symbol: int) -> None:
        """Take no more prints of a symbol: what waits is released now. Followed again, it goes on from there."""
        line = self._lines.get(symbol)
        if line is not None:
            self._number([self._settle(line, line.expire(float("inf")))])
            line.cause = "not recording"
            self._parked[symbol] = self._lines.pop(symbol)
            self._open.pop(symbol, None)
            self._doubts.pop(symbol, None)
            self.counters.gaps_open = sum(self._open.values())

    def doubt(self, symbol: int, cause: str, due: float) -> None:
        """Ids of a symbol may be missing for this cause. Its next print shows whether; without one, ask for them at `due`."""
        line = self._lines.get(symbol)
        if line is not None and line.last is not None and self._venue.ids == "dense":
            line.cause = line.cause or cause
            self._doubts[symbol] = min(due, self._doubts.get(symbol, math.inf))
            self._news = True

    def doubt_quiet(self, due: float) -> None:
        """Doubt every symbol of which nothing came since this was called last: its stream may be stuck."""
        for symbol, line in self._lines.items():
            if self._seen.get(symbol) == line.last and symbol not in self._doubts:
                self.doubt(symbol, "skipped by the stream", due)
        self._seen = {symbol: line.last for symbol, line in self._lines.items()}

    def trust(self, symbol: int) -> None:
        """The venue has nothing after the newest id of a symbol."""
        line = self._lines.get(symbol)
        if line is not None and symbol in self._doubts:
            line.cause = ""
            del self._doubts[symbol]

    def receive(self, parsed: Parsed, now: float) -> None:
        """Take what a connection's frames held."""
        counters = self.counters
        counters.malformed += parsed.malformed
        if len(parsed.quotes):
            counters.quotes += len(parsed.quotes)
            self._quotes.append(parsed.quotes)
        if len(parsed.ticks):
            done = self._follow_on(parsed.ticks)
            if done < len(parsed.ticks):
                self._sort_out(parsed.ticks[done:], now)
        for refused in parsed.quarantined:
            counters.quarantined += 1
            self._never(refused.symbol, refused.id, refused.id, "quarantined", refused.ts, now)
        for unread in parsed.unreadable:
            if unread.what == "prints":
                self.doubt(unread.symbol, "not readable", now + UNREAD_AFTER_S)

    def fetched(self, symbol: int, ticks: Records, now: float) -> None:
        """Take prints of one symbol that were asked for."""
        line = self._lines.get(symbol)
        if line is not None and len(ticks):
            out = line.receive(self._stamped(ticks), now)
            self.counters.backfilled += len(ticks) - out.duplicates
            self._number([self._settle(line, out)])

    def unknown(self, symbol: int, first: int, last: int, cause: str, now: float) -> None:
        """The venue does not have these ids."""
        self._never(symbol, first, last, cause, 0, now)

    def expire(self, now: float) -> None:
        """Go on without what is missing at its deadline."""
        lines = [self._lines[symbol] for symbol in sorted(self._holding)]
        due = [line for line in lines if (deadline := line.next_deadline()) is not None and deadline <= now]
        self._number([self._settle(line, line.expire(now)) for line in due])

    def next_deadline(self) -> float | None:
        """When `expire` has something to do, or None."""
        return min((due for s in self._holding if (due := self._lines[s].next_deadline()) is not None), default=None)

    def next_id(self, symbol: int) -> int:
        """The id of a symbol that goes straight on."""
        line = self._lines.get(symbol)
        return 0 if line is None or line.last is None else line.last + 1

    def next_probe(self, asked: Sequence[Want] = ()) -> float | None:
        """When the next doubt is due, or None; those of which a probe is among `asked` aside."""
        probed = {want.symbol for want in asked if want.probe}
        return min((due for symbol, due in self._doubts.items() if symbol not in self._holding and symbol not in probed), default=None)

    def wants(self, page: int, now: float, asked: Sequence[Want] = ()) -> list[Want]:
        """What is worth fetching `page` ids at a time, and is not being asked for already: of each symbol what holds others up, then
        what would come late."""
        found = []
        for symbol in sorted(self._holding | self._open.keys() | self._doubts.keys()):
            line = self._lines[symbol]
            mine = [want for want in asked if want.symbol == symbol]
            if line.missing:
                if spans := without([(m.first, m.last) for m in line.missing], mine):
                    found.append(Want(symbol, within(spans, page), line.missing[0].since))
            elif line.last is not None and self._doubts.get(symbol, math.inf) <= now and not any(want.probe for want in mine):
                found.append(Want(symbol, ((line.last + 1, line.last + page),), self._doubts[symbol], probe=True))
            if line.rows and (spans := without(line.rows.wanted(), mine)):
                found.append(Want(symbol, within(spans, page), None))
        return found

    @property
    def held(self) -> set[int]:
        """Symbols whose ticks wait for missing ones."""
        return self._holding

    def take_news(self) -> bool:
        """Whether there may be more to fetch than when this was asked last."""
        news, self._news = self._news, False
        return news

    def take(self) -> Batch | None:
        """What gathered since the last batch, or None: nothing new."""
        held = self._held if self._held == self._holding else frozenset(self._holding)
        if not (self._released or self._late or self._quotes or self._events) and held is self._held:
            return None
        self._held = held
        batch = Batch(
            self.counters,
            join(self._released),
            join(self._late),
            join(self._quotes, QUOTE),
            tuple(self._events),
            held,
            tuple(self._spikes),
        )
        self._released, self._late, self._quotes, self._events, self._spikes = [], [], [], [], []
        return batch

    def _follow_on(self, ticks: Records) -> int:
        """Release the prints that go straight on, up to the first that does not; how many they are."""
        lines, count = self._lines, 0
        columns = zip(ticks["symbol"].tolist(), ticks["id"].tolist(), ticks["ts"].tolist(), ticks["price"].tolist(), strict=True)
        for symbol, id_, ts, price in columns:
            line = lines.get(symbol)
            if line is None or not line.follows(id_, ts, price):
                break
            count += 1
        if count:
            self._number([ticks[:count]])
        return count

    def _sort_out(self, ticks: Records, now: float) -> None:
        """Prints of which at least one does not go straight on, symbol by symbol."""
        ticks = self._stamped(ticks)
        parts = []
        for symbol in np.unique(ticks["symbol"]).tolist():
            mine = ticks.compress(ticks["symbol"] == symbol)
            line = self._lines.get(symbol)
            if line is None:
                self.counters.unwatched += len(mine)
            else:
                parts.append(self._settle(line, line.receive(mine, now)))
        self._number(parts)

    def _never(self, symbol: int, first: int, last: int, cause: str, ts: int, now: float) -> None:
        line = self._lines.get(symbol)
        if line is not None:
            self._number([self._settle(line, line.never(first, last, cause, ts, now))])

    def _settle(self, line: Continuity, out: Outcome) -> Records:
        """Count and gather what a step decided; returns what it released, not yet numbered."""
        counters, symbol = self.counters, line.rows.symbol
        counters.duplicates += out.duplicates
        counters.stepped_back += out.stepped_back
        counters.late += len(out.late)
        counters.spikes += len(out.spikes)
        counters.gaps += sum(event.state == "open" for event in out.events)
        if len(out.late):
            self._late.append(out.late)
        self._events += out.events
        self._spikes += out.spikes
        self._news |= bool(line.missing) or bool(out.events)
        if not line.cause:
            self._doubts.pop(symbol, None)
        (self._holding.add if line.missing else self._holding.discard)(symbol)
        if len(line.rows) != self._open.get(symbol, 0):
            self._open[symbol] = len(line.rows)
            self._open = {key: rows for key, rows in self._open.items() if rows}
            counters.gaps_open = sum(self._open.values())
        return out.released

    def _number(self, parts: list[Records]) -> None:
        numbered = self._sequencer.number(parts)
        if len(numbered):
            self.counters.ticks += len(numbered)
            self._released.append(numbered)

    def _stamped(self, ticks: Records) -> Records:
        """With the arrival number in `seq`, as the sequencer wants it."""
        ticks["seq"] = np.arange(self._arrived, self._arrived + len(ticks))
        self._arrived += len(ticks)
        return ticks


def without(spans: list[Span], asked: Sequence[Want]) -> list[Span]:
    """The spans less what is being asked for."""
    for first, last in (span for want in asked for span in want.spans):
        spans = cut(spans, first, last)
    return spans
