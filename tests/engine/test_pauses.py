"""Pauses of the loop: they are seen, put down to what made them, and the collector does not make them."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator

import pytest

from core.engine.pauses import PROBE_S, Pauses, cause_of
from tests.engine.engine_rig import until


@pytest.fixture
async def pauses() -> AsyncIterator[Pauses]:
    """Probing since a moment ago, and put back at the end."""
    made = Pauses()
    made.begin()
    await until(lambda: made.figures()["count"] > 3, "a few probes")
    try:
        yield made
    finally:
        made.end()


async def probed(pauses: Pauses) -> None:
    """Let the probe come round."""
    count = pauses.figures()["count"]
    await until(lambda: pauses.figures()["count"] > count, "a probe")


@pytest.mark.parametrize(
    ("late", "collecting", "computing", "waiting", "cause"),
    [
        (20, 15, 16, 0, "gc"),
        (20, 15, 0, 0, "gc"),  # set off by another thread
        (20, 1, 18, 2, "work"),
        (20, 0, 4, 15, "processor"),
        (20, 0, 2, 1, "blocked"),
    ],
)
def test_a_pause_is_put_down_to_what_took_most_of_it(late: int, collecting: int, computing: int, waiting: int, cause: str) -> None:
    assert cause_of(late, collecting, computing, waiting) == cause


async def test_a_pause_is_seen_counted_and_the_longest_remembered(pauses: Pauses) -> None:
    before = sum(pauses.counts.values())
    time.sleep(PROBE_S + 0.1)  # noqa: ASYNC251 - the loop is to stand still
    await probed(pauses)
    figures = pauses.figures()
    assert figures["long"] > before
    assert sum(figures["long_by"].values()) == figures["long"]
    assert min(figures["max_us"], figures["max_minute_us"], figures["worst_ms"] * 1000) >= 100_000
    assert figures["worst_cause"] in figures["long_by"]


async def test_what_the_collector_takes_is_measured(pauses: Pauses) -> None:
    garbage: list[list[int]] = [[] for _ in range(300_000)]
    gc.collect()
    assert pauses.figures()["gc_max_us"] > 100
    assert pauses.figures()["collections"][2] == 1
    assert len(garbage) == 300_000


async def test_full_collections_never_start_by_themselves(pauses: Pauses) -> None:
    full = pauses.figures()["collections"][2]
    kept = [[number] for number in range(200_000)]
    assert pauses.figures()["collections"][0] > 0
    assert pauses.figures()["collections"][2] == full
    assert len(kept) == 200_000


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


async def test_garbage_in_circles_is_found_in_a_quiet_moment() -> None:
    pauses = Pauses()
    running = asyncio.create_task(pauses.run())
    await until(lambda: pauses.figures()["count"] > 1, "it runs")
    kept: list[Knot] = []
    while gc.get_count()[2] < 12:  # as many middle collections as make a full one worth while
        kept += [Knot() for _ in range(5000)]
    kept.clear()
    full = pauses.figures()["collections"][2]
    await until(lambda: pauses.figures()["collections"][2] > full, "a full collection")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not any(isinstance(found, Knot) for found in gc.get_objects())


async def test_what_was_there_at_the_start_is_set_aside_and_looked_at_only_when_asked() -> None:
    old = Knot()
    pauses = Pauses()
    pauses.begin()
    try:
        assert gc.get_freeze_count() > 0
        del old
        assert not any(isinstance(found, Knot) for found in gc.get_objects()), "what is set aside is not listed"
        pauses.collect(thorough=True)
        gc.unfreeze()
        assert not any(isinstance(found, Knot) for found in gc.get_objects())
    finally:
        pauses.end()


@pytest.mark.parametrize("frozen", [False, True])
async def test_python_is_left_as_it_was(frozen: bool) -> None:
    gc.freeze() if frozen else gc.unfreeze()
    before = (sys.getswitchinterval(), gc.get_threshold(), list(gc.callbacks))
    pauses = Pauses()
    running = asyncio.create_task(pauses.run())
    await until(lambda: sys.getswitchinterval() < before[0], "it began")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (sys.getswitchinterval(), gc.get_threshold(), list(gc.callbacks)) == before
    assert (gc.get_freeze_count() > 0) is frozen
