"""Figures as a trader reads them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import figures

finite = st.floats(allow_nan=False, allow_infinity=False)


def test_prices_are_grouped_and_keep_their_decimals() -> None:
    assert figures.number(61_686.01) == "61,686.01"
    assert figures.number(0.00000812, 8) == "0.00000812"
    assert figures.number(None) == figures.number(math.nan) == figures.NONE


def test_signs_are_shown_but_not_on_zero() -> None:
    assert [figures.signed(value) for value in (42.1, -3.2, 0.0, -0.001, None)] == ["+42.10", "-3.20", "0.00", "0.00", figures.NONE]


def test_quantities_keep_the_decimals_they_have() -> None:
    assert [figures.quantity(value) for value in (0.5, 2, 0.00012, 1234.5, 0)] == ["0.50", "2.00", "0.00012", "1,234.50", "0"]
    assert figures.quantity(0.5, sign=True) == "+0.50"
    assert figures.quantity(-2, sign=True) == "-2.00"


@pytest.mark.parametrize(
    ("value", "text"), [(0.4, "0.4"), (9.99, "10"), (310, "310"), (999.96, "1.0k"), (18_200, "18.2k"), (1.1e6, "1.1M"), (9.1e12, "9.1T")]
)
def test_large_numbers_are_short(value: float, text: str) -> None:
    assert figures.short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, figures.NONE),
        (-5.0, "<1 s"),
        (0.4, "<1 s"),
        (1.0, "1 s"),
        (12.7, "12 s"),
        (99, "99 s"),
        (200, "3 min"),
        (7300, "2 h"),
        (400_000, "4 d"),
    ],
)
def test_ages(seconds: float | None, text: str) -> None:
    assert figures.age(seconds) == text


def test_times() -> None:
    noon = 1_795_183_331 * 10**9
    assert figures.clock(noon) == "14:02:11"
    assert figures.moment(noon, noon + 10**9) == "14:02:11"
    assert figures.moment(noon, noon + 86_400 * 10**9) == "11-20 14:02:11"
    assert [figures.uptime(seconds) for seconds in (9, 249, 11_220, 187_200)] == ["0m 09s", "4m 09s", "3h 07m", "2d 04h"]


@given(st.lists(finite, max_size=200), st.integers(0, 60))
@settings(deadline=None)
def test_a_sparkline_takes_its_cells_whatever_it_is_given(values: list[float], cells: int) -> None:
    assert len(figures.spark(values, cells)) == cells


def test_a_sparkline_rises_with_its_values_and_ends_now() -> None:
    assert figures.spark([1, 2, 3], 5) == "  ▁▄▇"
    assert figures.spark([1] * 3, 3) == "▃▃▃"
    assert figures.spark([*range(100), 0], 10)[-1] == "▁"
    assert figures.spark([math.nan, 1.0, math.inf, 2.0], 2) == "▁▇"


@given(st.lists(finite, min_size=2, max_size=50), st.integers(1, 40), st.integers(1, 10))
@settings(deadline=None)
def test_a_curve_fills_its_cells_and_touches_its_lowest_and_highest_line(values: list[float], cells: int, lines: int) -> None:
    drawn = figures.curve(values, cells, lines)
    assert [len(line) for line in drawn] == [cells] * lines
    assert any(line.strip() for line in drawn)


def test_a_curve_that_rises_is_drawn_from_the_lower_left_to_the_upper_right() -> None:
    top, bottom = figures.curve([0, 1], 2, 2)
    assert (top[0], top[1] != " ") == (" ", True)
    assert bottom[0] != " "


def test_what_is_too_small_for_its_decimals_is_not_called_nothing() -> None:
    assert [figures.magnitude(value) for value in (0.0, 0.0004, 0.0049, 0.006, 1.234, None)] == [
        "0.00",
        "<0.01",
        "<0.01",
        "0.01",
        "1.23",
        figures.NONE,
    ]
    assert figures.magnitude(0.04, 1) == "<0.1"


def test_one_of_something_is_no_plural() -> None:
    words = [figures.many(count, "chunk") for count in (0, 1, 2, 1200)]
    assert words == ["0 chunks", "1 chunk", "2 chunks", "1,200 chunks"]
    assert [figures.many(count, "strategy", "strategies") for count in (1, 2)] == ["1 strategy", "2 strategies"]
