"""Lines over candles and in panels under them, drawn on frozen data: gaps, patterns, scales, the legend, and the sharing of lines."""

from __future__ import annotations

import pytest
from chart_data import MINUTE, candles_of
from hypothesis import given
from hypothesis import strategies as st

from cockpit.panes.candles import draw
from cockpit.panes.canvas import Canvas
from cockpit.panes.legend import Entry, fits, lines_for, put_legend
from cockpit.panes.line import Part
from cockpit.panes.overlaid import TREND, Curve, Overlay, plotted, widened
from cockpit.panes.panels import bounds_of, panels_of, rooms_of
from cockpit.panes.picture import Picture

BARS = candles_of(40)
CLOSES = [bar.close for bar in BARS]
RISING = [61_600.0 + 4 * at for at in range(40)]


def curve(letter: str, values: list[float | None], place: int = 0, name: str = "sma", unit: str = "price", **more: str) -> Curve:
    return Curve(letter, place, name, unit, values, name, **more)


def drawn(overlay: Overlay, size: tuple[int, int] = (60, 20), cross: int | None = None) -> str:
    canvas = Canvas(*size)
    draw(canvas, Picture(BARS, MINUTE, 2, cross=cross), overlay)
    return canvas.text()


def braille(text: str) -> int:
    return sum("⠀" < letter <= "⣿" for letter in text)


def test_a_line_is_drawn_over_candles_with_its_letter_at_its_end_and_in_the_legend() -> None:
    lines = drawn(Overlay(over=(curve("a", list(RISING), told="61,756.00"),))).split("\n")
    assert "a ⠤⠤⠤ sma 61,756.00" in lines[0]
    assert sum(line.endswith("a") for line in lines[1:]) == 1
    assert braille("\n".join(lines[1:])) > 15


def test_a_chart_without_lines_is_as_it_was() -> None:
    with_room, without = Canvas(60, 20), Canvas(60, 20)
    draw(with_room, Picture(BARS, MINUTE, 2), Overlay())
    draw(without, Picture(BARS, MINUTE, 2))
    assert with_room.text() == without.text()


def test_a_value_that_is_not_known_is_a_gap_and_not_bridged() -> None:
    whole: tuple[int | None, ...] = (5,) * 10
    torn = (5, 5, 5, None, None, None, 5, 5, 5, 5)
    assert {x for x, _ in plotted(whole, 1, "#", 20)} == set(range(10))
    assert {x for x, _ in plotted(torn, 1, "#", 20)} == {0, 1, 2, 6, 7, 8, 9}
    assert {x for x, _ in plotted((None, 7, None), 1, "#", 20)} == {1}


def test_a_jump_is_a_stroke_so_that_a_line_never_breaks_where_it_is_known() -> None:
    rows = {y for _, y in plotted((0, 79), 1, "#", 79)}
    assert rows == set(range(20))


@pytest.mark.parametrize("height", [-400, 400])
def test_what_lies_beyond_the_scale_is_cut_where_it_leaves_it(height: int) -> None:
    cells = plotted((10, height), 4, "#", 39)
    assert cells
    assert all(0 <= y < 10 for _, y in cells)


def test_lines_of_one_panel_are_told_apart_by_their_dots_and_the_trend_by_being_strong() -> None:
    flat: tuple[int | None, ...] = (2,) * 24
    curves = [curve("a", [], place) for place in range(4)]
    assert len({str(sorted(plotted(flat, 1, one.pattern).items())) for one in [*curves, curve("t", [], TREND)]}) == 5
    assert curve("a", [], 5).tone != curve("a", [], 1).tone
    assert curve("t", [], TREND).tone == "strong"


def test_a_line_far_from_the_candles_leaves_them_half_of_the_height_and_says_where_it_is() -> None:
    assert widened(10.0, 20.0, [curve("a", [None, 25.0, 8.0])]) == (8.0, 25.0)
    assert widened(10.0, 20.0, [curve("a", [31.0])]) == (10.0, 20.0)
    far = curve("a", [90_000.0] * 40, told="90,000.00")
    text = drawn(Overlay(over=(far,)))
    assert "sma 90,000.00 ▲" in text
    assert braille(text.split("\n", 1)[1]) == 0
    assert "sma 1.00 ▼" in drawn(Overlay(over=(curve("a", [1.0] * 40, told="1.00"),)))


@pytest.mark.parametrize(
    ("unit", "bounds"),
    [("0-100", (0, 100)), ("ratio 0-1", (0, 1)), ("ratio -1..1", (-1, 1)), ("%", None), ("z", None), ("base", None), ("% a year", None)],
)
def test_a_unit_may_say_between_which_values_it_lies(unit: str, bounds: tuple[float, float] | None) -> None:
    assert bounds_of(unit) == bounds


def test_a_panel_has_a_scale_of_its_own_and_says_its_value_with_its_unit() -> None:
    under = (curve("c", [30.0, 40.0] * 20, name="rsi", unit="0-100", told="40.00 (0-100)"),)
    lines = drawn(Overlay(under=under)).split("\n")
    head = next(at for at, line in enumerate(lines) if "c ⠤⠤⠤ rsi 40.00 (0-100)" in line)
    assert lines[head].lstrip().startswith("├")
    assert lines[head + 1].startswith("      100 ┤")
    assert lines[-2].startswith("        0 ┤")
    assert "volume" not in lines[head]
    assert braille("\n".join(lines[:head])) == 0


def test_zero_is_drawn_where_a_panel_crosses_it() -> None:
    under = (curve("c", [-3.0, 4.0] * 20, name="macd", unit="price"),)
    assert any(line.startswith("        0 ┤┈") or ("0 ┤" in line and "┈" in line) for line in drawn(Overlay(under=under)).split("\n"))


def test_units_that_say_their_bounds_share_a_panel_and_others_have_their_own() -> None:
    bounded = [curve("a", [], name="rsi", unit="0-100"), curve("b", [], name="stochastic", unit="0-100")]
    own = [curve("c", [], name="macd", unit="price"), curve("d", [], name="atr", unit="price"), curve("e", [], name="macd", unit="price")]
    panels = panels_of([*bounded, *own])
    assert ["".join(one.letter for one in panel.curves) for panel in panels] == ["ab", "ce", "d"]
    assert [one.place for one in panels[1].curves] == [0, 1]


@given(st.integers(3, 90), st.integers(0, 4), st.integers(0, 9))
def test_the_lines_of_a_chart_are_all_given_out_and_candles_keep_theirs(lines: int, legend: int, panels: int) -> None:
    rooms = rooms_of(lines, legend, panels)
    assert rooms.legend + rooms.upper + sum(rooms.panels) == lines - 1
    assert len(rooms.panels) <= panels
    assert rooms.upper >= min(5, lines - 1)
    assert rooms.legend in (0, legend)


def test_a_panel_without_room_has_its_value_in_the_legend() -> None:
    under = tuple(curve(letter, [1.0] * 40, name=f"line_{letter}", unit="%", told="1.00 %") for letter in "cdefg")
    text = drawn(Overlay(under=under), (90, 16))
    assert text.count("├") == 3
    assert "f ⠤⠤⠤ line_f 1.00 %" in text.split("\n")[0]
    low = drawn(Overlay(under=under), (90, 7))
    assert "├" not in low


@given(st.integers(0, 70), st.integers(0, 40), st.integers(1, 4), st.lists(st.none() | st.floats(-1e12, 1e12), max_size=12))
def test_no_size_is_too_small_or_odd_and_no_value_too_large(cells: int, lines: int, pitch: int, values: list[float | None]) -> None:
    bars = BARS[: max(1, len(values))]
    mine = (values or [None])[: len(bars)]
    over = (curve("a", mine), curve("t", [61_600.0] * len(bars), TREND))
    under = (curve("b", mine, unit="%"), curve("c", mine, unit="0-100", note="a note"))
    canvas = Canvas(cells, lines)
    draw(canvas, Picture(bars, MINUTE, 2, pitch, cross=0), Overlay(over, under, (0,), ((Part("trend", "muted"),),)))
    assert all(len(line) <= cells for line in canvas.text().split("\n"))


def test_a_turning_point_is_marked_where_nothing_else_is() -> None:
    text = drawn(Overlay(changes=(12,)))
    assert "◇" in text
    assert "╎" in text


def test_the_crosshair_goes_through_the_panels_too() -> None:
    lines = drawn(Overlay(under=(curve("c", [50.0] * 40, name="rsi", unit="0-100"),)), cross=20).split("\n")
    head = next(at for at, line in enumerate(lines) if "rsi" in line)
    assert sum("┊" in line for line in lines[head:]) >= 2


def words(*texts: str) -> list[Entry]:
    return [[Part(text)] for text in texts]


def test_a_legend_goes_on_in_the_next_line_and_says_how_many_had_no_room() -> None:
    canvas = Canvas(31, 2)
    put_legend(canvas, 0, 0, words("one 1.00", "two 2.00", "three 3.00", "four 4.00"), 2)
    assert canvas.text() == "one 1.00  two 2.00  three 3.00\nfour 4.00"
    canvas = Canvas(31, 1)
    put_legend(canvas, 0, 0, words("one 1.00", "two 2.00", "three 3.00", "four 4.00"))
    assert canvas.text() == "one 1.00  two 2.00  +2"
    assert not fits(words("one 1.00", "two 2.00", "three 3.00", "four 4.00"), 31, 1)
    assert lines_for(words("one 1.00"), 31, 40) == 1
    assert lines_for([], 31, 40) == 0


def test_an_entry_longer_than_the_line_is_cut() -> None:
    canvas = Canvas(12, 1)
    put_legend(canvas, 0, 0, words("a very long name indeed"))
    assert canvas.text() == "a very lon…"


def test_a_part_of_a_canvas_is_drawn_on_it() -> None:
    canvas = Canvas(4, 3)
    canvas.part(1, 1).put(0, 0, "abcd", "up")
    canvas.part(2, 5).put(0, 1, "gone", "up")
    assert canvas.text() == "\nabcd\n"
    assert canvas.part(2, 5).lines == 1
