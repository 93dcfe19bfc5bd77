"""Indicators on the live market: every variant of the home on every symbol it follows, as it is now.

Ticks are taken at once. All else is done on a thread of its own: looking once a second at what the home says, compiling, and warming up
what is new on the tape, in a bank beside; when that is where the market is, its states move into the bank that takes the ticks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import structlog
from numpy.typing import NDArray

from core.analyst.compiling import Compiling
from core.analyst.held import Held
from core.analyst.kept import Kept
from core.analyst.warming import Follower, Tape, go_on, warm
from core.analyst.wished import Wished
from core.indicators.bank import Bank
from core.types import Records, Symbols

log = structlog.get_logger("indicators")

#: Seconds between two looks at the files, and between two tries where the tape is not far enough.
LOOK_S, AGAIN_S = 1.0, 0.1

#: A symbol is tried so often before the others get their turn.
TRIES = 20


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
    """

    lines: NDArray[np.float64] | None
    problem: str
    ts_ns: int


class LiveIndicators:
    """The variants of a home over live ticks.

    Args:
        home: whose variants and tape these are.
        folder: the user's own indicators.
        stream: the kind of prints on the tape; None: there is one.
        want: called with the symbols whose ticks are needed, and the seq after which; -1: from now on.
        compiling: has machine code made.
        tell: called with values that are wished for, each when it is known and another one than was told; from any thread.

    Attributes:
        kept: what the home says.
        symbols: the engine's, in its order.
        ready: the home was looked at.
    """

    def __init__(
        self, home: Path, folder: Path, stream: str | None, want: Callable[[list[str], int], None], compiling: Compiling,
        tell: Callable[[list[Figure]], None],
    ) -> None:  # fmt: skip
        self.kept = Kept(home, folder)
        self.symbols = Symbols()
        self.ready = threading.Event()
        self._tape = Tape(home / "tape.db", stream)
        self._want = want
        self._compiling, self._tell = compiling, tell
        self._lock = threading.RLock()
        self._bank = Bank(self.symbols)
        self._held = Held()
        self._wished = Wished()
        self._watched: tuple[str, ...] = ()
        self._wanted: list[str] = []
        self._seq = 0
        self._times = np.zeros(0, np.int64)
        self._followers: dict[str, Follower] = {}
        self._live: dict[str, set[str]] = {}
        self._problems: dict[str, str] = {}
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="indicators", daemon=True)

    def start(self) -> None:
        """Begin to look at the home; nothing where it does already."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def learn(self, names: Sequence[str]) -> None:
        """The engine's symbols by their index, those known already first."""
        with self._lock:
            for name in names:
                self.symbols.add(name)

    def watch(self, symbols: Iterable[str]) -> None:
        """What is streamed: `venue:SYMBOL`."""
        self._watched = tuple(symbols)
        self._wake.set()

    def wish(self, names: Iterable[str]) -> None:
        """Which values are to be told when they change, as `VARIANT SYMBOL`; one that is known is told now."""
        with self._lock:
            self._wished.put(names)
            self._tell_changed(range(len(self.symbols)))

    def begin(self, seq: int) -> None:
        """From this seq on the stream holds every tick of the symbols that are wanted."""
        with self._lock:
            self._held.begin(seq)
            self._seq = max(self._seq, seq)
        self._wake.set()

    def take(self, ticks: Records) -> None:
        """Ticks of wanted symbols, in order, none left out and none twice."""
        if not len(ticks):
            return
        with self._lock:
            self._held.add(ticks)
            self._seq = int(ticks["seq"][-1])
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
                value = float(self._bank.values(wish.variant, wish.symbol)[self._followers[wish.variant].line])
                if wish.moved(value):
                    index = self.symbols[wish.symbol]
                    figures.append(Figure(wish.name, value, int(self._times[index]) if index < len(self._times) else 0))
        if figures:
            self._tell(figures)

    def following(self, symbol: str) -> list[Follower]:
        """The variants that follow a symbol, in the order of the file."""
        return [one for one in self._followers.values() if one.follows(symbol)]

    def problem(self, one: Follower) -> str:
        """Why a variant has no values anywhere; '' where nothing is wrong."""
        return self._bank.failed.get(one.indicator.name, "") or self._problems.get(one.name, "")

    def state(self, one: Follower, symbol: str) -> State:
        """A variant on a symbol as it is now."""
        with self._lock:
            index = self.symbols[symbol] if symbol in self.symbols else len(self._times)
            ts_ns = int(self._times[index]) if index < len(self._times) else 0
            problem = self.problem(one)
            if problem or symbol not in self._live.get(one.name, ()):
                return State(None, problem, ts_ns)
            return State(self._bank.values(one.name, symbol), "", ts_ns)

    def _run(self) -> None:
        """The thread's outer edge: what fails here is tried again at the next look."""
        while not self._closing.is_set():
            try:
                again = self.turn()
            except Exception:  # one file or one read must not end the live values of all others
                log.exception("indicators could not be followed")
                again = False
            self._wake.wait(AGAIN_S if again else LOOK_S)
            self._wake.clear()

    def turn(self) -> bool:
        """Look at the home, and warm up what is new; whether something is left that must be tried again soon. The thread does it over and
        over."""
        self._look()
        return self._warm()

    def _look(self) -> None:
        """Follow what the home says now."""
        changed = self.kept.look()
        if changed:
            followers = self.kept.followers()
            with self._lock:
                self._problems = {}
                for name in [*self._followers]:
                    new = followers.get(name)
                    if (new is None or not new.same(self._followers[name])) and name in self._live:
                        self._bank.remove(name)
                        del self._live[name]
                live = {self._followers[name].indicator.name for name in self._live}
                self._bank.failed = {name: why for name, why in self._bank.failed.items() if name in live}
                self._followers = followers
            self._compiling.warm(self.kept.catalogue)
        with self._lock:
            for name, symbols in list(self._live.items()):
                one = self._followers[name]
                gone = [symbol for symbol in symbols if symbol not in self._watched or not one.follows(symbol)]
                if gone:
                    self._bank.remove(name, gone)
                    symbols.difference_update(gone)
                if not symbols:
                    self._live.pop(name)
            self._ask_for_ticks()
        self.ready.set()

    def _ask_for_ticks(self) -> None:
        wanted = [symbol for symbol in self._watched if any(one.follows(symbol) for one in self._followers.values())]
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._held.begin(-1)
        self._want(wanted, -1 if not wanted else self._seq if self._live else self._tape.newest())

    def _warm(self) -> bool:
        """Bring what is new to where the market is; whether something is left that must be tried again soon."""
        again = False
        for symbol in self._wanted:
            news = [one for one in self.following(symbol) if symbol not in self._live.get(one.name, ())]
            news = [one for one in news if self._compiled(one)]
            if news and not self._closing.is_set():
                again |= not self._warm_symbol(symbol, news)
        return again

    def _compiled(self, one: Follower) -> bool:
        """Whether its machine code is there, or could be made."""
        if one.name in self._problems or one.indicator.name in self._bank.failed:
            return False
        problem = self._compiling.ready(one.indicator)
        if problem:
            self._problems[one.name] = problem
        return not problem

    def _warm_symbol(self, symbol: str, news: list[Follower]) -> bool:
        if self._tape.newest() < self._held.floor or self._held.floor < 0:
            return False  # the tape ends before what is held: it is a moment behind
        bank, seq = warm(self._tape, symbol, news, self.symbols)
        for _ in range(TRIES):
            if self._move(bank, symbol, seq, news):
                return True
            if self._closing.wait(AGAIN_S):
                break
            seq = go_on(bank, self._tape, symbol, seq, self.symbols)
        return False

    def _move(self, bank: Bank, symbol: str, seq: int, news: list[Follower]) -> bool:
        """Let the live bank go on with what another knows after `seq`; not where the ticks since then are gone."""
        with self._lock:
            fresh = self._held.since(seq)
            if fresh is None:
                return False
            bank.take(np.ascontiguousarray(fresh.compress(fresh["symbol"] == self.symbols[symbol])))
            for one in news:
                found = self._followers.get(one.name)
                if found is None or not found.same(one):
                    continue
                if one.indicator.name in bank.failed:
                    self._problems[one.name] = bank.failed[one.indicator.name]
                    continue
                self._bank.add(one.name, found.indicator, found.values, [symbol])
                self._bank.go_on_from(bank, one.name, symbol)
                self._live.setdefault(one.name, set()).add(symbol)
            self._tell_changed([self.symbols[symbol]])
            return True
