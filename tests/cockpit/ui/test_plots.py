"""Curves in dots: where they run, what hangs, which lies over which, and the times below."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from cockpit.panes.line import Part
from cockpit.plots import at_times, deepest, hung_dots, laid_over, line_dots, text_of, time_axis
from cockpit.text import width

SECOND = 1_000_000_000
values = st.floats(-1e9, 1e9)


def test_a_value_holds_until_the_next_one_and_nothing_is_known_outside() -> None:
    points = [(10, 1.0), (20, 2.0), (30, 3.0)]
    assert at_times(points, 0, 40, 9) == [None, None, 1.0, 1.0, 2.0, 2.0, 3.0, None, None]


def test_the_deepest_of_each_stretch_is_kept() -> None:
    assert deepest([(0, 1.0), (10, 5.0), (12, 3.0), (99, 2.0)], 0, 100, 4) == [5.0, 5.0, 5.0, 2.0]


def test_nothing_is_known_of_falls_before_a_curve_begins_and_after_it_ends() -> None:
    assert deepest([(30, 1.0), (55, 2.0)], 0, 100, 10) == [None, None, None, 1.0, 1.0, 2.0, None, None, None, None]
    assert text_of(hung_dots([None, None, 4.0, 4.0], 4.0, 1)) == [" ⣿"]


def test_a_line_runs_from_the_lower_left_to_the_upper_right() -> None:
    assert text_of(line_dots([0.0, 1.0, 2.0, 3.0], 0.0, 3.0, 1)) == ["⡠⠊"]
    assert text_of(line_dots([None, None, 3.0, 3.0], 0.0, 3.0, 1)) == [" ⠉"]


def test_falls_hang_from_the_top_and_the_deepest_fills_all_lines() -> None:
    assert text_of(hung_dots([0.0, 0.0, 4.0, 8.0], 8.0, 2)) == [" ⣿", " ⢸"]
    assert text_of(hung_dots([0.0, 0.0], 0.0, 1)) == [" "]


def test_where_two_curves_meet_the_last_one_is_seen() -> None:
    one, two = line_dots([0.0, 0.0, 0.0, 0.0], 0.0, 1.0, 1), line_dots([None, None, 0.0, 0.0], 0.0, 1.0, 1)
    assert laid_over([(one, "muted"), (two, "strong")]) == [[Part("⣀", "muted"), Part("⣀", "strong")]]


@given(st.lists(values | st.none(), min_size=2, max_size=80), st.integers(1, 12))
def test_any_curve_fits_its_cells_and_lines(curve: list[float | None], lines: int) -> None:
    known = [value for value in curve if value is not None] or [0.0]
    drawn = text_of(line_dots(curve, min(known), max(known), lines))
    assert len(drawn) == lines
    assert {len(line) for line in drawn} == {math.ceil(len(curve) / 2)}
    assert all(line.strip(" ") == "" for line in drawn) == all(value is None for value in curve)


@given(st.integers(0, 2_000_000_000), st.integers(0, 400 * 86_400), st.integers(1, 200))
def test_the_times_take_exactly_their_cells(start: int, span: int, cells: int) -> None:
    text = time_axis(start * SECOND, (start + span) * SECOND, cells)
    assert width(text) <= cells
    if cells >= 30:
        assert width(text) == cells
