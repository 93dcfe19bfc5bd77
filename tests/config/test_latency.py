"""Latency histograms: what they say of durations, against NumPy's own percentiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.latency import LIMIT_NS, SLOT_S, SLOTS, Histogram, Stage, Stages

SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND

durations = st.one_of(st.integers(0, 2000), st.integers(0, 50_000_000), st.integers(0, LIMIT_NS - 1))
many = st.lists(durations, min_size=1, max_size=200)


def of(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_many(np.array(values, np.int64))
    return histogram


def same(one: Histogram, other: Histogram) -> bool:
    return one.to_bytes() == other.to_bytes()


@given(many, st.floats(0.0, 1.0))
def test_a_quantile_is_numpys_rounded_up_by_less_than_two_percent(values: list[int], q: float) -> None:
    found = of(values).quantile(q)
    exact = int(np.percentile(values, q * 100, method="inverted_cdf"))
    assert found is not None
    # Percentiles of q * n next to a whole number may fall on either neighbour.
    near = [int(np.percentile(values, p, method="inverted_cdf")) for p in (max(0, q * 100 - 1e-9), min(100, q * 100 + 1e-9))]
    assert any(max(e, 1) <= max(found, 1) <= max(512, e * (1 + 1 / 64)) or (e < 512 and found < 520) for e in (exact, *near))


@given(many)
def test_one_by_one_and_all_at_once_count_the_same(values: list[int]) -> None:
    singly = Histogram()
    for value in values:
        singly.record(value)
    assert same(singly, of(values))


@given(many, many)
def test_two_histograms_add_up_and_come_apart_again(first: list[int], second: list[int]) -> None:
    before = of(first)
    both = before.copy()
    both.merge(of(second))
    assert same(both, of(first + second))
    since = both.diff(before)
    assert since.count == len(second)
    assert max(second) <= since.max or both.max == since.max
    assert since.quantile(0.5) == pytest.approx(of(second).quantile(0.5), rel=1 / 64, abs=520)


@given(many)
def test_bytes_give_back_the_same_histogram(values: list[int]) -> None:
    histogram = of([*values, -1])
    twin = Histogram.from_bytes(histogram.to_bytes())
    assert same(twin, histogram)
    assert (twin.count, twin.max, twin.refused) == (len(values), max(values), 1)


def test_the_maximum_is_exact_and_no_quantile_exceeds_it() -> None:
    histogram = of([1_000_003] * 10)
    assert (histogram.max, histogram.quantile(1.0), histogram.quantile(0.0)) == (1_000_003,) * 3


def test_what_a_clock_that_was_set_makes_of_a_duration_is_counted_apart() -> None:
    histogram = of([-5, LIMIT_NS, 1000])
    histogram.record(-1, 3)
    histogram.record(3600 * SECOND)
    assert (histogram.count, histogram.refused, histogram.max) == (1, 6, 1000)


def test_an_empty_histogram_knows_no_quantile() -> None:
    assert Histogram().quantile(0.99) is None
    assert Histogram().figures() == {"p50_us": None, "p99_us": None, "max_us": None, "count": 0}


@pytest.mark.parametrize("data", [b"", b"x", b"\x02" + bytes(20), Histogram().to_bytes() + b"x", of([5]).to_bytes()[:-1]])
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a histogram"):
        Histogram.from_bytes(data)


def test_a_bucket_there_is_not_is_refused() -> None:
    data = bytearray(of([5]).to_bytes())
    data[21:23] = b"\xff\xff"
    with pytest.raises(ValueError, match="not a histogram"):
        Histogram.from_bytes(data)


@given(many)
def test_a_stage_counts_arrivals_as_a_histogram_would(values: list[int]) -> None:
    stage = Stage()
    for value in values:
        stage.note(NOW, np.array([NOW - value, NOW - value], np.int64))
    assert same(stage.total(), of(values + values))


def test_a_stage_forgets_what_is_older_than_a_minute_only_in_its_recent_figures() -> None:
    stage = Stage()
    stage.record(NOW, 5_000_000)
    for second in range(1, SLOTS * SLOT_S):
        stage.record(NOW + second * SECOND, 1000)
    assert stage.recent(NOW + (SLOTS * SLOT_S - 1) * SECOND).max == 5_000_000
    assert stage.recent(NOW + (SLOTS * SLOT_S) * SECOND).max == 1000
    assert stage.recent(NOW + 1000 * SECOND).count == 0
    assert stage.total().max == 5_000_000
    assert stage.total().count == SLOTS * SLOT_S


def test_a_stage_survives_a_clock_that_is_set_back_an_hour() -> None:
    stage = Stage()
    stage.record(NOW, 1000)
    stage.record(NOW - 3600 * SECOND, 2000)
    stage.note(NOW - 3600 * SECOND, np.array([NOW], np.int64))
    assert (stage.total().count, stage.total().refused, stage.recent(NOW - 3600 * SECOND).count) == (2, 1, 2)


def test_draining_gives_each_duration_once() -> None:
    stage, elsewhere = Stage(), Stage()
    for step in range(5):
        stage.note(NOW + step * SECOND * 7, np.full(step, NOW + step * SECOND * 7 - 1500, np.int64))
        elsewhere.add(NOW, Histogram.from_bytes(stage.drain().to_bytes()))
    assert same(elsewhere.total(), stage.total())
    assert stage.drain().count == 0


def test_a_summary_names_each_stage_with_microseconds() -> None:
    stages = Stages()
    stages["parsed"].note(NOW, np.array([NOW - 2_000_000] * 3, np.int64))
    stages["fill"].record(NOW, 4_000)
    assert stages.summary() == {
        "parsed": {"p50_us": 2000.0, "p99_us": 2000.0, "max_us": 2000.0, "count": 3},
        "fill": {"p50_us": 4.0, "p99_us": 4.0, "max_us": 4.0, "count": 1},
    }
    assert stages.recent(NOW + 10 * SECOND) == stages.summary()
    assert stages.recent(NOW + 100 * SECOND)["fill"]["count"] == 0
