"""Warming a strategy up on what lies before the first moment it trades, and the blame for what it raises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.errors import CockpitError, telling
from core.reach import reach_from, reach_given, reached
from core.research.short_bars import bars_had
from core.research.source import Source
from core.strategy import Definition
from core.types import Records, interval_text, join


def reach_of(definition: Definition, values: dict[str, Any], from_ns: int | None, source_ns: int = 0) -> int | None:
    """Where reading must begin (ns UTC) so that the strategy is warm at `from_ns`; None: at the first row.

    Args:
        source_ns: length of the source's bars; 0 for ticks, or where nobody knows yet.
    """
    params = definition.params(values)
    interval, warmup = bars_had(definition.interval(params), source_ns), definition.warmup(params)
    if from_ns is None or interval == 0:
        return None
    return reach_from(from_ns, warmup, interval)


def after_warming(
    instance: Instance, plan: Blueprint, source: Source, batches: Iterable[Records], from_ns: int | None
) -> Iterator[Records]:
    """The batches of a source to trade; what lies before `from_ns` has warmed the strategy by then."""
    waiting: list[Records] = []
    interval = bars_had(plan.interval, source.interval_ns)
    most = reach_given(plan.warmup, interval)
    warming = from_ns is not None and plan.warmup > 0
    passed = 0
    for batch in batches:
        if from_ns is None:
            yield batch
            continue
        early = batch["start" if source.kind == "bars" else "ts"] < from_ns
        if warming and early.any():
            waiting.append(batch.compress(early))
            if plan.interval == 0 and sum(map(len, waiting)) > most + len(batch):
                waiting = [join(waiting, batch.dtype)[-most:]]
        if early.all():
            passed += len(batch)
            if source.told is not None:
                source.told(passed)
            continue
        if warming and waiting:
            history = reached(join(waiting, waiting[0].dtype), from_ns, plan.warmup, interval)
            with blaming(plan):
                instance.warm(history)
        warming = False
        yield batch.compress(~early)


def cold_words(instance: Instance, plan: Blueprint, from_ns: int | None, source_ns: int) -> str:
    """`was never warm: it needs 20 bars of 1m and had 12`; '' where it had enough, or nobody counted."""
    keeps_bars = "bar" in (instance.state.dtype.names or ())  # else ticks are counted, and those that only warmed up are not
    counted = keeps_bars or (plan.interval == 0 and from_ns is None)
    seen = instance.seen()
    if seen >= plan.warmup or not counted:
        return ""
    what = f"bars of {interval_text(bars_had(plan.interval, source_ns))}" if plan.interval else "ticks"
    return f"was never warm: it needs {plan.warmup:,} {what} and had {seen:,}"


@contextmanager
def blaming(plan: Blueprint) -> Iterator[None]:
    """What a strategy raises ends the run with a line that says so.

    Raises:
        CockpitError: it raised.
    """
    try:
        yield
    except CockpitError:
        raise
    except Exception as error:  # anything may be raised in there: it is somebody else's code
        raise CockpitError(f"{plan.name} failed: {telling(error)}") from error
