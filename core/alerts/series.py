"""The series that rules look at: how far each was looked at, the levels on it, and which of them new figures cross.

Prices come as prints, and are looked at one by one; moves are made of them by windows of time. Other series get a figure at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.alert_rules import MoveRule, Rule
from core.alerts.firing import STANDING, Batch, Mark
from core.alerts.levels import Crossing, Levels
from core.alerts.window import Window, moved

SECOND = 1_000_000_000


class Place(NamedTuple):
    """A level on a series, and what is told when it is crossed: a rule's id, or the key of one of its regions."""

    series: str
    side: str
    level: float
    key: str


class Looked(NamedTuple):
    """What new prints of a symbol brought: crossings in their order, series that began with a figure, and the prints."""

    crossings: list[Crossing]
    begun: list[tuple[str, float]]
    ticks: NDArray[np.void]


def symbol_of(series: str) -> str:
    """Whose prints make up a series; '' where none do."""
    kind, _, rest = series.partition(" ")
    return rest.partition(" ")[0] if kind in ("price", "move") else ""


class Series:
    """All series of a book.

    Attributes:
        marks: the newest print of each symbol that rules look at.
        levels: of each series.
        windows: by symbol, then by the name of the series of moves without its sign.
        touched: series in which a level was passed since somebody emptied it.
    """

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}
        self.levels: dict[str, Levels] = {}
        self.windows: dict[str, dict[str, Window]] = {}
        self.touched: set[str] = set()

    def hook(self, leaves: Iterable[Rule], places: Iterable[Place]) -> bool:
        """Look at these from now on; True where a window of time is new."""
        new = False
        for leaf in leaves:
            if isinstance(leaf, MoveRule):
                windows = self.windows.setdefault(leaf.symbol, {})
                if leaf.watches not in windows:
                    windows[leaf.watches], new = Window(int(leaf.window_s * SECOND)), True
        for name, side, level, key in places:
            symbol = symbol_of(name)
            mark = self.marks.setdefault(symbol, Mark()) if symbol else None
            if name not in self.levels:
                self.levels[name] = Levels(0.0 if name.startswith("move ") else mark.last if mark is not None else None)
            self.levels[name].add(side, level, key)
        return new

    def unhook(self, leaves: Iterable[Rule], places: Iterable[Place]) -> None:
        """Look at them no more."""
        gone: dict[str, set[str]] = {}
        for place in places:
            gone.setdefault(place.series, set()).add(place.key)
        for name, keys in gone.items():
            self.levels[name].drop(keys)
            if not len(self.levels[name]):
                del self.levels[name]
        for leaf in leaves:
            if isinstance(leaf, MoveRule) and not any(leaf.watches + sign in self.levels for sign in "+-"):
                self.windows[leaf.symbol].pop(leaf.watches, None)
        for symbol in {symbol_of(name) for name in gone} - {""}:
            if not self.windows.get(symbol) and f"price {symbol}" not in self.levels:
                self.marks.pop(symbol, None)
                self.windows.pop(symbol, None)

    def begin(self, symbol: str, mark: Mark) -> list[str]:
        """Where to look at a symbol's prints from, when nobody did before; the series that are known by that."""
        if symbol not in self.marks or self.marks[symbol].last is not None:
            return []
        self.marks[symbol] = mark
        return [name for name, _ in self._know(f"price {symbol}", mark.last)]

    def resume(self, marks: Mapping[str, Mark]) -> list[tuple[str, float]]:
        """Go on where somebody left off: prints up to there are passed over; the series that are known by that."""
        known: list[tuple[str, float]] = []
        for name, mark in marks.items():
            kind, _, rest = name.partition(" ")
            if kind == "prints":
                if rest in self.marks:
                    self.marks[rest] = mark
                name = f"price {rest}"
            known += self._know(name, mark.last)
        return known

    def _know(self, name: str, last: float | None) -> list[tuple[str, float]]:
        if name not in self.levels:
            return []
        self.levels[name].last = last
        return [] if last is None else [(name, last)]

    def everything(self) -> list[str]:
        """All there is to keep of series, as `state` takes it."""
        standing = [name for name in self.levels if name.partition(" ")[0] in STANDING]
        return [*(f"prints {symbol}" for symbol in self.marks), *standing]

    def state(self, names: Iterable[str]) -> dict[str, Mark]:
        """What `resume` takes, of these symbols (`prints SYMBOL`) and series."""
        found: dict[str, Mark] = {}
        for name in names:
            kind, _, rest = name.partition(" ")
            if kind in ("price", "move", "prints"):
                symbol = rest.partition(" ")[0]
                if symbol in self.marks:
                    found[f"prints {symbol}"] = self.marks[symbol]
            if kind in STANDING and name in self.levels:
                found[name] = Mark(self.levels[name].last)
        return found

    def prints(self, symbol: str, ticks: NDArray[np.void]) -> Looked | None:
        """Go on through prints of a symbol, TICK records in their order; None where they are known."""
        mark = self.marks[symbol]
        if ticks["seq"][0] <= mark.seq:
            ticks = ticks.compress(ticks["seq"] > mark.seq)
            if not len(ticks):
                return None
        prices = np.ascontiguousarray(ticks["price"])
        first = int(ticks["ts"][0])
        mark.ts, _, mark.seq, _, mark.last, *_ = ticks[-1].item()
        batch = Batch(first, mark.ts, prices.min().item(), prices.max().item(), mark.last)
        crossings: list[Crossing] = []
        begun: list[tuple[str, float]] = []
        name = f"price {symbol}"
        levels = self.levels.get(name)
        if levels is not None:
            if levels.last is None:  # what is beyond a level from the first print on did not cross it
                levels.last = prices[0].item()
                begun.append((name, levels.last))
            if not levels.calm(batch.low, batch.high, batch.price):
                crossings += levels.values(prices)
                self.note(name, levels)
        for name, window in self.windows.get(symbol, {}).items():
            for found in self._look_back(name, window, batch, ticks, prices):
                crossings += found
        if len(crossings) > 1:
            crossings.sort(key=lambda crossing: crossing.at)
        return Looked(crossings, begun, ticks)

    def _look_back(
        self, name: str, window: Window, batch: Batch, ticks: NDArray[np.void], prices: NDArray[np.float64]
    ) -> Iterator[list[Crossing]]:
        """The moves of new prints. Where their extremes say that none can be far enough, they are not looked at one by one."""
        ends = window.reach(batch.first, batch.ts, batch.low, batch.high)
        moves: NDArray[np.float64] | None = None
        for sign, column in (("+", 0), ("-", 1)):
            levels = self.levels.get(name + sign)
            if levels is None or (ends is not None and levels.calm(*batch.moves(sign, *ends))):
                continue
            if moves is None:
                moves = window.moves(np.ascontiguousarray(ticks["ts"]), prices) if ends is None else moved(prices, *ends)
            yield levels.values(np.ascontiguousarray(moves[:, column]))
            self.note(name + sign, levels)

    def note(self, name: str, levels: Levels) -> None:
        """Remember whether a level was passed."""
        if levels.passed:
            levels.passed = False
            self.touched.add(name)
