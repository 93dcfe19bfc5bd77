"""A pair drawn: whatever the figures, it keeps to its cells and lines, and says what it knows."""

from __future__ import annotations

import pytest
from fake_analyst import pair
from hypothesis import given
from hypothesis import strategies as st

from cockpit.analyst_view import PairAnswer, Series
from cockpit.figures import NONE
from cockpit.inquiry import read
from cockpit.panes.pair import Spec, newest, normal, pair_picture, panels_of
from cockpit.panes.pair_plot import Panel, Trace, draw_panel, flat, times_line
from cockpit.panes.pair_text import chance, duration, pair_lines, z_tone, z_words
from cockpit.text import width

SPEC = Spec("binance:BTCUSDT", "binance:ETHUSDT")

figures = st.lists(st.none() | st.floats(-1e12, 1e12), max_size=80)


def answer() -> PairAnswer:
    """The pair of the fake analyst."""
    return read(pair(**SPEC._asdict()), PairAnswer)


@given(figures, st.integers(12, 90), st.integers(2, 9))
def test_a_panel_has_its_lines_and_keeps_to_its_cells(values: list[float | None], cells: int, lines: int) -> None:
    panel = Panel([], [Trace(values, flat("plain")), Trace(values[::-1], z_tone, dashed=True)], (-2.0, 0.0, 2.0))
    made = draw_panel(panel, cells, lines, 6)
    assert len(made) <= lines
    for line in made:
        assert sum(width(part.text) for part in line) <= max(cells, 6 + 4)


@pytest.mark.parametrize("size", [(76, 20), (84, 26), (66, 15), (156, 44), (40, 8), (20, 7)], ids=str)
def test_a_picture_fits_where_it_is_drawn(size: tuple[int, int]) -> None:
    cells, lines = size
    made = pair_picture(answer(), SPEC, cells, lines)
    assert len(made) <= lines
    text = "\n".join("".join(part.text for part in line) for line in made)
    assert "z-score" in text
    assert any(0x2800 < ord(letter) < 0x2900 for letter in text)


def test_a_wide_one_has_all_figures_beside_its_curves() -> None:
    text = "\n".join("".join(part.text for part in line) for line in pair_picture(answer(), SPEC, 156, 44))
    for words in ("Engle-Granger p", "Hurst exponent", "hedge ratio, Kalman", "cointegrated: p = 0.004"):
        assert words in text


def test_a_wide_score_is_drawn_in_the_colour_of_its_side() -> None:
    panel = Panel([], [Trace([0.0, 0.5, 3.0, 3.2, 0.1, -2.5, -2.6], z_tone)])
    tones = {part.tone for line in draw_panel(panel, 40, 6, 5) for part in line if part.text.strip()}
    assert {"plain", "up", "down"} <= tones


def test_bars_of_which_nothing_is_known_leave_a_gap() -> None:
    panel = Panel([], [Trace([1.0, 2.0, *[None] * 20, 2.0, 1.0], flat("plain"))])
    line = "".join(part.text for part in draw_panel(panel, 31, 2, 5)[1])[7:]
    assert "          " in line.strip()


def test_prices_begin_at_100() -> None:
    assert normal([None, 50.0, 55.0, None, 25.0]) == [None, 100.0, 110.0, None, 50.0]
    assert normal([]) == []


def test_of_many_bars_the_newest_are_drawn() -> None:
    series = Series(ts_ns=[1, 2, 3], a=[1.0, 2.0, 3.0], b=[None, 1.0, 2.0])
    assert newest(series, 2) == Series(ts_ns=[2, 3], a=[2.0, 3.0], b=[1.0, 2.0])


def test_the_axis_has_the_times_of_its_bars() -> None:
    minute = 60 * 10**9
    text = "".join(part.text for part in times_line([k * minute for k in range(61)], 60, 6))
    assert text.split() == ["00:00", "00:30", "01:00"]
    assert times_line([], 60, 6) == []


def test_what_is_not_known_says_why() -> None:
    found = read({"state": "ready", "legs": ["a", "b"], "absent": {"zscore": "PENDING: 14 more bars needed"}}, PairAnswer)
    assert z_words(found) == "PENDING: 14 more bars needed"
    assert panels_of(found, Series(ts_ns=[1]), SPEC)[2].head[1].text == NONE
    assert any("z-score" in line and NONE in line for line in pair_lines(found, "ols", 60, 110))


@pytest.mark.parametrize(("p", "text"), [(None, NONE), (0.00001, "<0.0001"), (0.0412, "0.0412")])
def test_a_chance(p: float | None, text: str) -> None:
    assert chance(p) == text


@pytest.mark.parametrize(("seconds", "text"), [(59.0, "59.0 s"), (576.0, "9.6 min"), (10_000.0, "2.8 h"), (200_000.0, "2.3 d")])
def test_a_half_life_is_told_in_a_unit_of_which_there_are_two(seconds: float, text: str) -> None:
    assert duration(seconds) == text
