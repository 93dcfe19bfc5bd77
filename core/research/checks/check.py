"""Both tests of one strategy over the same rows."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from core.clock import iso
from core.research.checks.badges import Badge, badge_key, keep_badge
from core.research.checks.lookahead import RUNS, Lookahead, Search
from core.research.checks.subject import Ask, Told, open_subject
from core.research.checks.surroundings import Surroundings, within
from core.research.checks.trace import Tracer
from core.research.checks.warmup import AGES, MORE, STARTS, Warmup, find_warmup
from core.strategy_files import load


class Checked(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        source: what the rows are of.
        notes: what else is to be known.
    """

    strategy: str
    source: str
    symbol: str
    params: dict[str, Any]
    rows: int
    lookahead: Lookahead
    warmup: Warmup
    notes: list[str]

    @property
    def ok(self) -> bool:
        """Whether both were passed."""
        return self.lookahead.ok and self.warmup.ok


def check(ask: Ask, told: Told = lambda done, total: None) -> Checked:
    """Test a strategy, and keep the badge.

    Raises:
        UsageError: the strategy, the source or a value is refused; one line.
        CockpitError: the strategy raises.
    """
    subject = open_subject(ask)
    with within(Surroundings(subject.path.parent)):
        key = badge_key(load(subject.path))  # of what is checked: the file may be edited meanwhile
    plan = subject.plan()
    count = len(subject.rows)
    notes = [] if subject.total else [f"the first {count:,} rows; the source has more"]
    tracer = Tracer(subject, told, min(STARTS * (AGES[-1] * plan.warmup + MORE), STARTS * count // 2))
    lookahead, base = Search(tracer, notes).find(plan.interval)
    tracer.total = max(tracer.total, tracer.done + RUNS)
    warmup = find_warmup(tracer, base)
    if lookahead.kind == "chance":
        warmup = msgspec.structs.replace(warmup, ok=False, words="cannot be told: it does not give the same twice")
    checked = Checked(ask.strategy, ", ".join(subject.sources), subject.symbol, plan.values, count, lookahead, warmup, notes)
    try:
        keep_badge(key, _badge(checked, ask))
    except OSError as error:
        notes.append(f"the badge is not kept: {error.strerror}")
    return checked


def _badge(checked: Checked, ask: Ask) -> Badge:
    return Badge(
        strategy=checked.strategy,
        lookahead=checked.lookahead.ok,
        lookahead_words=checked.lookahead.words,
        warmup=checked.warmup.ok,
        warmup_words=checked.warmup.words,
        source=checked.source,
        rows=checked.rows,
        params=dict(ask.params),
        checked=iso(time.time_ns()),
    )
