"""Whether what a strategy wants at a row depends on anything but the rows up to it: the law of prefix invariance, at every row.

One run sees the rows as a backtest gives them. Others are shown the very same rows, in worlds that differ in everything else: later rows
lie and true ones are nowhere in memory, files of market data lie, the clock is another, what surrounds work memory is other noise, all of
it happens 28 years later. A strategy that goes by its rows does not notice. One that does is shown with the first row at which it did.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from core.clock import iso
from core.errors import CockpitError
from core.research.checks.lies import CUT_OFF, FACTORS, Table, read_table
from core.research.checks.trace import Trace, Tracer, World

#: Rows at which a file that a strategy reads is tried with all before it true.
CUTS = 64

#: The same where no lie in it was noticed: how long it is may have been.
FEW = 8

#: Weekdays, months and days of a month are the same 28 years later (the Julian calendar's cycle; Gregorian from 1901 to 2099), and of
#: years to come time zones only know today's rules.
CYCLE_NS = 28 * 1461 // 4 * 86_400_000_000_000

#: Seconds by which the clock of a second run is ahead: not a whole number of anything.
LATE_S = 12_345.678

#: Runs a check takes: as it is, again, two that lie, and either memory or nothing, and the dates.
RUNS = 6

Kind = Literal["", "future", "chance", "files", "memory", "dates"]


class Place(msgspec.Struct, frozen=True):
    """The first row at which it showed.

    Attributes:
        row: counted from 1, as `seq` of a source's rows is.
        wanted: the target it gave there; None for no opinion, words for what it raised.
        otherwise: the target it gave on the same rows, in the other world.
    """

    row: int
    symbol: str
    time: str
    id: int
    price: float
    wanted: float | str | None
    otherwise: float | str | None


class Lookahead(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        ok: it goes by the rows it was shown, and by nothing else.
        checked_rows: rows at each of which that was looked at.
        kind: what else it goes by: rows to come, chance or the clock, files or others that cannot be vouched for, memory that is not
            its own, dates as such.
        words: that in words.
        notes: what else is to be known.
    """

    ok: bool
    checked_rows: int
    at: Place | None
    kind: Kind
    words: str
    notes: list[str]


@dataclass
class Search:
    """One check under way."""

    tracer: Tracer
    notes: list[str]

    def find(self, interval: int) -> tuple[Lookahead, Trace]:
        """The verdict, and the run as a backtest makes it.

        Args:
            interval: ns of the strategy's bars.

        Raises:
            CockpitError: the strategy raises.
        """
        self.tracer.total += RUNS * len(self.tracer.subject.rows)
        base = self.tracer.run(World())
        if base.failed:
            raise CockpitError(f"{self.tracer.subject.path.stem} failed at row {len(base.targets) + 1:,}: {base.failed}")
        found = (
            self._chance(base) or self._future(base) or self._outside(base) or self._files(base) or self._asked(base)
            or self._dates(base, interval)
        )  # fmt: skip
        return found or self._verdict("", "nothing it wanted depends on a later row"), base

    def _verdict(self, kind: Kind, words: str, at: Place | None = None) -> Lookahead:
        return Lookahead(not kind, len(self.tracer.subject.rows), at, kind, words, self.notes)

    def _shown(self, kind: Kind, words: str, row: int, base: Trace, other: Trace) -> Lookahead:
        """The verdict of two runs that are not the same at a row."""
        subject = self.tracer.subject
        shown = subject.rows[row]
        at = Place(
            row + 1, subject.symbol, iso(int(shown["ts"])), int(shown["id"]), float(shown["price"]), base.wanted(row), other.wanted(row)
        )
        return self._verdict(kind, words, at)

    def _chance(self, base: Trace) -> Lookahead | None:
        other = self.tracer.run(World(late=LATE_S))
        row = self._first(base, World(), other, World(late=LATE_S))
        words = "does not give the same twice: on the same rows it wants something else in another run (chance, the clock, or what it kept)"
        return None if row < 0 else self._shown("chance", words, row, base, other)

    def _future(self, base: Trace) -> Lookahead | None:
        found: tuple[int, Trace] | None = None
        for factor in FACTORS:
            other = self.tracer.run(World(factor=factor))
            row = self._first(base, World(), other, World(factor=factor))
            if row >= 0 and (found is None or row < found[0]):
                found = row, other
        words = "looks ahead: what it wants depends on rows to come"
        return None if found is None else self._shown("future", words, found[0], base, found[1])

    def _outside(self, base: Trace) -> Lookahead | None:
        """A compiled strategy beyond its work memory: there may be anything there, rows to come too."""
        words = "outside of its work memory: `work` says less than it uses"
        if base.outside >= 0:
            return self._shown("memory", f"writes {words}", base.outside, base, base)
        if not base.states.any():
            return None
        other = self.tracer.run(World(noise=-1e6))
        row = self._first(base, World(), other, World(noise=-1e6))
        return None if row < 0 else self._shown("memory", f"reads {words}", row, base, other)

    def _files(self, base: Trace) -> Lookahead | None:
        """What it opens: market data is given to it with other prices, of the rest nothing can be known."""
        tables = {path: read_table(Path(path)) for path in base.surroundings.opened}
        for path, table in tables.items():
            if table is None:
                words = f"reads {path} ({base.surroundings.opened[path]}): what that tells of rows to come cannot be told"
                return self._verdict("files", words)
        known = {path: table for path, table in tables.items() if table is not None}
        return self._tables(base, known) if known else None

    def _tables(self, base: Trace, tables: dict[str, Table]) -> Lookahead | None:
        opened = ", ".join(f"{path} ({base.surroundings.opened[path]})" for path in tables)
        first, other = self._lied(base, tables, 0)
        if other is not None and other.surroundings.through:
            return self._verdict("files", f"reads {opened} in a way that cannot be looked into")
        if first >= 0 and not all(self._is_of(table) for table in tables.values()):
            return self._verdict("files", f"reads {opened}, whose lines are not these rows one by one: what is past in it cannot be told")
        count = len(base.targets)
        some = np.linspace(1, count, CUTS if first >= 0 else FEW, dtype=int).tolist()
        for cut in dict.fromkeys([*([first + 1] if first >= 0 else []), *some]):
            row, other = self._lied(base, tables, cut)
            if 0 <= row < cut and other is not None:
                return self._shown("future", f"looks ahead: reads rows to come from {opened}", row, base, other)
        self.notes.append(f"it reads {opened}; cut off at {len(some)} rows, nothing it wanted depended on a later one")
        return None

    def _is_of(self, table: Table) -> bool:
        """Whether the lines of a file are the rows, one by one."""
        lines, count = len(table.lines) - table.layout.skip, len(self.tracer.subject.rows)
        return lines == count or (lines > count and not self.tracer.subject.total)

    def _lied(self, base: Trace, tables: dict[str, Table], true: int) -> tuple[int, Trace | None]:
        """The first row at which it wants something else where so many lines of files are true, and the others lie or are not there."""
        found: tuple[int, Trace | None] = -1, None
        rows = None if true == 0 else true
        for factor in FACTORS if true == 0 else (*FACTORS, CUT_OFF):
            with tempfile.TemporaryDirectory() as folder:
                lies = {path: str(table.write(Path(folder), factor, true)) for path, table in tables.items()}
                self.tracer.total += rows or len(base.targets)
                other = self.tracer.run(World(files=lies), rows)
            row = replace(base, targets=base.targets[:rows]).differs(other, states=False)
            if found[1] is None or (row >= 0 and (found[0] < 0 or row < found[0])):
                found = row, other
        return found

    def _asked(self, base: Trace) -> Lookahead | None:
        for whom, where in base.surroundings.asked.items():
            return self._verdict("files", f"asks {whom} ({where}): what that tells of rows to come cannot be told")
        return None

    def _dates(self, base: Trace, interval: int) -> Lookahead | None:
        """The same rows much later, at the same hours of the same weekdays and days of the year: what was learnt by heart does not fit."""
        if CYCLE_NS % max(interval, 1):
            self.notes.append("bars of this length do not fall on the same times in another year: not tried with other dates")
            return None
        other = self.tracer.run(World(shift=CYCLE_NS))
        row = base.differs(other, states=False)
        words = "knows dates or ids as such: on the same rows 28 years later, with other ids, it wants something else"
        return None if row < 0 else self._shown("dates", words, row, base, other)

    def _first(self, base: Trace, one: World, trace: Trace, other: World) -> int:
        """The first row at which two runs part. Where work memory was not looked at after every row, that stretch is run again."""
        row = base.differs(trace)
        count = len(self.tracer.subject.rows)
        if row <= 0 or base.differs(trace, states=False) == row or row >= len(base.states):
            return row
        marks = np.zeros(count, np.bool_)
        marks[max(0, row - count // CUTS - 1) : row + 1] = True
        self.tracer.total += 2 * count
        again = [self.tracer.run(world, marks=marks) for world in (one, other)]
        nearer = again[0].differs(again[1])
        return nearer if nearer >= 0 else row
