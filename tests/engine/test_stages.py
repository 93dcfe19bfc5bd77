"""The engine's latency figures: each stage from the moment a tick's bytes were read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.clock import ManualClock
from core.engine.stages import REMEMBERED, Passage
from core.latency import Histogram, Stage
from core.types import TICK, Origin, Records

MS = 1_000_000
NOW = 1_790_000_000_000_000_000


def ticks(first_seq: int, count: int, recv: int) -> Records:
    made = np.zeros(count, TICK)
    made["seq"] = np.arange(first_seq, first_seq + count)
    made["recv"] = recv
    return made


def test_a_tick_is_timed_at_every_stage_from_when_it_was_read() -> None:
    clock = ManualClock(NOW)
    passage, worker = Passage(clock), Stage()
    batch = ticks(101, 3, NOW)
    steps: list[tuple[float, Callable[[], None]]] = [
        (0.001, lambda: passage.parsed(batch)),
        (0.001, lambda: passage.released(batch)),
        (0.001, lambda: worker.note(clock.now_ns(), batch["recv"])),
        (0.001, lambda: passage.filled([102])),
        (0.096, lambda: passage.committed([batch[:1], batch[1:]])),
        (0.100, lambda: passage.alerted(batch)),
    ]
    for wait_s, step in steps:
        clock.advance(wait_s)
        step()
    passage.heard(worker.drain().to_bytes())
    found = passage.figures()
    assert list(found) == ["parsed", "sequenced", "target", "fill", "on_disk", "alert"]
    for (name, figures), (ms, count) in zip(found.items(), [(1, 3), (2, 3), (3, 3), (4, 1), (100, 3), (200, 1)], strict=True):
        assert figures["max_us"] == pytest.approx(ms * 1000, rel=1 / 64), name
        assert figures["count"] == count, name


def test_figures_forget_what_totals_keep() -> None:
    clock = ManualClock(NOW)
    passage = Passage(clock)
    passage.released(ticks(1, 1, NOW - MS))
    clock.advance(120)
    assert passage.figures()["sequenced"]["count"] == 0
    assert passage.totals()["sequenced"]["count"] == 1


def test_two_histograms_of_a_stage_tell_what_was_between() -> None:
    passage = Passage(ManualClock(NOW))
    passage.released(ticks(1, 5, NOW - 50 * MS))
    before = passage.histograms()
    passage.released(ticks(6, 2, NOW - MS))
    since = Histogram.from_bytes(passage.histograms()["sequenced"]).diff(Histogram.from_bytes(before["sequenced"]))
    assert since.figures()["count"] == 2
    assert since.quantile(1.0) == pytest.approx(MS, rel=1 / 64)


def test_fills_of_ticks_that_are_long_gone_or_of_another_session_are_not_timed() -> None:
    passage = Passage(ManualClock(NOW))
    passage.released(ticks(5000, 10, NOW - MS))
    passage.filled([4999, 5010, 1])
    assert passage.totals()["fill"]["count"] == 0
    passage.filled([5000, 5009])
    assert passage.totals()["fill"]["count"] == 2
    passage.released(ticks(5010, REMEMBERED, NOW))
    passage.filled([5009])
    assert passage.totals()["fill"]["count"] == 2


@pytest.mark.parametrize("sizes", [(1, 2, 3), (REMEMBERED, 1), (REMEMBERED - 3, 7, 9), (REMEMBERED * 2 + 5, 4)])
def test_the_tick_of_a_fill_is_found_again_wherever_the_memory_wraps(sizes: tuple[int, ...]) -> None:
    clock = ManualClock(NOW)
    passage = Passage(clock)
    seq = 77
    for size in sizes:
        batch = ticks(seq, size, 0)
        batch["recv"] = NOW - batch["seq"] * 1000
        passage.released(batch)
        seq += size
    for wanted in (seq - 1, max(77, seq - REMEMBERED), (seq - 1) // 2 + seq // 2):
        before = passage.totals()["fill"]["count"]
        passage.filled([wanted])
        assert passage.totals()["fill"]["count"] == (before or 0) + 1
    assert passage.totals()["fill"]["max_us"] == seq - 1


def test_an_alert_is_timed_from_the_oldest_live_print_of_its_batch_and_not_from_one_that_was_fetched() -> None:
    clock = ManualClock(NOW)
    passage = Passage(clock)
    batch = ticks(1, 3, NOW)
    batch["recv"] = [NOW - 900 * MS, NOW - 3 * MS, NOW]
    batch["origin"] = [Origin.BACKFILL, Origin.LIVE, Origin.LIVE]
    clock.advance(0.001)
    passage.alerted(batch)
    passage.alerted(batch[:1])
    found = passage.totals()["alert"]
    assert found["count"] == 1
    assert found["max_us"] == pytest.approx(4000, rel=0.02)
