"""What only a look at every print tells: how far a trip was ahead and behind, how long equity lay below its peak; against a walk tick by
tick over the account itself, however the ticks are cut into batches."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import any_terms, cases, cuts, targets
from loop_rig import BARS, FULL, bars, prints, scripted, terms

from core.commands import Terms
from core.compile.module import Variant
from core.kernels.records import FILL, REPORT
from core.research import underwater
from core.research.stretches import rows_of
from core.research.trips import WATCHED, closed_trips
from core.research.underwater import Falls, Underwater
from core.research.watch import Watch
from core.types import Records

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")


def watched(rows: Records, wanted: list[float], how: Terms, at: list[int] | None = None, variant: Variant = FULL) -> tuple[Records, Falls]:
    """The trips and the falls of a run that was watched, the rows cut at these places."""
    told, watch, fills = scripted(wanted, how, variant=variant), Watch(how), []
    for start, stop in pairwise([0, *sorted(at or []), len(rows)]):
        if stop > start:
            reports = told.feed(rows[start:stop].copy())
            watch.take(rows[start:stop], reports)
            fills.append(reports[reports["kind"] == FILL])
    trips = closed_trips(np.concatenate([np.empty(0, REPORT), *fills]), watch.excursions())
    return trips, watch.falls(int(rows["ts"][-1]))


class Walk:
    """The same by hand, row by row: what each price was to what was held then, and where equity stood after each row."""

    def __init__(self, rows: Records, wanted: list[float], how: Terms, variant: Variant = FULL) -> None:
        self.told, self.how = scripted(wanted, how, variant=variant), how
        self.seen: list[list[float]] = [[]]
        self.entries: list[list[float]] = [[]]
        self.equity: list[float] = []
        self.position = self.entry = 0.0
        for k in range(len(rows)):
            fills = self.told.feed(rows[k : k + 1].copy())
            self.row(rows[k], fills[fills["kind"] == FILL], variant.bars)
            self.equity.append(float(self.told.account[0].equity))

    def see(self, price: float) -> None:
        if self.position != 0.0:
            way = 1.0 if self.position > 0.0 else -1.0
            self.seen[-1].append(way * (float(price) - self.entry))
            self.entries[-1].append(self.entry)

    def row(self, row: Any, fills: Records, of_bars: bool) -> None:
        if not of_bars:
            self.see(row["price"])
        for fill in fills:
            if of_bars:
                self.see(row["open"])
                slip = self.how.slippage_bps / 1e4
                if fill["why"]:
                    self.see(fill["price"] / (1.0 + slip if fill["qty"] > 0.0 else 1.0 - slip))
            self.execute(fill)
        if of_bars:
            self.see(row["low"])
            self.see(row["high"])
        else:
            self.see(row["price"])

    def execute(self, fill: Any) -> None:
        before, after = self.position, float(fill["position"])
        ended = before != 0.0 and before * after <= 0.0
        if ended:
            self.seen.append([])
            self.entries.append([])
        if before == 0.0 or ended:
            self.entry = float(fill["price"])
        elif abs(after) > abs(before):
            self.entry = (self.entry * abs(before) + float(fill["price"]) * abs(float(fill["qty"]))) / abs(after)
        self.position = after

    def excursions(self) -> list[tuple[float, float, float, float]]:
        found = []
        for seen, entries in zip(self.seen[:-1], self.entries[:-1], strict=True):
            parts = [100 * one / entry for one, entry in zip(seen, entries, strict=True)]
            found.append((min([0.0, *seen]), max([0.0, *seen]), min([0.0, *parts]), max([0.0, *parts])))
        return found


def fallen(times: list[int], equity: list[float], capital: float) -> Falls:
    """How long equity lay below its peak, mark by mark."""
    peak, since, depth = capital, None, 0.0
    spans: list[tuple[float, int, bool]] = []
    for ts, value in zip(times, equity, strict=True):
        if value < peak:
            since = ts if since is None else since
            depth = max(depth, peak - value)
        else:
            if since is not None:
                spans.append((depth, ts - since, True))
            peak, since, depth = value, None, 0.0
    if since is not None:
        spans.append((depth, times[-1] - since, False))
    if not spans:
        return Falls(0, 0, None, None)
    deepest = max(spans, key=lambda one: one[0])
    return Falls(sum(one[1] for one in spans), max(one[1] for one in spans), deepest[1], deepest[2])


def test_the_prints_of_entry_and_exit_and_all_between_count() -> None:
    trips, _ = watched(prints([100, 100, 93, 112, 104, 150]), [1, 1, 1, 0, 0, 0], terms())
    assert [trips[name].tolist() for name in WATCHED] == [[-7], [12], [-7], [12]]
    short, _ = watched(prints([100, 100, 93, 112, 104, 50]), [-1, -1, -1, 0, 0, 0], terms())
    assert [short[name].tolist() for name in WATCHED] == [[-12], [7], [-12], [7]]


def test_a_trip_that_was_never_behind_was_not_ahead_of_its_entry_either() -> None:
    trips, _ = watched(prints([100, 100, 101, 102, 103]), [1, 1, 0, 0, 0], terms())
    assert (trips["mae"].tolist(), trips["mfe"].tolist()) == ([0.0], [2.0])


def test_a_stretch_is_measured_from_the_average_entry_of_its_moment() -> None:
    trips, _ = watched(prints([100, 100, 110, 106, 120, 120]), [1, 2, 2, 0, 0, 0], terms())
    assert (trips["mae"].tolist(), trips["mfe"].tolist()) == ([0.0], [15.0]), "110 is 10 above 100, 120 is 15 above 105; 106 is above too"


def test_of_bars_the_exit_counts_with_its_open_and_the_level_of_its_stop() -> None:
    rows = bars([(100, 101, 99, 100), (100, 103, 98, 102), (102, 109, 97, 108), (108, 130, 60, 100), (100, 100, 100, 100)])
    trips, _ = watched(rows, [1, 1, 0, 0, 0], terms(), variant=BARS)
    assert (trips["mae"].tolist(), trips["mfe"].tolist()) == ([-3.0], [9.0]), "of the bar it was sold in only the open"
    trips, _ = watched(rows, [1, 1, 1, 1, 1], terms(stop_loss_pct=10), variant=BARS)
    assert (trips["exit"].tolist(), trips["mae"].tolist(), trips["mfe"].tolist()) == ([90.0], [-10.0], [9.0])


@settings(max_examples=60)
@given(data=st.data())
def test_excursions_are_what_a_walk_over_the_prints_finds_in_any_batches(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(cases())
    trips, _ = watched(ticks, wanted, how, data.draw(cuts(len(ticks))))
    found = [tuple(trip[name] for name in WATCHED) for trip in trips]
    walk = Walk(ticks, wanted, how)
    assert len(found) == walk.told.account[0].trades
    np.testing.assert_allclose(np.reshape(found, (-1, 4)), np.reshape(walk.excursions(), (-1, 4)), rtol=1e-9, atol=1e-9)


@settings(max_examples=60)
@given(data=st.data())
def test_excursions_inside_bars_are_what_a_walk_over_them_finds_in_any_batches(data: st.DataObject) -> None:
    corners = data.draw(st.lists(st.tuples(*[st.integers(90, 110)] * 4), min_size=1, max_size=40))
    rows = bars([(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in corners])
    wanted, how = data.draw(targets(len(rows))), data.draw(any_terms())
    trips, falls = watched(rows, wanted, how, data.draw(cuts(len(rows))), BARS)
    walk = Walk(rows, wanted, how, BARS)
    found = [tuple(trip[name] for name in WATCHED) for trip in trips]
    np.testing.assert_allclose(np.reshape(found, (-1, 4)), np.reshape(walk.excursions(), (-1, 4)), rtol=1e-9, atol=1e-9)
    assert falls == fallen(rows["ts"].tolist(), walk.equity, how.capital)


@settings(max_examples=60)
@given(data=st.data())
def test_falls_are_what_a_walk_over_the_marks_finds_in_any_batches_and_blocks(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(cases())
    block, most = data.draw(st.sampled_from([2, 5, 2048])), data.draw(st.sampled_from([0, 64]))
    with mock.patch.multiple(underwater, BLOCK=block, MOST_TURNS=most):
        _, falls = watched(ticks, wanted, how, data.draw(cuts(len(ticks))))
    assert falls == fallen(ticks["ts"].tolist(), Walk(ticks, wanted, how).equity, how.capital)


@given(st.lists(st.lists(st.integers(90, 110), min_size=1, max_size=12), min_size=1, max_size=6))
def test_any_batches_of_marks_give_the_same_falls(parts: list[list[int]]) -> None:
    under, at = Underwater(100.0), 0
    for part in parts:
        under.take(np.arange(at, at + len(part)), np.array(part, np.float64))
        at += len(part)
    whole = [float(value) for part in parts for value in part]
    assert under.falls(at - 1) == fallen(list(range(at)), whole, 100.0)


def test_a_fall_lasts_until_equity_is_back_and_the_deepest_may_not_be_the_longest() -> None:
    under = Underwater(100.0)
    under.take(np.array([0, 10, 20, 30, 40, 50]), np.array([100.0, 80.0, 101.0, 99.0, 98.0, 100.0]))
    assert under.falls(50) == Falls(total_ns=10 + 20, longest_ns=20, deepest_ns=10, recovered=True)
    under.take(np.array([60, 70]), np.array([70.0, 101.0]))
    assert under.falls(90) == Falls(total_ns=10 + 40, longest_ns=40, deepest_ns=40, recovered=True)
    under.take(np.array([100]), np.array([1.0]))
    assert under.falls(130) == Falls(total_ns=80, longest_ns=40, deepest_ns=30, recovered=False)


def test_rows_are_found_where_rows_are_not_numbered_one_by_one() -> None:
    ticks = prints([1, 2, 3, 4, 5, 6], at=[0, 5, 5, 5, 9, 9])
    fills = np.zeros(3, REPORT)
    places = [1, 3, 5]
    for numbers in ([3, 9, 10, 40, 41, 55], [0, 9, 2, 0, 41, 0]):  # as delivered to several; by time, some never delivered
        ticks["seq"] = numbers
        fills["seq"], fills["tick_id"], fills["ts"] = ticks["seq"][places], ticks["id"][places], ticks["ts"][places]
        assert rows_of(ticks, fills).tolist() == places
