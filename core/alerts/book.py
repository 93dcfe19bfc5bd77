"""The rules that are set, what each has done, and the series they watch: figures go in, firings come out.

Prices come in batches and are looked at print by print; the other figures come one at a time. A rule fires when its figure comes to where
it asks for, or has been there for long enough, unless it is switched off, snoozed, spent (`once`), over, fired less than its cooldown
ago, or its figure has not gone back far enough since. However prints are batched, and wherever somebody took up a state, the same fires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.alert_rules import AnyRule, Region
from core.alerts.firing import Done, Firing, Mark, happened
from core.alerts.levels import Crossing
from core.alerts.series import SECOND, Place, Series, symbol_of
from core.alerts.stay import is_plain, parts_of
from core.alerts.stays import Stays, Turn
from core.alerts.window import Window


class Line(NamedTuple):
    """Figures of a series that is no price, beside prints: each as of the print of a seq, and its time."""

    series: str
    values: NDArray[np.float64]
    seqs: NDArray[np.int64]
    times: NDArray[np.int64]


class Book:
    """All rules.

    Args:
        by_prints: the time is that of the prints, as in a test over the past; else the clock's of who looks.

    Attributes:
        rules: by id, in the order they were set.
        done: what each has done.
        shelf: the series they look at.
    """

    def __init__(self, *, by_prints: bool = False) -> None:
        self.rules: dict[str, AnyRule] = {}
        self.done: dict[str, Done] = {}
        self.shelf = Series()
        self._stays = Stays(self.rules, self.done, self._fire, self.last)
        self._by_prints = by_prints
        self._places: dict[str, list[Place]] = {}

    def __len__(self) -> int:
        return len(self.rules)

    def put(self, rule: AnyRule, *, times: int) -> bool:
        """Take a rule, in the place of one with its id; `times`: how often that id was set. True where a window of time of it is new."""
        known = self.rules.get(rule.id)
        if known is not None:
            self._unhook(known)
        done = self.done.setdefault(rule.id, Done())
        if done.set_ != times:
            same = known is not None and (parts_of(known), known.for_s) == (parts_of(rule), rule.for_s)
            done.set_, done.spent, done.fired_ns = times, False, done.fired_ns if same else 0
            if not same:
                done.armed, done.stays = True, []
        self.rules[rule.id] = rule
        return self._hook(rule)

    def remove(self, id_: str) -> None:
        """Forget a rule."""
        self._unhook(self.rules.pop(id_))
        self.done.pop(id_, None)
        self.changed.discard(id_)

    def snooze(self, id_: str, until_ns: int) -> None:
        """Keep a rule from firing until then."""
        self.rules[id_] = msgspec.structs.replace(self.rules[id_], snoozed_until_ns=until_ns)

    @property
    def changed(self) -> set[str]:
        """Rules whose state went on, since somebody emptied it."""
        return self._stays.changed

    @property
    def touched(self) -> set[str]:
        """Series in which a level was passed, since somebody emptied it."""
        return self.shelf.touched

    @property
    def marks(self) -> dict[str, Mark]:
        """The newest print of each symbol that rules look at."""
        return self.shelf.marks

    def series(self, kind: str) -> list[str]:
        """What the series of a kind are about, without the kind: `series("pnl")` are strategies."""
        return [name.partition(" ")[2] for name in self.shelf.levels if name.partition(" ")[0] == kind]

    def last(self, watches: str) -> float | None:
        """The newest figure of a series."""
        levels = self.shelf.levels.get(watches)
        return None if levels is None else levels.last

    def windows(self, symbol: str) -> Iterable[Window]:
        """The windows of time on a symbol."""
        return self.shelf.windows.get(symbol, {}).values()

    def begin(self, symbol: str, mark: Mark) -> None:
        """Where to look at a symbol's prints from, when nobody did before."""
        self._stays.begin(self.shelf.begin(symbol, mark))

    def resume(self, marks: Mapping[str, Mark]) -> None:
        """Go on where somebody left off: prints up to there are passed over."""
        for name, last in self.shelf.resume(marks):
            self._stays.know(name, last)

    def rules_on(self, watches: Iterable[str]) -> list[str]:
        """The ids of the rules that watch one of these."""
        found = set(watches)
        return [id_ for id_, places in self._places.items() if any(place.series in found for place in places)]

    def places(self, id_: str) -> list[str]:
        """The series a rule watches, as `state` takes them."""
        return list(dict.fromkeys(place.series for place in self._places.get(id_, ())))

    def symbols(self, id_: str) -> list[str]:
        """Whose prints a rule looks at."""
        return list(dict.fromkeys(symbol for name in self.places(id_) if (symbol := symbol_of(name))))

    def everything(self) -> list[str]:
        """All there is to keep of series, as `state` takes it."""
        return self.shelf.everything()

    def state(self, names: Iterable[str]) -> dict[str, Mark]:
        """What `resume` takes, of these symbols (`prints SYMBOL`) and series."""
        return self.shelf.state(names)

    def prints(self, symbol: str, ticks: NDArray[np.void], now_ns: int) -> list[Firing]:
        """Look at prints of one symbol, TICK records in their order; what fires, in order."""
        return self.look([(symbol, ticks)], now_ns)

    def look(self, prints: Iterable[tuple[str, NDArray[np.void]]], now_ns: int, lines: Iterable[Line] = ()) -> list[Firing]:
        """Look at prints of several symbols, which came at the same time, and at figures that belong to them."""
        firings: list[Firing] = []
        turns: list[Turn] = []
        for symbol, ticks in prints:
            found = self.shelf.prints(symbol, ticks)
            if found is not None:
                for name, first in found.begun:
                    turns += self._stays.learn(name, first, int(found.ticks["seq"][0]), int(found.ticks["ts"][0]))
                firings += self._crossed(found.crossings, found.ticks["seq"], found.ticks["ts"], now_ns, turns)
        for line in lines:
            firings += self._crossed(self._through(line), line.seqs, line.times, now_ns, turns)
        firings += self._stays.settle(turns, now_ns)
        if self._stays.waiting:
            firings += self.ripen(now_ns, lambda symbol: self.marks[symbol].ts)
        return firings

    def ripen(self, now_ns: int, known_to: Callable[[str], int]) -> list[Firing]:
        """What has been so for long enough; `known_to` says up to which time a symbol's prints are known."""
        return self._stays.ripen(now_ns, known_to)

    def value(self, watches: str, value: float, now_ns: int, words: str = "", at_ns: int = 0) -> list[Firing]:
        """A series that is no price goes on to this figure; `words` say it better, `at_ns` when that came about (0: now)."""
        levels = self.shelf.levels.get(watches)
        if levels is None or levels.calm(value, value, value):
            return []
        one = np.array([at_ns or now_ns])
        line = Line(watches, np.array([value]), one, one)
        turns: list[Turn] = []
        firings = self._crossed(self._through(line), one, one, now_ns, turns, words)
        return firings + self._stays.settle(turns, now_ns, words)

    def holds(self, rule: AnyRule, now_ns: int, words: str = "") -> list[Firing]:
        """A rule that was just set, where what it asks is so already: it fires at once. Prices are not asked: they must cross."""
        if rule.crosses:
            return []
        firing = None
        if not is_plain(rule):
            return self._stays.holds(rule.id, now_ns, words)
        for region in rule.regions:
            last = self.last(region.series)
            if firing is None and last is not None and region.holds(last):
                firing = self._fire(rule, last, now_ns, now_ns, words)
        return [] if firing is None else [firing]

    def _through(self, line: Line) -> list[Crossing]:
        """What figures cross. What is so when a figure is first known counts as come about."""
        levels = self.shelf.levels[line.series]
        found = []
        if levels.last is None:
            for before in (-np.inf, np.inf):
                levels.last = before
                found += levels.value(line.values[0].item())
        found += levels.values(line.values)
        self.shelf.note(line.series, levels)
        return found

    def _crossed(
        self, crossings: list[Crossing], seqs: NDArray[np.int64], times: NDArray[np.int64], now_ns: int, turns: list[Turn], words: str = ""
    ) -> list[Firing]:
        """What plain rules say to crossings; those of others are put among the turns."""
        firings = []
        for key, at, value in crossings:
            moment = int(times[at])
            if key in self._stays:
                turns.append(Turn(int(seqs[at]), moment, key, value))
                continue
            firing = self._fire(self.rules[key], value, moment, now_ns, words)
            if firing is not None:
                firings.append(firing)
        return firings

    def _fire(self, rule: AnyRule, value: float | None, moment_ns: int, now_ns: int, words: str = "") -> Firing | None:
        done, now = self.done[rule.id], moment_ns if self._by_prints else now_ns
        if not rule.enabled or done.spent or now < rule.snoozed_until_ns or 0 < rule.until_ns <= moment_ns:
            return None
        if done.fired_ns and 0 <= now - done.fired_ns < rule.cooldown_s * SECOND:
            return None
        done.fired, done.fired_ns, done.spent = done.fired + 1, now, rule.once
        said = happened(rule, value, words)
        return Firing(rule, f"{rule.name}: {said}" if rule.name else said, done.fired, moment_ns)

    def _hook(self, rule: AnyRule) -> bool:
        plain = is_plain(rule)
        places = [_place_of(region, rule.id) for region in rule.regions] if plain else self._stays.seat(rule)
        self._places[rule.id] = places
        new = self.shelf.hook(rule.leaves, places)
        if not plain:
            self._stays.begin(self.places(rule.id))
        return new

    def _unhook(self, rule: AnyRule) -> None:
        places = self._places.pop(rule.id)
        self.shelf.unhook(rule.leaves, places)
        self._stays.unseat(rule, places)


def _place_of(region: Region, id_: str) -> Place:
    """The one level of a region that is open on one side."""
    return Place(region.series, "above", region.low, id_) if region.high == np.inf else Place(region.series, "below", region.high, id_)
