"""Indicators on the live market: every variant of the home on every symbol it follows, from the moment it is written.

Ticks are taken at once (`LiveValues`). All else is done on a thread of its own: looking once a second at what the home says, compiling,
and warming up what is new on the tape, in a bank beside; when that is where the market is, its states move in with the live ones. What the
tape is too young for is warmed up so once more when the venue's bars from before it are there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from core.analyst.compiling import Compiling
from core.analyst.kept import Kept
from core.analyst.live_values import Figure, LiveValues
from core.analyst.pasts import Pasts
from core.analyst.reaching import Reaching
from core.analyst.warming import Follower, Tape, go_on, warm
from core.analyst.words import Past, Reach

log = structlog.get_logger("indicators")

#: Seconds between two looks at the files, and between two tries where the tape is not far enough.
LOOK_S, AGAIN_S = 1.0, 0.1

#: Seconds that an end waits for what is under way.
END_S = 1.0

#: A symbol is tried so often before the others get their turn.
TRIES = 20


class LiveIndicators:
    """The variants of a home over live ticks.

    Args:
        home: whose variants and tape these are.
        folder: the user's own indicators.
        stream: the kind of prints on the tape; None: there is one.
        want: called with the symbols whose ticks are needed, and the seq after which; -1: from now on.
        compiling: has machine code made.
        tell: as of `LiveValues`.
        ask: as of `Pasts`.

    Attributes:
        kept: what the home says.
        values: what the variants are now.
        ready: the home was looked at.
        reaching: who waits for the venue's bars.
    """

    def __init__(
        self, home: Path, folder: Path, stream: str | None, want: Callable[[list[str], int], None], compiling: Compiling,
        tell: Callable[[list[Figure]], None], ask: Callable[[list[Reach]], None],
    ) -> None:  # fmt: skip
        self.kept = Kept(home, folder)
        self.values = LiveValues(tell)
        self.ready = threading.Event()
        self._tape = Tape(home / "tape.db", stream)
        self._pasts = Pasts(ask)
        self.reaching = Reaching(self._tape, self._pasts, self.values.symbols)
        self._want, self._compiling = want, compiling
        self._watched: tuple[str, ...] = ()
        self._followed: tuple[str, ...] = ()
        self._wanted: list[str] = []
        self._due = False
        self._wake, self._closing = threading.Event(), threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="indicators", daemon=True)

    def start(self) -> None:
        """Begin to look at the home; nothing where it does already."""
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()

    def close(self) -> None:
        """Look no more; a long stretch of tape is not waited for, it ends with the process."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(END_S)

    def watch(self, symbols: Iterable[str]) -> None:
        """What is streamed: `venue:SYMBOL`."""
        self._watched = tuple(symbols)
        self._wake.set()

    def begin(self, seq: int) -> None:
        """After this seq the stream holds every tick of the symbols that are wanted."""
        self.values.begin(seq)
        self._wake.set()

    def take_past(self, past: Past) -> None:
        """What became of bars that the venue was to be asked for."""
        self._pasts.take(past)
        self._wake.set()

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
        if self._due:
            self._due = self._warm()
        return self._deepen() or self._due

    def _look(self) -> None:
        """Follow what the home says now on what is streamed now."""
        changed, watched = self.kept.look(), self._watched
        if changed:
            self.values.follow(self.kept.followers())
            self._compiling.warm(self.kept.catalogue)
        if changed or watched != self._followed:
            self._followed, self._due = watched, True
            self.values.keep_to(watched)
            self._ask_for_ticks()
        self.ready.set()

    def _ask_for_ticks(self) -> None:
        values = self.values
        wanted = [symbol for symbol in self._followed if values.following(symbol)]
        if wanted != self._wanted:
            self._wanted = wanted
            values.begin(-1)
            self._want(wanted, -1 if not wanted else self._tape.newest() if values.is_empty else values.seq)

    def _warm(self) -> bool:
        """Bring what is new to where the market is; whether something is left that must be tried again soon."""
        again = False
        for symbol in self._wanted:
            news = [one for one in self.values.following(symbol) if not self.values.is_live(one, symbol) and self._compiled(one)]
            if news and not self._closing.is_set():
                again |= not self._warm_symbol(symbol, news)
        return again

    def _deepen(self) -> bool:
        """Warm up those again for whom there is more from before the tape now; whether that must be tried again soon."""
        again, values = False, self.values
        self.reaching.keep(values.is_still)
        for symbol, followers in self.reaching.ready().items():
            if not self._closing.is_set():
                again |= not self._warm_symbol(symbol, followers)
        self.reaching.ask()
        return again

    def _compiled(self, one: Follower) -> bool:
        """Whether its machine code is there, or could be made."""
        if self.values.problem(one):
            return False
        problem = self._compiling.ready(one.indicator)
        if problem:
            self.values.problems[one.name] = problem
        return not problem

    def _warm_symbol(self, symbol: str, news: list[Follower]) -> bool:
        """Whether they are live now, or never will be."""
        if self.values.floor < 0 or self._tape.newest() < self.values.floor:
            return False  # the tape ends before what is held: it is a moment behind
        before = self.reaching.before(symbol, news)
        warmed = warm(self._tape, symbol, news, self.values.symbols, before)
        for _ in range(TRIES):
            if self.values.move_in(warmed, symbol, news):
                self.reaching.done(symbol, before)
                return True
            if self._closing.wait(AGAIN_S):
                break
            seq = go_on(warmed.bank, self._tape, symbol, warmed.seq, self.values.symbols)
            warmed = warmed._replace(seq=seq)
        return False
