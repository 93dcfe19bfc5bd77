"""Indicators warmed up on the tape, in a bank of their own, until they are where the market is."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SourceError
from core.indicators.bank import Bank
from core.indicators.definition import Indicator
from core.indicators.over import reach_back
from core.reach import reach_given
from core.store.reader import newest_seq, ticks_since
from core.store.scan import scan_ticks
from core.store.span import tape_rows, tape_windows
from core.types import MINUTE, Symbols, join
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


def warm(tape: Tape, symbol: str, followers: Iterable[Follower], symbols: Symbols) -> tuple[Bank, int]:
    """Followers of one symbol in a new bank, as they are after its ticks on the tape, and the seq these go through.

    Each takes what `cockpit indicators values` takes: every tick by time and id, from where it `begins`.

    Raises:
        StrategyError: an indicator does not compile.
        StoreError: the tape cannot be read.
    """
    bank, seq = Bank(symbols), tape.newest()
    waiting = sorted(((begins(tape, symbol, one), one) for one in followers), key=lambda found: found[0])
    if seq:
        windows = scan_ticks(tape.path, symbol, tape.stream, from_ns=waiting[0][0] or None, symbols=symbols)
        try:
            with closing(windows):
                for window in windows:
                    waiting = _take(bank, join(window), seq, waiting, symbol)
        except SourceError:  # nothing of it yet
            pass
    for _, one in waiting:
        bank.add(one.name, one.indicator, one.values, [symbol])
    return bank, seq


def go_on(bank: Bank, tape: Tape, symbol: str, seq: int, symbols: Symbols) -> int:
    """Let a bank of one symbol take what came onto the tape after `seq`; the seq it then goes through."""
    newest = tape.newest()
    with closing(ticks_since(tape.path, seq, [symbol], symbols=symbols, to_seq=newest)) as batches:
        for ticks in batches:
            bank.take(np.ascontiguousarray(ticks))
    return max(seq, newest)


def _take(bank: Bank, ticks: Any, seq: int, waiting: list[tuple[int, Follower]], symbol: str) -> list[tuple[int, Follower]]:
    """Take ticks through `seq`; those of `waiting` that begin among them are in the bank from there on. The others are returned."""
    ticks = np.ascontiguousarray(ticks.compress(ticks["seq"] <= seq))
    while waiting and len(ticks) and waiting[0][0] <= ticks["ts"][-1]:
        start, one = waiting[0]
        cut = int(np.searchsorted(ticks["ts"], start))
        bank.take(ticks[:cut])
        bank.add(one.name, one.indicator, one.values, [symbol])
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
