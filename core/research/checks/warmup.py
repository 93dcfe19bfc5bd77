"""Whether a strategy is warm when it says so: begun at later points of the rows, it must come to want what it wants with all of history.

The longest run is what is right. Others begin at bars spread over the rows, and see less. Bar by bar, the age of such a run is how many
bars it has seen; the history needed is one bar more than the greatest age at which one still wanted something else.

What a run could not know is not held against it: while it has been flat from its beginning on, the other may hold a position that it took
before this one was warm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.compile.blueprint import Blueprint
from core.compile.python import PythonInstance
from core.errors import CockpitError, telling
from core.reach import reach_given
from core.research.checks.subject import Subject
from core.research.checks.surroundings import Surroundings, within
from core.research.checks.trace import Trace, Tracer
from core.types import interval_text

#: Points at which runs begin.
STARTS = 24

#: Ages, in declared warm-ups, between which shares of bars are told.
AGES = (1, 2, 5, 10)

#: Bars past the greatest age that is told: what a run that has just settled wants is looked at for so long.
MORE = 200

#: Share of bars that may differ once a strategy is warm: an exponential average never quite forgets.
ENOUGH = 0.001


class Share(msgspec.Struct, frozen=True):
    """How much still differs with so much history.

    Attributes:
        history: bars seen, at least; up to the next one's.
        bars: bars compared.
        differing: those at which something else was wanted.
    """

    history: int
    bars: int
    differing: int


class Early(msgspec.Struct, frozen=True):
    """An opinion before it declares to have one: the bar, counted from 1, and the target."""

    bar: int
    target: float


class Warmup(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        declared: bars (ticks, where `unit` says so) before it has an opinion, as `warmup` says.
        given: bars of history that are given to it where it is started on a market that has them.
        needed: bars after which it wants what it wants with all of history; None where that was not seen.
        starts: points at which runs began.
    """

    ok: bool
    declared: int
    given: int
    needed: int | None
    unit: str
    starts: int
    shares: list[Share]
    early: Early | None
    words: str


@dataclass
class _Bars:
    """Rows at which bars closed.

    Attributes:
        rows: of each closing.
        began: the time each closed bar began.
    """

    rows: NDArray[np.int64]
    began: NDArray[np.int64]


def find_warmup(tracer: Tracer, base: Trace) -> Warmup:
    """Begin it at many points.

    Args:
        base: the run over all rows.

    Raises:
        CockpitError: the strategy raises.
    """
    plan = tracer.subject.plan()
    closings = tracer.subject.closings(plan.interval)
    rows = np.flatnonzero(closings >= 0)
    bars = _Bars(rows, closings[rows])
    right = _standing(base.targets)[bars.rows]
    horizon = AGES[-1] * plan.warmup + MORE
    runs = []
    for start, first in _starts(tracer.subject, bars, plan):
        seen = np.flatnonzero((bars.rows >= start) & (bars.began >= first))[:horizon]
        if len(seen) > plan.warmup:
            its = _run(tracer, plan, start, bars.rows[seen])
            runs.append(_wrong(right, seen, its, plan.warmup))
    return _verdict(plan, tracer.subject, runs, _first_opinion(base, bars))


def _standing(targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """The opinion that holds after each row: the newest one given, 0 before the first."""
    last = np.maximum.accumulate(np.where(np.isnan(targets), -1, np.arange(len(targets))))
    return np.where(last < 0, 0.0, targets[last])


def _starts(subject: Subject, bars: _Bars, plan: Blueprint) -> Iterator[tuple[int, int]]:
    """(row, time) of the beginnings of bars spread over the rows, the first at the second bar."""
    last = len(bars.rows) - reach_given(plan.warmup, plan.interval) - 1
    if last < 2:
        last = len(bars.rows) - plan.warmup - 1
    when = subject.rows[subject.when]
    for k in sorted(set(np.linspace(1, max(last, 1), STARTS, dtype=int).tolist())):
        if k < len(bars.rows):
            row = bars.rows[k] if plan.interval == 0 else int(np.searchsorted(when, bars.began[k]))
            yield int(row), int(bars.began[k])


def _run(tracer: Tracer, plan: Blueprint, start: int, closes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The opinions at some rows of a run that begins at `start`."""
    subject = tracer.subject
    with within(Surroundings(subject.path.parent)):
        instance = subject.instance(plan)
        opinions = np.zeros(len(closes))
        shown = subject.rows[start : int(closes[-1]) + 1]
        try:
            if isinstance(instance, PythonInstance):
                instance.feed(shown)
                opinions = _standing(np.array(instance.targets, np.float64))[closes - start]
            else:
                at = start
                for k, row in enumerate(closes.tolist()):
                    instance.feed(subject.rows[at : row + 1])
                    opinions[k] = np.nan_to_num(instance.books[0].opinion)  # NaN: none yet
                    at = row + 1
        except CockpitError:
            raise
        except Exception as error:  # anything may be raised in there: it is somebody else's code
            raise CockpitError(f"{plan.name} failed when begun at row {start + 1:,}: {telling(error)}") from error
    tracer.step(len(shown))
    return opinions


def _wrong(right: NDArray[np.float64], seen: NDArray[np.int64], its: NDArray[np.float64], warmup: int) -> NDArray[np.bool_]:
    """For each age from 1 on, whether it wanted something else than it should have."""
    should = right[seen]
    wrong = its != should
    flat = np.logical_and.accumulate(its == 0.0)
    changes = np.flatnonzero(np.diff(should)) + 1  # ages - 1 at which the right opinion changed
    changed = changes[changes >= max(warmup - 1, 0)]
    unknown = np.arange(len(its)) < (changed[0] if len(changed) else len(its))
    return np.asarray(wrong & ~(flat & unknown), np.bool_)


def _first_opinion(base: Trace, bars: _Bars) -> Early | None:
    """Its first target, and after how many bars it gave that; None where it never did."""
    given = np.flatnonzero(~np.isnan(base.targets))
    if not len(given):
        return None
    row = int(given[0])
    return Early(int(np.searchsorted(bars.rows, row, side="right")), float(base.targets[row]))


def _verdict(plan: Blueprint, subject: Subject, runs: list[NDArray[np.bool_]], first: Early | None) -> Warmup:
    unit = f"bars of {interval_text(max(plan.interval, subject.interval_ns))}" if plan.interval or subject.interval_ns else "ticks"
    given = reach_given(plan.warmup, plan.interval)
    told = [max(plan.warmup, 1) * age for age in AGES]
    shares = [_share(runs, low, high) for low, high in zip(told, [*told[1:], None], strict=True)]
    needed = _needed(runs)
    if needed is not None and first is not None:
        needed = max(needed, min(first.bar, plan.warmup))
    early = first if first is not None and first.bar < plan.warmup else None
    if not any(len(run) > given for run in runs):
        ok, words = False, f"cannot be told: there are too few {unit} for the {plan.warmup:,} it declares; give it more rows"
    else:
        ok, words = _words(plan.warmup, given, needed, shares[0], _rest(runs, given), unit)
    if early is not None:
        ok = False
        words += f"; gives an opinion after {early.bar:,}, before the {plan.warmup:,} it declares: no target until then"
    return Warmup(ok, plan.warmup, given, needed, unit, len(runs), [share for share in shares if share.bars], early, words)


def _share(runs: list[NDArray[np.bool_]], low: int, high: int | None) -> Share:
    parts = [run[low - 1 : None if high is None else high - 1] for run in runs]
    return Share(low, sum(map(len, parts)), sum(int(part.sum()) for part in parts))


def _rest(runs: list[NDArray[np.bool_]], age: int) -> float:
    """The share of bars that differ from an age on."""
    parts = [run[max(age - 1, 0) :] for run in runs]
    return sum(int(part.sum()) for part in parts) / max(sum(map(len, parts)), 1)


def _needed(runs: list[NDArray[np.bool_]]) -> int | None:
    """The age from which on nothing differs; None where runs that were looked at longest differ to their end."""
    last = [int(wrong[-1]) + 1 if len(wrong := np.flatnonzero(run)) else 0 for run in runs]
    if not last:
        return None
    longest = max(map(len, runs))
    return None if max(last) >= longest else max(last) + 1


def _words(declared: int, given: int, needed: int | None, at_declared: Share, rest: float, unit: str) -> tuple[bool, str]:
    if needed is not None and needed <= max(declared, 1):
        return True, f"settled: begun anywhere, after the {declared:,} {unit} it declares it wants what it wants with all of history"
    if rest <= ENOUGH:
        still = f"with the {declared:,} it declares, {at_declared.differing / max(at_declared.bars, 1):.1%} of {unit} bring another opinion"
        return True, f"settled with the {given:,} {unit} it is given where there are so many; {still}"
    if needed is None:
        return False, f"does not settle: begun later, it wants something else for as long as it was looked at ({rest:.1%} of {unit})"
    return False, f"needs {needed - declared:,} {unit} more than it declares (declare warmup={needed:,})"
