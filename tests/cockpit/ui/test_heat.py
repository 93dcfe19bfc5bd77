"""The map of two parameters: every pair in its place, signs that differ without colour, and what does not fit drawn together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit.panes.heat import ABOVE, BELOW, BEST, HERE, draw_bars, draw_plane, grouping, legend, level, plane_of
from cockpit.panes.line import Part

AXES = [("fast", [1, 2, 3]), ("slow", [10, 20]), ("interval", ["1m", "5m"])]


def points(*trials: tuple[int, int, int, float]) -> list[tuple[float, ...]]:
    """Trials, the best first."""
    return sorted(trials, key=lambda one: -one[3])


def text(lines: list[list[Part]]) -> list[str]:
    """What a person sees."""
    return ["".join(part.text for part in line) for line in lines]


def test_larger_values_of_y_lie_higher_and_the_best_and_the_cursor_are_marked() -> None:
    plane = plane_of(AXES[:2], [(2, 1, 4.0), (0, 0, 1.0), (1, 0, -2.0)], (0, 1), {"fast": 1, "slow": 10}, full=True)
    above, below, axis = text(draw_plane(plane, 10, 3, "sharpe"))
    assert above == "20 ┤    " + BEST + " "
    assert below == "10 ┤" + HERE + " " + BELOW[2] * 2 + "  "
    assert axis.split() == ["1", "2", "3"]


def test_of_a_full_grid_the_other_parameters_are_those_of_the_row_under_the_cursor() -> None:
    trials = points((0, 0, 0, 1.0), (0, 0, 1, 9.0), (1, 1, 0, 2.0))
    here = {"fast": 1, "slow": 10, "interval": "1m"}
    held = plane_of(AXES, trials, (0, 1), here, full=True)
    assert held.cells == {(0, 0): 1.0, (1, 1): 2.0}
    assert held.others == "interval 1m"
    assert held.best == (1, 1)
    loose = plane_of(AXES, trials, (0, 1), here, full=False)
    assert loose.cells == {(0, 0): 9.0, (1, 1): 2.0}
    assert "best over the others" in loose.others


def test_the_legend_names_the_figures_with_their_unit_and_says_where_values_are_drawn_together() -> None:
    plane = plane_of(AXES[:2], [(0, 0, 0.8), (1, 1, -0.2)], (0, 1), None, full=True)
    said = text(legend(plane, "win_rate", (1, 2)))
    assert "░ 20 %  ▒ 40 %  ▓ 60 %  █ 80 %" in said[0]
    assert "· -20 %" in said[1]
    assert said[3] == "a block: the best of 2"


def test_one_parameter_is_drawn_as_bars() -> None:
    lines = text(draw_bars(("fast", [1, 2, 3]), [(1, 2.0), (0, -1.0)], 40, "net_pnl"))
    assert abs(lines[1].count("█") - 2 * lines[0].count("≡")) <= 1
    assert lines[1].endswith(f"+2.00 {BEST}")
    assert lines[2].strip().startswith("3 ┤")


@given(st.integers(1, 60), st.integers(1, 60), st.integers(12, 90), st.integers(4, 40))
def test_whatever_the_room_no_line_is_longer_and_none_is_lost(wide: int, high: int, cells: int, lines: int) -> None:
    axes = [("x", list(range(wide))), ("y", list(range(high)))]
    trials = [(x, y, float(wide * high - x - y)) for x in range(wide) for y in range(high)]
    plane = plane_of(axes, trials, (0, 1), None, full=True)
    drawn = text(draw_plane(plane, cells, lines, "sharpe"))
    assert len(drawn) <= max(2, lines)
    assert all(len(line) <= cells for line in drawn[:-1])
    assert sum(line.count(BEST) for line in drawn) == 1
    blocks = sum(line.count(letter) for line in drawn[:-1] for letter in ABOVE)
    across, up = grouping(plane, cells, lines)
    assert blocks >= -(-wide // across) * -(-high // up) - 1


@given(st.floats(0.001, 1e9), st.floats(0, 1))
def test_the_largest_has_the_last_step_and_no_figure_is_off_the_scale(top: float, share: float) -> None:
    assert level(top, top) == 3
    assert 0 <= level(top * share, top) <= 3
