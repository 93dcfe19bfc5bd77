"""Followers that the tape is too young for: what they lack, and what the venue has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.analyst.pasts import Pasts
from core.analyst.warming import Before, Follower, Tape
from core.analyst.words import Reach
from core.analytics.bar_prints import prints_of_bars
from core.indicators.of_bars import told_by_bars
from core.reach import REACH, reach_from
from core.store.reader import read_ticks
from core.store.span import Zone, tape_zones
from core.types import MINUTE, Records, Symbols

#: Bars that are asked for at most, where one does not need more of them to be known at all.
MOST = 5000

#: A tape that lacks prints for so many ns, and for a whole bar, is broken there: the venue is asked what was in between.
HOLE = 5 * MINUTE


class Lacking(NamedTuple):
    """A follower on a symbol that is not warmed up on all it should be; `reach` None: the tape holds nothing yet to reach back from."""

    one: Follower
    symbol: str
    reach: Reach | None


class Reaching:
    """What the live followers lack.

    Args:
        tape: what they are warmed up on.
        pasts: what the venue has.
        symbols: the engine's.
    """

    def __init__(self, tape: Tape, pasts: Pasts, symbols: Symbols) -> None:
        self._tape, self._pasts, self._symbols = tape, pasts, symbols
        self._lacking: dict[tuple[str, str], Lacking] = {}

    def before(self, symbol: str, followers: Iterable[Follower]) -> dict[str, Before]:
        """What followers of a symbol are given from before its tape, by name, where it came; the others wait for it, if for anything."""
        found: dict[str, Before] = {}
        made: dict[Reach, Before] = {}
        tape = TapeOf(self._tape, symbol)
        for one in followers:
            key = (one.name, symbol)
            reach = lacks(tape, one) if tape.zones else None
            if reach is None and (tape.zones or not can_reach(one)):
                self._lacking.pop(key, None)
                continue
            self._lacking[key] = Lacking(one, symbol, reach)
            bars = None if reach is None else self._pasts.bars(reach)
            if reach is not None and bars is not None:
                found[one.name] = made.setdefault(reach, Before(reach.until_ns, self._prints(symbol, bars)))
        return found

    def _prints(self, symbol: str, bars: Records) -> Records:
        prints = prints_of_bars(bars)
        prints["symbol"] = self._symbols[symbol]
        return prints

    def done(self, symbol: str, before: Iterable[str]) -> None:
        """Followers of a symbol know now what they were given."""
        for name in before:
            self._lacking.pop((name, symbol), None)

    def keep(self, lives: Callable[[Follower, str], bool]) -> None:
        """Wait no more for what is not followed."""
        self._lacking = {key: lacking for key, lacking in self._lacking.items() if lives(lacking.one, lacking.symbol)}

    def ready(self) -> dict[str, list[Follower]]:
        """By symbol those who can be warmed up on more than they were: not before the venue was heard about all of a symbol's intervals, as
        each time its tape is read again."""
        found: dict[str, list[Follower]] = {}
        unheard = {symbol for _, symbol, reach in self._lacking.values() if reach is not None and self._is_unheard(reach)}
        begun: dict[str, bool] = {}
        for one, symbol, reach in self._lacking.values():
            if reach is None and symbol not in begun:
                begun[symbol] = bool(TapeOf(self._tape, symbol).zones)
            if begun[symbol] if reach is None else symbol not in unheard and self._pasts.has(reach):
                found.setdefault(symbol, []).append(one)
        return found

    def _is_unheard(self, reach: Reach) -> bool:
        return not self._pasts.has(reach) and not self._pasts.problem(reach)

    def ask(self) -> None:
        """Have the venue asked for what is lacking."""
        self._pasts.want(lacking.reach for lacking in self._lacking.values() if lacking.reach is not None)

    def why(self, one: Follower, symbol: str) -> str:
        """What is done about what it lacks; '' where nothing can be."""
        lacking = self._lacking.get((one.name, symbol))
        if lacking is None or lacking.reach is None:
            return ""
        problem = self._pasts.problem(lacking.reach)
        venue = symbol.partition(":")[0]
        return f"{venue} is asked again: {problem}" if problem else f"{venue} is being asked for its history"


def can_reach(one: Follower) -> bool:
    """Whether the venue's bars say what it needs to know of the past."""
    count, interval = one.indicator.warming(one.indicator.params(one.values))
    return one.indicator.on_bars and interval > 0 and count > 0 and told_by_bars(one.indicator)


class TapeOf:
    """What the tape holds of a symbol.

    Attributes:
        zones: in order; none where the kind of prints is not known.
    """

    def __init__(self, tape: Tape, symbol: str) -> None:
        self.symbol = symbol
        self.zones = tape_zones(tape.path, symbol, tape.stream) if tape.stream is not None and tape.path.exists() else []
        self._tape = tape
        self._times: dict[int, tuple[int, int]] = {}

    def times(self, at: int) -> tuple[int, int]:
        """(first, last) ns of the prints of a zone; 0, 0 where they are gone."""
        if at not in self._times:
            begin, end, *_ = self.zones[at]
            when = read_ticks(self._tape.path, self.symbol, self._tape.stream, from_ns=begin, to_ns=end, symbols=Symbols())["ts"]
            self._times[at] = (int(when.min()), int(when.max())) if len(when) else (0, 0)
        return self._times[at]


def lacks(tape: TapeOf, one: Follower) -> Reach | None:
    """What a follower needs from before the unbroken end of a tape that holds prints: as much as strategies are given, but no more than
    `MOST` bars where fewer make it known; None where the tape reaches back over it, or bars do not tell it."""
    if not can_reach(one):
        return None
    count, interval = one.indicator.warming(one.indicator.params(one.values))
    wanted = -(-min(REACH * count, max(count, MOST)) // REACH)
    zones, first = tape.zones, len(tape.zones) - 1
    back_to = reach_from(zones[-1].begin_ns, wanted, interval)
    while first and zones[first].begin_ns > back_to and not _torn(zones[first - 1], zones[first], interval):
        first -= 1
    if zones[first].begin_ns <= back_to:
        return None
    start, until = reach_from(tape.times(len(zones) - 1)[1], wanted, interval), tape.times(first)[0]
    return Reach(tape.symbol, interval, start, until) if until >= start + interval else None


def _torn(before: Zone, after: Zone, interval: int) -> bool:
    """Whether prints are missing between two zones, for at least a bar; a silence of the market is no hole: ids go on after it."""
    return after.begin_ns - before.end_ns >= max(interval, HOLE) and after.first_id > before.last_id + 1
