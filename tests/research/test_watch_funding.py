"""What funding costs is seen where equity is watched: it begins and deepens falls, at its hours, and moves no excursion."""

from __future__ import annotations

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import cuts, realistic_cases, realistic_terms, targets
from loop_rig import BARS, FULL, bars, prints, scripted, terms
from test_watch import fallen

from core.commands import Terms
from core.compile.module import Variant
from core.kernels.records import FILL, FUNDING, REPORT
from core.research import underwater
from core.research.trips import WATCHED, closed_trips
from core.research.underwater import Falls
from core.research.watch import Watch
from core.types import DAY, Records

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")

HOUR_MS = 3_600_000
MIDNIGHT = 1_700_000_000_000_000_000 // DAY * DAY
HOUR = DAY // 24


def watched(rows: Records, wanted: list[float], how: Terms, at: list[int] | None = None, variant: Variant = FULL) -> tuple[Records, Falls]:
    """The trips and the falls of a run over rows cut at these places."""
    told, watch, parts = scripted(wanted, how, variant=variant), Watch(how), [np.empty(0, REPORT)]
    for start, stop in pairwise([0, *sorted(at or []), len(rows)]):
        if stop > start:
            parts.append(told.feed(rows[start:stop].copy()))
            watch.take(rows[start:stop], parts[-1])
    reports = np.concatenate(parts)
    return closed_trips(reports[reports["kind"] == FILL], watch.excursions()), watch.falls(int(rows["ts"][-1]))


def marked(rows: Records, wanted: list[float], how: Terms, variant: Variant = FULL) -> Falls:
    """The same from the account's own marks, one after the other: at each hour of funding, and after each row."""
    told, times, equity = scripted(wanted, how, variant=variant), [], []
    for k in range(len(rows)):
        reports = told.feed(rows[k : k + 1].copy())
        for report in reports[reports["kind"] == FUNDING]:
            times.append(int(report["ts"]))
            equity.append(float(report["equity"]))
        times.append(int(rows["ts"][k]))
        equity.append(float(told.account[0].equity))
    return fallen(times, equity, how.capital)


def test_a_price_that_stands_still_is_under_water_from_the_hour_funding_is_paid() -> None:
    ticks = prints([100, 100, 100, 100], at=[hour * HOUR_MS for hour in (1, 2, 9, 20)], start=MIDNIGHT)
    _, falls = watched(ticks, [1, 1, 1, 1], terms(funding_bps=100))
    assert falls == Falls(total_ns=12 * HOUR, longest_ns=12 * HOUR, deepest_ns=12 * HOUR, recovered=False)


def test_a_fall_that_the_print_after_it_makes_good_lasts_from_the_hour_to_that_print() -> None:
    ticks = prints([100, 100, 130, 130], at=[hour * HOUR_MS for hour in (1, 2, 9, 10)], start=MIDNIGHT)
    _, falls = watched(ticks, [1, 1, 1, 1], terms(funding_bps=100))
    assert falls == Falls(total_ns=HOUR, longest_ns=HOUR, deepest_ns=HOUR, recovered=True)


def test_what_is_received_brings_equity_back() -> None:
    ticks = prints([100, 100, 102, 101.2, 100.5], at=[hour * HOUR_MS for hour in (1, 2, 3, 9, 10)], start=MIDNIGHT)
    _, falls = watched(ticks, [-1, -1, -1, -1, -1], terms(funding_bps=100))
    assert falls == Falls(total_ns=7 * HOUR, longest_ns=7 * HOUR, deepest_ns=7 * HOUR, recovered=True)


@settings(max_examples=120)
@given(data=st.data())
def test_falls_with_funding_are_those_of_the_marks_of_the_account_in_any_batches_and_blocks(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(realistic_cases("funded"))
    block, most = data.draw(st.sampled_from([2, 5, 2048])), data.draw(st.sampled_from([0, 64]))
    with mock.patch.multiple(underwater, BLOCK=block, MOST_TURNS=most):
        _, falls = watched(ticks, wanted, how, data.draw(cuts(len(ticks))))
    assert falls == marked(ticks, wanted, how)


@settings(max_examples=120)
@given(data=st.data())
def test_of_bars_too_and_excursions_are_those_of_the_run_without_it(data: st.DataObject) -> None:
    corners = data.draw(st.lists(st.tuples(*[st.integers(90, 110)] * 4), min_size=1, max_size=40))
    length = data.draw(st.sampled_from([HOUR, 5 * HOUR]))
    rows = bars([(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in corners], length=length)
    wanted, how = data.draw(targets(len(rows))), data.draw(realistic_terms("funded"))
    trips, falls = watched(rows, wanted, how, data.draw(cuts(len(rows))), BARS)
    assert falls == marked(rows, wanted, how, BARS)
    without, _ = watched(
        rows, wanted, Terms(**{name: getattr(how, name) for name in how.__struct_fields__ if "funding" not in name}), None, BARS
    )
    for name in WATCHED:
        assert trips[name].tolist() == without[name].tolist()
