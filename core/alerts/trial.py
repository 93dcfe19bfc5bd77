"""Would a rule have fired? The same book that watches the market live looks at a stretch of the tape, print by print.

Cooldowns and whiles are of the prints' own time. Values of indicators are those after each print, worked out by the code that works them
out live; they and windows of time are warmed up on what lies before the stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct

from core.alert_rules import AnyRule, BetweenRule, IndicatorRule, MoveRule, PriceRule
from core.alerts.book import Book, Line
from core.alerts.series import SECOND
from core.errors import SourceError, UsageError
from core.store.reader import read_ticks, time_span
from core.types import MINUTE, Records, Symbols

#: The tape is read in stretches of so much time.
PIECE_NS = 60 * MINUTE

#: So many times are listed.
MOST_TIMES = 500

#: Kinds of conditions of which the tape holds the past.
WITH_PAST = (PriceRule, MoveRule, BetweenRule, IndicatorRule)

#: Is told the share of the stretch that was looked at.
Told: TypeAlias = Callable[[float], None]

#: Of a variant: after each print of a symbol, its value. Made by `core.alerts.trial_values`.
Values: TypeAlias = Callable[[str, str, Records], Any]


class Trial(Struct, frozen=True, kw_only=True):
    """What to test, and on what.

    Attributes:
        home: whose tape it is.
        rule: with symbols in full, `venue:SYMBOL`.
        stream: which prints.
        indicators: the folder of a user's own.
        from_ns, to_ns: the stretch; None: the tape's first print, its end.
    """

    home: str
    rule: AnyRule
    stream: str
    indicators: str
    from_ns: int | None = None
    to_ns: int | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came out.

    Attributes:
        fired: how often it would have.
        first_ns, last_ns: the first and the last time; None: never.
        longest_ns: the longest while without, and `longest_from_ns` where that begins.
        from_ns, to_ns: the stretch that was looked at.
        prints: how many were.
        times: the last times it would have fired, at most MOST_TIMES; `texts` what it would have said, of the last.
    """

    fired: int
    first_ns: int | None
    last_ns: int | None
    longest_ns: int
    longest_from_ns: int
    from_ns: int
    to_ns: int
    prints: int
    times: list[int]
    text: str


def check_past(rule: AnyRule) -> None:
    """Let no rule pass whose figures the tape does not hold.

    Raises:
        UsageError: it does not; one line.
    """
    for leaf in rule.leaves:
        if not isinstance(leaf, WITH_PAST):
            raise UsageError(
                f"{leaf.edge}: {leaf.kind} has no past on the tape; price, move, between, indicator and groups of these can be tested"
            )


def try_rule(trial: Trial, told: Told = lambda share: None) -> Outcome:
    """Look at the stretch with the rule.

    Raises:
        UsageError: it has no past, or the stretch is none.
        CockpitError: the tape lacks a symbol or cannot be read; a variant is not there, or its indicator fails.
    """
    rule = trial.rule
    check_past(rule)
    names = list(dict.fromkeys(leaf.symbol for leaf in rule.leaves if isinstance(leaf, WITH_PAST)))
    begin, end = _stretch(trial, names)
    variants = [leaf for leaf in rule.leaves if isinstance(leaf, (BetweenRule, IndicatorRule)) and leaf.variant]
    values, warm_from = _values(trial, variants, begin)
    start = min(begin - _back(rule), warm_from)
    book = Book(by_prints=True)
    tested = msgspec.structs.replace(rule, id=rule.id or "tested", enabled=True, snoozed_until_ns=begin, until_ns=0)
    book.put(tested, times=1)
    times: list[int] = []
    text, prints = "", 0
    for upto, parts in _pieces(trial, names, start, end):
        lines = [line for leaf in variants for line in _lines(leaf, parts, values)]
        for said in book.look([(name, ticks) for name, ticks in parts if name in book.marks], upto, lines):
            times.append(said.ts_ns)
            text = said.text
        prints += sum(int((ticks["ts"] >= begin).sum()) for _, ticks in parts)
        told(max(0.0, min(1.0, (upto - begin) / (end - begin))))
    return _outcome(times, text, prints, begin, end)


def _stretch(trial: Trial, names: list[str]) -> tuple[int, int]:
    found = time_span(Path(trial.home) / "tape.db", names)
    if found is None:
        raise SourceError(f"the tape holds nothing of {', '.join(names)}")
    begin = found[0] if trial.from_ns is None else max(trial.from_ns, found[0])
    end = found[1] if trial.to_ns is None else min(trial.to_ns, found[1])
    if begin >= end:
        raise UsageError(f"the tape holds nothing of {', '.join(names)} in that stretch")
    return begin, end


def _back(rule: AnyRule) -> int:
    """How much before the stretch is looked at, so that prices, windows and whiles are known where it begins."""
    windows = [leaf.window_s for leaf in rule.leaves if isinstance(leaf, MoveRule)]
    return PIECE_NS + int((rule.for_s + max(windows, default=0.0)) * SECOND)


def _values(trial: Trial, variants: list[Any], begin: int) -> tuple[Values | None, int]:
    if not variants:
        return None, begin
    from core.alerts.trial_values import values_of  # the compiler comes with it

    wanted = [(leaf.variant, leaf.symbol) for leaf in variants]
    return values_of(Path(trial.home), Path(trial.indicators), list(dict.fromkeys(wanted)), begin)


def _pieces(trial: Trial, names: list[str], start: int, end: int) -> Iterator[tuple[int, list[tuple[str, Records]]]]:
    """The prints of all symbols, a stretch at a time, numbered in the order of their times; until when each stretch goes."""
    symbols, seq = Symbols(), 0
    for at in range(start, end, PIECE_NS):
        upto = min(at + PIECE_NS, end)
        found = [read_ticks(Path(trial.home) / "tape.db", name, trial.stream, from_ns=at, to_ns=upto, symbols=symbols) for name in names]
        order = np.argsort(np.concatenate([ticks["ts"] for ticks in found]), kind="stable")
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(seq + 1, seq + 1 + len(order))
        parts, first = [], 0
        for name, ticks in zip(names, found, strict=True):
            if len(ticks):
                numbered = ticks.copy()
                numbered["seq"] = places[first : first + len(ticks)]
                parts.append((name, numbered))
            first += len(ticks)
        seq += len(order)
        yield upto, parts


def _lines(leaf: Any, parts: list[tuple[str, Records]], values: Values | None) -> Iterator[Line]:
    assert values is not None
    for name, ticks in parts:
        if name == leaf.symbol:
            found = values(leaf.variant, name, ticks)
            known = np.isfinite(found)
            if known.any():
                yield Line(leaf.watches, found[known], ticks["seq"][known], ticks["ts"][known])


def _outcome(times: list[int], text: str, prints: int, begin: int, end: int) -> Outcome:
    gaps = [(two - one, one) for one, two in pairwise([begin, *times, end])]
    longest, since = max(gaps)
    return Outcome(
        fired=len(times), first_ns=times[0] if times else None, last_ns=times[-1] if times else None, longest_ns=longest,
        longest_from_ns=since, from_ns=begin, to_ns=end, prints=prints, times=times[-MOST_TIMES:], text=text,
    )  # fmt: skip
