"""One incarnation run again: its ticks with its levers at their places, the states it passes compared with the snapshots kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from core.commands import SetStops
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.layout import records_in
from core.compile.levered import PULLED, STAYING
from core.compile.python import PythonInstance
from core.errors import CockpitError, one_line
from core.kernels.features import features_in, layouts
from core.kernels.records import FILL
from core.research.audit_levers import Coming
from core.research.audit_past import Incarnation, Mark, Pulled
from core.research.audit_state import Differing, differing
from core.strategy import PYTHON
from core.types import TICK, Records, Symbols

#: A row of the ledger's `fills` in the order of its columns.
Row = tuple[Any, ...]

#: What a strategy's own code may throw at us.
THROWN = (Exception, SystemExit)


@contextlib.contextmanager
def own_exits() -> Iterator[None]:
    """A strategy that would end its process ends itself alone: here it is not in a process of its own."""
    real = os._exit

    def leave(status: int) -> NoReturn:
        raise SystemExit(status)

    os._exit = leave
    try:
        yield
    finally:
        os._exit = real


class Unauditable(CockpitError):
    """It cannot be run again, and that is nobody's fault."""


class Compared(NamedTuple):
    """A snapshot and what differs in it."""

    seq: int
    wrong: list[Differing]


class Waiting:
    """A snapshot that is compared with one state after the other until it was one of them.

    Attributes:
        wrong: where it differs from the state that was most like it.
    """

    def __init__(self, mark: Mark, state: bytes, instance: Instance) -> None:
        self.mark = mark
        self._state, self._instance = state, instance
        self.wrong = [Differing("layout_hash", mark.layout, instance.layout)]
        if mark.layout == instance.layout:
            self.wrong = differing(instance, mark.seq, state, instance.snapshot())

    def look(self) -> None:
        """There is another state."""
        if self.wrong and self.mark.layout == self._instance.layout:
            self.wrong = min(self.wrong, differing(self._instance, self.mark.seq, self._state, self._instance.snapshot()), key=len)


class Run:
    """An incarnation under way.

    Args:
        state: of the snapshot where the replay begins.
        state_of: the bytes of a snapshot, None when it is no longer kept.
        mode_at: the engine's mode when it gave a seq, None unknown.
        sources: (source, symbol) by the numbers in what it heard.
        reported: is given all that the loop reports.

    Attributes:
        seq: ticks through this one were run.
        over: it comes to its end before `life.end`: it raised, or left.
        raised: what it raised, or empty.
        compared: snapshots it passed so far.

    Raises:
        Unauditable: it was laid out for another version of this program.
        StoreError: its state cannot be taken up.
        StrategyError: its plan does not load or compile.
    """

    def __init__(
        self, life: Incarnation, plan: Blueprint, state: bytes, symbols: Symbols,
        state_of: Callable[[int], bytes | None], mode_at: Callable[[int], str | None], sources: Sequence[tuple[str, str]] = (),
        reported: Callable[[Records], object] = len,
    ) -> None:  # fmt: skip
        assert life.taken is not None
        check_layouts(plan)
        self.life = life
        self.seq = life.taken.seq
        self.over = False
        self.raised = ""
        self.compared: list[Compared] = []
        self.instance = (PythonInstance if plan.kind == PYTHON else Instance)(plan, life.order.terms)
        self.instance.trade({symbols.add(symbol): leg for leg, symbol in enumerate(life.order.symbols)})
        self.instance.restore(state, life.taken.layout)
        if life.stops is not None:
            self.instance.protect(life.stops)
        self.fills_before = int(self.instance.account[0].fills)
        self._state_of, self._mode_at, self._reported = state_of, mode_at, reported
        self._closing = life.closing
        levers = life.levers
        if life.taken is not life.start:
            # what came right after the tick the snapshot was taken after is in it if it was journalled before that was kept
            told, kept = life.taken.told, (self.seq, life.taken.ts_ns)
            held = [p for p in life.levers if (p.number <= told if told else (p.after, p.ts_ns) < kept)]
            self._closing |= any(pulled.lever == "close" for pulled in held)
            for stops in (pulled.said for pulled in held if isinstance(pulled.said, SetStops)):
                self.instance.protect(stops)
            levers = levers[len(held) :]
        # what is heard a second time changes nothing: what of it the snapshot holds need not be known
        heard = life.heard.compress(life.heard["after"] >= self.seq)
        self._coming = Coming(levers, heard, sources, life.order.symbols)
        self._marks = [mark for mark in life.marks if mark.rowid > life.taken.rowid]
        self._waiting: list[Waiting] = []  # for the next tick of ours: until then levers make more than one state

    def feed(self, ticks: Records, through: int) -> list[Row]:
        """Run ticks of its symbols, which go on from those fed before through a seq; returns its fills as rows of the ledger."""
        through = min(through, self.life.end)
        ticks = ticks[int(np.searchsorted(ticks["seq"], self.seq, "right")) : int(np.searchsorted(ticks["seq"], through, "right"))]
        rows: list[Row] = []
        while not self.over and (event := self._next_event(through)) is not None:
            cut = int(np.searchsorted(ticks["seq"], event, "right"))
            rows += self._run(ticks[:cut])
            ticks = ticks[cut:]
            rows += self._pass(event)
        if not self.over:
            rows += self._run(ticks)
        self.seq = max(self.seq, through)
        if self.over or self.seq >= self.life.end:
            self._look_ahead()
            self._settle()
            self.over = True
        return rows

    def _next_event(self, through: int) -> int | None:
        """The seq of the next lever or snapshot up to here."""
        ahead = self._coming.ahead
        coming = [mark.seq for mark in self._marks[:1]] + ([ahead.after] if ahead else [])
        return min((seq for seq in coming if seq <= through), default=None)

    def _pass(self, seq: int) -> list[Row]:
        """Act on all that is due after a tick, the snapshots first: which of two of one seq came first is settled by `_settle`. Returns
        the fills that are told."""
        rows: list[Row] = []
        while self._marks and self._marks[0].seq <= seq:
            self._note(self._marks.pop(0))
        while (ahead := self._coming.ahead) and ahead.after <= seq and not self.over:
            rows += self._pull(self._coming.take())
        return rows

    def _note(self, mark: Mark) -> None:
        state = self._state_of(mark.rowid)
        if state is not None:
            self._waiting.append(Waiting(mark, state, self.instance))

    def _pull(self, pulled: Pulled) -> list[Row]:
        instance, lever = self.instance, pulled.lever
        rows: list[Row] = []
        if lever in PULLED:
            if not self._closing or lever not in STAYING:
                reports = instance.pull(lever, pulled.said, pulled.after)
                rows = self._rows(reports.compress(reports["kind"] == FILL))
        elif lever == "close":
            self._closing = True
            instance.close()
        elif lever == "drop":
            self.over = True
        for waiting in self._waiting:
            waiting.look()
        return rows

    def _look_ahead(self) -> None:
        """A snapshot at the end may hold what took effect after a later tick than its own, one that is not ours: what was
        journalled before it was kept."""
        kept = max((waiting.mark.ts_ns for waiting in self._waiting), default=0)
        while (ahead := self._coming.ahead) and ahead.ts_ns < kept and not self.over:
            self._pull(self._coming.take())

    def _run(self, ticks: Records) -> list[Row]:
        if not len(ticks):
            return []
        self._settle()
        try:
            reports = self.instance.feed(np.ascontiguousarray(ticks))
        except THROWN as error:  # the strategy's own code
            self.over = True
            if not (self._closing and self.instance.flat):  # it had left by then
                self.raised = one_line(f"{type(error).__name__}: {error}")
            reports = self.instance.reports_until_failure()
        self._reported(reports)
        return self._rows(reports.compress(reports["kind"] == FILL))

    def _settle(self) -> None:
        """Of the snapshots taken since the last tick of ours each must have been one of the states there were since."""
        self.compared += [Compared(waiting.mark.seq, waiting.wrong) for waiting in self._waiting]
        self._waiting.clear()

    def _rows(self, fills: Records) -> list[Row]:
        id_, symbols = self.life.id, self.life.order.symbols
        columns = ("ts", "seq", "tick_id", "n", "order", "qty", "price", "fee", "realised", "position", "leg")
        return [
            (
                f"{id_}:{n}", id_, symbols[leg], "buy" if qty > 0 else "sell", abs(qty), price, fee, realised, position, ts, seq,
                tick_id, f"{id_}:o{order}", self._mode_at(seq),
            )
            for ts, seq, tick_id, n, order, qty, price, fee, realised, position, leg in zip(
                *(fills[name].tolist() for name in columns), strict=True
            )
        ]  # fmt: skip


def check_layouts(plan: Blueprint) -> None:
    """Refuse a plan that was made for records of another kind.

    The generated text holds the records' layouts as they were: we must know them, we hand it our memory.

    Raises:
        Unauditable: they are laid out in another way now.
    """
    found = records_in(plan.text)
    features = features_in(tuple(field for field, _ in found["TERMS"]))
    for name, dtype in {"TICK": TICK, **layouts(features)}.items():
        if found[name] != dtype.descr:
            raise Unauditable(f"it ran under a version of cockpit whose {name} records were laid out in another way")
