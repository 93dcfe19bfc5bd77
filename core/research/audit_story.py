"""One strategy's incarnations run again one after the other, over one pass of the tape."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.codes import Mode
from core.compile.blueprint import Blueprint
from core.errors import CockpitError, one_line
from core.research.audit_past import Incarnation, Past
from core.research.audit_run import THROWN, Compared, Row, Run, Unauditable
from core.store.ledger_reader import read_source, read_state
from core.store.ledger_rows import FILLS
from core.types import Records, Symbols

SEQ, MODE = FILLS.columns.index("seq"), FILLS.columns.index("mode")

LIVE = Mode.LIVE.value


def _number(row: Row) -> int:
    """Which fill of its strategy it is, from 1 on."""
    return int(row[0].rpartition(":")[2])


@dataclass(frozen=True)
class Unrun:
    """A stretch of a strategy that was not run again: ticks after `after` through `through`, and why.

    Attributes:
        wrong: the ledger is to blame, not its age.
    """

    after: int
    through: int
    why: str
    wrong: bool = False


class Story:
    """One strategy on its way through the tape.

    Args:
        past: with the bounds of each incarnation.
        running: an engine runs it now.

    Attributes:
        compared: (incarnation, snapshot) that were compared.
        raised: (incarnation, what it raised) where the ledger knows of no failure.
        unrun: what could not be run.
        edited: (seq, from source hash, to source hash) where its file had changed.
        beyond: ticks of its symbols that lie beyond what is known to be on the ledger.
    """

    def __init__(self, id_: str, past: Past, ledger: Path, symbols: Symbols, *, running: bool = False) -> None:
        self.id = id_
        self._running = running
        self.names = frozenset(past.orders[id_].symbols)
        self.compared: list[Compared] = []
        self.raised: list[tuple[int, str]] = []
        self.unrun: list[Unrun] = []
        self.lives = past.incarnations.get(id_, [])
        self.edited = [
            (life.heir.start.seq, life.start.source_hash, life.heir.start.source_hash)
            for life in self.lives
            if life.heir and life.heir.start.source_hash != life.start.source_hash
        ]
        self.beyond = 0
        self._newest: Blueprint | None = None
        self._past, self._ledger, self._symbols = past, ledger, symbols
        self._coming = list(self.lives)
        self._run: Run | None = None
        self._next: Run | None = None
        self._limit: int | None = None
        self._hopeless: set[int] = set()
        for life in self.lives:
            if life.taken is None:
                self._leave_out(life, "what it heard is no longer kept" if life.deaf else "its ticks are no longer on the tape")
            elif life.taken is not life.start:
                ticks, heard = "its ticks through seq {} are no longer on the tape", "what it heard through seq {} is no longer kept"
                gone = (heard if life.deaf else ticks).format(life.taken.seq)
                self.unrun.append(Unrun(life.start.seq, life.taken.seq, gone))

    def feed(self, ticks: Records, through: int) -> list[Row]:
        """Run ticks of its symbols through a seq; returns the fills as rows of the ledger."""
        rows: list[Row] = []
        while True:
            if self._run is None and not self._begin(through):
                return rows
            assert self._run is not None
            made = self._run.feed(ticks, through)
            # what it did between its last report and its end was lost with a crash: its heir's books do not have it
            rows += [row for row in made if (self._limit is None or _number(row) <= self._limit) and not self._untold(row)]
            if not self._run.over:
                return rows
            self._end(self._run)

    def may_be_untold(self, row: Row) -> bool:
        """Whether what a venue executed after the last tick that is vouched for may be on its way to the ledger, or there already."""
        return row[MODE] == LIVE and row[SEQ] == self._past.horizons[self.id] and (not self.lives or not self.lives[-1].over)

    def _untold(self, row: Row) -> bool:
        """Whether a fill that comes out here need not be on the ledger yet: its turn comes with the next start."""
        there = self._past.fills.get(self.id, (0, 0, 0))[0]
        return self.may_be_untold(row) and (self._running or _number(row) > there)

    @property
    def done(self) -> bool:
        """Nothing of it is left to be run."""
        return self._run is None and not self._coming

    @property
    def under_way(self) -> bool:
        """It neither failed nor left."""
        return bool(self.lives) and not self.lives[-1].over

    def why_not(self, row: Row) -> str | None:
        """Why a fill is not to be compared, None when it is."""
        seq = row[SEQ]
        if not self.lives:
            return "no state it started from was kept"
        if seq < self.lives[0].start.seq + (row[MODE] != LIVE):  # a venue may tell of one before the next tick
            return f"before seq {self.lives[0].start.seq}, the first state that was kept to start from"
        return next((part.why for part in self.unrun if part.after < seq <= part.through), None)

    def edited_since(self) -> str | None:
        """Its file, if it is no longer what ran last."""
        if self._newest is None or not self.under_way:
            return None
        try:
            now = importlib.util.decode_source(Path(self._newest.path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            now = None
        return self._newest.path if now != self._newest.source else None

    def _begin(self, through: int) -> bool:
        """Take up the next incarnation, if it begins in this stretch of the tape."""
        while self._coming:
            life = self._coming[0]
            if life.taken is not None and life.taken.seq >= through:
                return False
            del self._coming[0]
            if life.taken is None:
                continue
            run = self._next if self._next and self._next.life is life else self._open(life)
            if run is not None:
                self._run, self._next = run, self._open(life.heir) if life.heir else None
                self._limit = self._next.fills_before if self._next else None
                return True
        return False

    def _end(self, run: Run) -> None:
        self.compared += run.compared
        # An engine that was killed could not tell of a failure just before; where the file was edited meanwhile, nobody ran into it again.
        untold = run.life.heir is not None and run.life.heir.why == "edited"
        if run.raised and not run.life.broke and not untold:
            self.raised.append((run.seq, run.raised))
        self._run = None

    def _open(self, life: Incarnation) -> Run | None:
        if life.taken is None or life.start.rowid in self._hopeless:
            return None
        try:
            text = read_source(self._ledger, life.plan)
            state = read_state(self._ledger, life.taken.rowid)
            if text is None or state is None:
                raise Unauditable("its plan was not kept" if text is None else "the state it started from was not kept")
            plan = self._newest = msgspec.json.decode(text, type=Blueprint)
            state_of: Callable[[int], bytes | None] = lambda rowid: read_state(self._ledger, rowid)  # noqa: E731
            return Run(life, plan, state, self._symbols, state_of, self._past.mode_at, self._past.sources)
        except Unauditable as error:
            self._leave_out(life, str(error))
        except (CockpitError, msgspec.MsgspecError) as error:
            self._leave_out(life, one_line(str(error)), wrong=True)
        except THROWN as error:  # bytes that are no state of this strategy, and its own code
            self._leave_out(life, one_line(f"{type(error).__name__}: {error}"), wrong=True)
        return None

    def _leave_out(self, life: Incarnation, why: str, wrong: bool = False) -> None:
        self._hopeless.add(life.start.rowid)
        self.unrun.append(Unrun(life.start.seq, max(life.end, life.start.seq), why, wrong))


def listens(ledger: Path, life: Incarnation) -> bool:
    """Whether an incarnation hears sources beyond the tape, says its plan."""
    text = read_source(ledger, life.plan)
    with contextlib.suppress(msgspec.MsgspecError):
        return text is not None and bool(msgspec.json.decode(text, type=Blueprint).sources)
    return False
