"""The regions of rules that are not plain: they follow their series print by print, and fire when they have been so for long enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from core.alert_rules import AnyRule
from core.alerts.firing import Done, Firing
from core.alerts.series import SECOND, Place, symbol_of
from core.alerts.stay import IN, OUT, UNKNOWN, Part, edges, parts_of, step

#: Takes a rule, its figure, the moment that came about, the time by the clock, and words; what it says, if it may.
Fire: TypeAlias = Callable[[AnyRule, float | None, int, int, str], Firing | None]


class _Seat(NamedTuple):
    """A region of a rule: its part, and its place there."""

    rule: str
    part: int
    region: int


class Turn(NamedTuple):
    """A region's figure came to an edge of it, by this print, at this moment."""

    seq: int
    moment_ns: int
    key: str
    value: float
    silent: bool = False  # it was there when it was first known: nothing fires by that


class Stays:
    """How the parts of rules stand.

    Args:
        rules, done: of the book.
        fire: says what a rule says, where nothing holds it back.
        last: the newest figure of a series.

    Attributes:
        changed: rules whose state went on, since somebody emptied it.
        waiting: parts that are in, and fire when that is long enough.
    """

    def __init__(self, rules: dict[str, AnyRule], done: dict[str, Done], fire: Fire, last: Callable[[str], float | None]) -> None:
        self.changed: set[str] = set()
        self.waiting: set[tuple[str, int]] = set()
        self._rules = rules
        self._done = done
        self._fire = fire
        self._last = last
        self._parts: dict[str, list[Part]] = {}
        self._seats: dict[str, _Seat] = {}
        self._sat: dict[str, dict[str, None]] = {}  # keys of regions, by series

    def __contains__(self, key: str) -> bool:
        return key in self._seats

    def seat(self, rule: AnyRule) -> list[Place]:
        """The places of a rule that is not plain: every edge of its regions."""
        parts, done = parts_of(rule), self._done[rule.id]
        self._parts[rule.id] = parts
        if [len(stay.inside) for stay in done.stays] != [len(part.regions) for part in parts]:
            done.stays = [part.anew() for part in parts]
            for stay in done.stays:
                stay.armed = done.armed
        places = []
        for number, part in enumerate(parts):
            if done.stays[number].since_ns:
                self.waiting.add((rule.id, number))
            for at, region in enumerate(part.regions):
                key = f"{rule.id} {number} {at}"  # an id has no spaces
                self._seats[key] = _Seat(rule.id, number, at)
                self._sat.setdefault(region.series, {})[key] = None
                places += [Place(region.series, side, level, key) for side, level in edges(region)]
        return places

    def unseat(self, rule: AnyRule, places: Iterable[Place]) -> None:
        """A rule goes, or is set anew."""
        self.waiting -= {(rule.id, number) for number, _ in enumerate(self._parts.pop(rule.id, ()))}
        for place in places:
            if self._seats.pop(place.key, None) is not None:
                self._sat[place.series].pop(place.key, None)
                if not self._sat[place.series]:
                    del self._sat[place.series]

    def begin(self, series: Iterable[str]) -> None:
        """Take up what is known of these series by now; what it means is told, if at all, by `holds`."""
        for name in series:
            last = self._last(name)
            for turn in self.learn(name, last) if last is not None else ():
                self._place(self._seats[turn.key], turn.value)
                if turn.silent:
                    self._see(self._seats[turn.key])

    def holds(self, id_: str, now_ns: int, words: str) -> list[Firing]:
        """What a rule that was just set says of what is so already."""
        return [said for number, _ in enumerate(self._parts[id_]) for said in self._evaluate(id_, number, None, now_ns, now_ns, words)]

    def learn(self, name: str, value: float, seq: int = 0, moment_ns: int = 0) -> list[Turn]:
        """A series' figure is known by now: what that means for regions of which nothing was known."""
        seats = [(key, self._seats[key]) for key in self._sat.get(name, ())]
        return [
            Turn(seq, moment_ns, key, value, self._rules[seat.rule].crosses)
            for key, seat in seats
            if self._done[seat.rule].stays[seat.part].inside[seat.region] == UNKNOWN
        ]

    def know(self, name: str, value: float) -> None:
        """Take up a figure whose meaning was told before."""
        for turn in self.learn(name, value):
            self._place(self._seats[turn.key], turn.value)
            self._see(self._seats[turn.key])

    def settle(self, turns: list[Turn], now_ns: int, words: str = "") -> list[Firing]:
        """Let regions follow their turns, in the order of the prints that brought them; what fires by that."""
        firings: list[Firing] = []
        turns.sort(key=attrgetter("seq"))
        for _, same in groupby(turns, key=attrgetter("seq")):
            moved: dict[tuple[str, int], Turn] = {}
            seen: list[_Seat] = []
            for turn in same:
                seat = self._seats[turn.key]
                self._place(seat, turn.value)
                if turn.silent:
                    seen.append(seat)
                else:
                    moved[seat.rule, seat.part] = turn
            for seat in seen:
                if (seat.rule, seat.part) not in moved:
                    self._see(seat)
            for (id_, number), turn in moved.items():
                firings += self._evaluate(id_, number, turn.value, turn.moment_ns, now_ns, words)
        return firings

    def _see(self, seat: _Seat) -> None:
        """A part is as it is, and nothing comes of that."""
        stay = self._done[seat.rule].stays[seat.part]
        stay.whole = self._parts[seat.rule][seat.part].whole(stay.inside)

    def _place(self, seat: _Seat, value: float) -> None:
        region, stay = self._parts[seat.rule][seat.part].regions[seat.region], self._done[seat.rule].stays[seat.part]
        inside = region.holds(value)
        stay.inside[seat.region] = IN if inside else OUT
        stay.near[seat.region] = inside or (stay.near[seat.region] and region.near(value))
        self.changed.add(seat.rule)

    def _evaluate(self, id_: str, number: int, value: float | None, moment_ns: int, now_ns: int, words: str) -> list[Firing]:
        rule, part, stay = self._rules[id_], self._parts[id_][number], self._done[id_].stays[number]
        fired = step(part, stay, moment_ns, int(rule.for_s * SECOND))
        (self.waiting.add if stay.since_ns else self.waiting.discard)((id_, number))
        self.changed.add(id_)
        if value is None:
            value = self._last(part.regions[0].series)
        self._done[id_].armed = all(stay.armed for stay in self._done[id_].stays)
        return [] if fired is None else self._told(id_, number, value, fired, now_ns, words)

    def _told(self, id_: str, number: int, value: float | None, moment_ns: int, now_ns: int, words: str = "") -> list[Firing]:
        """Fire for a part; once it has, it waits until its figures have gone back."""
        done, part = self._done[id_], self._parts[id_][number]
        firing = self._fire(self._rules[id_], value, moment_ns, now_ns, words)
        if firing is None:
            return []
        done.stays[number].armed = not part.near(done.stays[number].near)
        done.armed = all(stay.armed for stay in done.stays)
        return [firing]

    def ripen(self, now_ns: int, known_to: Callable[[str], int]) -> list[Firing]:
        """What has been so for long enough; `known_to` says up to which time a symbol's prints are known."""
        firings = []
        for id_, number in sorted(self.waiting):
            rule, part, stay = self._rules[id_], self._parts[id_][number], self._done[id_].stays[number]
            symbols = {symbol_of(region.series) for region in part.regions} - {""}
            moment = min((known_to(symbol) for symbol in symbols), default=now_ns)
            if moment - stay.since_ns >= rule.for_s * SECOND:
                due = stay.since_ns + int(rule.for_s * SECOND)
                stay.since_ns = 0
                self.waiting.discard((id_, number))
                self.changed.add(id_)
                firings += self._told(id_, number, None, due, now_ns)
        return firings
