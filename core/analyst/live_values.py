"""What every variant is now: the bank that takes the live ticks, who is in it, and the values that somebody waits for.

Ticks come on one thread, questions and newcomers on others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analyst.held import Held
from core.analyst.warming import Follower, Warmed
from core.analyst.wished import Wished
from core.indicators.bank import Bank
from core.types import Records, Symbols


class Figure(NamedTuple):
    """A value that somebody waits for, of the last tick (ns UTC) of its symbol."""

    name: str
    value: float
    ts_ns: int


class State(NamedTuple):
    """A variant on a symbol as it is now.

    Attributes:
        lines: shape (lines,), NaN not known; None while it is warmed up.
        problem: why it has none.
        ts_ns: of the last tick of the symbol, 0 before there was one.
        bars: how many it has seen close; None where it does not count them, or is warmed up.
        given: how many of the first of these are the venue's, in part or altogether; None where the venue was not asked, or has not
            answered.
    """

    lines: NDArray[np.float64] | None
    problem: str
    ts_ns: int
    bars: int | None = None
    given: int | None = None


class LiveValues:
    """Followers on symbols, as of the newest tick.

    Args:
        tell: called with values that are wished for, each when it is known and another one than was told; from any thread.

    Attributes:
        symbols: the engine's, in its order.
        followers: the variants there are, by name, in the order of their file.
        problems: why a variant is not followed anywhere.
        seq: of the newest tick.
    """

    def __init__(self, tell: Callable[[list[Figure]], None]) -> None:
        self.symbols = Symbols()
        self.followers: dict[str, Follower] = {}
        self.problems: dict[str, str] = {}
        self.seq = 0
        self._tell = tell
        self._lock = threading.RLock()
        self._bank = Bank(self.symbols)
        self._held = Held()
        self._wished = Wished()
        self._times = np.zeros(0, np.int64)
        self._live: dict[str, dict[str, int | None]] = {}

    @property
    def floor(self) -> int:
        """All ticks after this seq are held or were taken; -1: nobody knows yet from where on that will be so."""
        return self._held.floor

    def learn(self, names: Sequence[str]) -> None:
        """The engine's symbols by their index, those known already first."""
        with self._lock:
            for name in names:
                self.symbols.add(name)

    def wish(self, names: Iterable[str]) -> None:
        """Which values are to be told when they change, as `VARIANT SYMBOL`; one that is known is told now."""
        with self._lock:
            self._wished.put(names)
            self._tell_changed(range(len(self.symbols)))

    def begin(self, seq: int) -> None:
        """After this seq every tick of the symbols that are followed will come; -1: from where on is not known."""
        with self._lock:
            self._held.begin(seq)
            self.seq = max(self.seq, seq)

    def take(self, ticks: Records) -> None:
        """Ticks of the symbols that are followed, in order, none left out and none twice."""
        if not len(ticks):
            return
        with self._lock:
            self._held.add(ticks)
            self.seq = int(ticks["seq"][-1])
            self._bank.take(ticks)
            if len(self._times) < len(self.symbols):
                self._times = np.concatenate([self._times, np.zeros(len(self.symbols) - len(self._times), np.int64)])
            self._times[ticks["symbol"]] = ticks["ts"]
            if self._wished:
                self._tell_changed(np.unique(ticks["symbol"]).tolist())

    def _tell_changed(self, indices: Iterable[int]) -> None:
        """Tell what is wished for on some symbols, where it is another one."""
        figures = []
        for wish in self._wished.of(indices, self.symbols):
            if wish.symbol in self._live.get(wish.variant, ()):
                value = float(self._bank.values(wish.variant, wish.symbol)[self.followers[wish.variant].line])
                if wish.moved(value):
                    figures.append(Figure(wish.name, value, self._time(wish.symbol)))
        if figures:
            self._tell(figures)

    def _time(self, symbol: str) -> int:
        """Of a symbol's last tick, ns; 0 before there was one."""
        index = self.symbols[symbol] if symbol in self.symbols else len(self._times)
        return int(self._times[index]) if index < len(self._times) else 0

    def following(self, symbol: str) -> list[Follower]:
        """The variants that follow a symbol, in the order of the file."""
        return [one for one in self.followers.values() if one.follows(symbol)]

    def problem(self, one: Follower) -> str:
        """Why a variant has no values anywhere; '' where nothing is wrong."""
        return self._bank.failed.get(one.indicator.name, "") or self.problems.get(one.name, "")

    def state(self, one: Follower, symbol: str) -> State:
        """A variant on a symbol as it is now."""
        with self._lock:
            problem = self.problem(one)
            known = not problem and self.is_live(one, symbol)
            if not known:
                return State(None, problem, self._time(symbol))
            values, bars = self._bank.values(one.name, symbol), self._bank.bars(one.name, symbol)
            return State(values, problem, self._time(symbol), bars, self._live[one.name][symbol])

    def is_live(self, one: Follower, symbol: str) -> bool:
        """Whether it is where the market is."""
        return symbol in self._live.get(one.name, ())

    def is_still(self, one: Follower, symbol: str) -> bool:
        """Whether it is where the market is, with the values it had."""
        found = self.followers.get(one.name)
        return found is not None and found.same(one) and self.is_live(one, symbol)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is followed."""
        return not self._live

    def follow(self, followers: dict[str, Follower]) -> None:
        """These variants from now on; of those that were followed already with the same values nothing changes."""
        with self._lock:
            self.problems = {}
            for name, known in self.followers.items():
                new = followers.get(name)
                if (new is None or not new.same(known)) and name in self._live:
                    self._bank.remove(name)
                    del self._live[name]
            left = {self.followers[name].indicator.name for name in self._live}
            self._bank.failed = {name: why for name, why in self._bank.failed.items() if name in left}
            self.followers = followers

    def keep_to(self, symbols: Sequence[str]) -> None:
        """Follow nothing on other symbols, and on none that a variant does not name any more."""
        with self._lock:
            for name, live in list(self._live.items()):
                gone = [symbol for symbol in live if symbol not in symbols or not self.followers[name].follows(symbol)]
                if gone:
                    self._bank.remove(name, gone)
                    self._live[name] = live = {symbol: given for symbol, given in live.items() if symbol not in gone}
                if not live:
                    del self._live[name]

    def move_in(self, warmed: Warmed, symbol: str, news: Iterable[Follower]) -> bool:
        """Go on with what another bank knows of a symbol; False where ticks since then are no longer held."""
        bank, seq, given = warmed
        with self._lock:
            fresh = self._held.since(seq)
            if fresh is None:
                return False
            bank.take(np.ascontiguousarray(fresh.compress(fresh["symbol"] == self.symbols[symbol])))
            for one in news:
                found = self.followers.get(one.name)
                if found is None or not found.same(one):
                    continue
                if one.indicator.name in bank.failed:
                    self.problems[one.name] = bank.failed[one.indicator.name]
                    continue
                self._bank.add(one.name, found.indicator, found.values, [symbol])
                self._bank.go_on_from(bank, one.name, symbol)
                self._live.setdefault(one.name, {})[symbol] = given.get(one.name)
            self._tell_changed([self.symbols[symbol]])
            return True
