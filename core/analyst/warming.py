"""Indicators warmed up on the tape, in a bank of their own, until they are where the market is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.errors import CockpitError, SourceError
from core.indicators.bank import Bank
from core.indicators.definition import Indicator
from core.indicators.over import reach_back
from core.reach import reach_given
from core.store.reader import newest_seq, ticks_since
from core.store.scan import scan_ticks
from core.store.span import tape_rows, tape_windows
from core.types import MINUTE, Records, Symbols, join
from core.variant import Variant


@dataclass(frozen=True)
class Follower:
    """A variant as a bank takes it."""

    variant: Variant
    indicator: Indicator

    @property
    def name(self) -> str:
        """The variant's."""
        return self.variant.name

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that are given."""
        return self.variant.params

    @property
    def line(self) -> int:
        """The place of the line it stands for."""
        return self.indicator.line(self.variant.line) if self.variant.line else 0

    def follows(self, symbol: str) -> bool:
        """Whether it follows `venue:SYMBOL`; a variant may name it without its venue."""
        named = self.variant.symbols
        return named is None or any(text.upper() in (symbol.upper(), symbol.rpartition(":")[2].upper()) for text in named)

    def same(self, other: Follower) -> bool:
        """Whether the other's values are these: what it is for, and whose, may differ."""
        return self.indicator is other.indicator and self.indicator.params(self.values) == other.indicator.params(other.values)


@dataclass(frozen=True)
class Tape:
    """Where ticks of the past lie: the file, and the kind of prints (None: there is one)."""

    path: Path
    stream: str | None = None

    def newest(self) -> int:
        """The highest seq that is on it; 0 where there is nothing."""
        return newest_seq(self.path) if self.path.exists() else 0


class Before(NamedTuple):
    """What was before the first tick of a tape (`until_ns`), as TICK records made of the venue's bars."""

    until_ns: int
    prints: Records


class Warmed(NamedTuple):
    """Followers as they are after the ticks through `seq`.

    Attributes:
        given: by name, of those that were given something from before the tape: bars that are the venue's, in part or altogether.
    """

    bank: Bank
    seq: int
    given: dict[str, int]


def warm(tape: Tape, symbol: str, followers: Iterable[Follower], symbols: Symbols, before: Mapping[str, Before]) -> Warmed:
    """Followers of one symbol in a new bank, as they are after its ticks on the tape.

    Each takes what `cockpit indicators values` takes: every tick by time and id, from where it `begins`; one that `before` names takes
    that first.

    Raises:
        StrategyError: an indicator does not compile.
        StoreError: the tape cannot be read.
    """
    bank, seq, given = Bank(symbols), tape.newest(), {}

    def add(one: Follower) -> None:
        bank.add(one.name, one.indicator, one.values, [symbol])
        if one.name in before:
            given[one.name] = _reach_back(bank, one, symbol, before[one.name].prints)

    waiting = sorted(
        ((_starts(tape, symbol, one, before.get(one.name)), one) for one in followers),
        key=lambda found: found[0],
    )
    if seq:
        windows = scan_ticks(tape.path, symbol, tape.stream, from_ns=waiting[0][0] or None, symbols=symbols)
        try:
            with closing(windows):
                for window in windows:
                    waiting = _take(bank, join(window), seq, waiting, add)
        except SourceError:  # nothing of it yet
            pass
    for _, one in waiting:
        add(one)
    return Warmed(bank, seq, given)


def _starts(tape: Tape, symbol: str, one: Follower, before: Before | None) -> int:
    return before.until_ns if before is not None and len(before.prints) else begins(tape, symbol, one)


def _reach_back(bank: Bank, one: Follower, symbol: str, prints: Records) -> int:
    """Let one of a bank, and no other, take prints of its symbol; how many bars have some."""
    if not len(prints):
        return 0
    try:
        bank.series(one.name, symbol, prints)
    except CockpitError as error:
        bank.failed[one.indicator.name] = str(error)
    return (bank.bars(one.name, symbol) or 0) + 1  # the last goes on


def go_on(bank: Bank, tape: Tape, symbol: str, seq: int, symbols: Symbols) -> int:
    """Let a bank of one symbol take what came onto the tape after `seq`; the seq it then goes through."""
    newest = tape.newest()
    with closing(ticks_since(tape.path, seq, [symbol], symbols=symbols, to_seq=newest)) as batches:
        for ticks in batches:
            bank.take(np.ascontiguousarray(ticks))
    return max(seq, newest)


def _take(
    bank: Bank, ticks: Records, seq: int, waiting: list[tuple[int, Follower]], add: Callable[[Follower], None]
) -> list[tuple[int, Follower]]:  # fmt: skip
    """Take ticks through `seq`; those of `waiting` that begin among them are added to the bank there. The others are returned."""
    ticks = np.ascontiguousarray(ticks.compress(ticks["seq"] <= seq))
    while waiting and len(ticks) and waiting[0][0] <= ticks["ts"][-1]:
        start, one = waiting[0]
        cut = int(np.searchsorted(ticks["ts"], start))
        bank.take(ticks[:cut])
        add(one)
        ticks, waiting = ticks[cut:], waiting[1:]
    bank.take(ticks)
    return waiting


def begins(tape: Tape, symbol: str, one: Follower) -> int:
    """When the ticks of the tape begin that a follower is warmed up on, ns: where `cockpit indicators values` begins to read for it, and
    some prints earlier, so that it knows what was before; 0: all of them."""
    windows = tape_windows(tape.path, symbol, tape.stream, 1) if tape.stream is not None and tape.path.exists() else []
    if not windows:
        return 0
    until = windows[-1][0]  # at the newest print, or up to five minutes before
    start = reach_back(one.indicator, one.values, until)
    if start is None:
        wanted, span = reach_given(one.indicator.warmup(one.indicator.params(one.values)), 0), MINUTE
        while span < until and tape_rows(tape.path, symbol, str(tape.stream), until - span) < wanted:
            span *= 4
        start = until - span
    return max((begin for begin, end in windows if end <= start), default=0)
