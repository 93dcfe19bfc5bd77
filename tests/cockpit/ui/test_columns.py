"""How columns share a width, and how rows are set in them."""

from __future__ import annotations

from fake_engine import price_row
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.figures import NONE
from cockpit.panes.columns import Cell, Column, Extents, Row, place, set_cell
from cockpit.panes.prices import PricesPane, price_cells
from cockpit.panes.typeset import Runs, set_row
from cockpit.tones import THEMES, Tones

COLUMNS = (
    Column("name", least=4),
    Column("price", "point"),
    Column("note", "right", least=4, drop=1),
    Column("line", least=3, grow=True, drop=2),
)


def extents(*rows: tuple[str, str, str]) -> Extents:
    found = Extents(COLUMNS)
    for row in rows:
        found.admit([Cell(text) for text in row], 4)
    return found


def test_figures_line_up_on_the_decimal_point() -> None:
    texts = ("61,686.01", "0.6021", "158", NONE)
    room = extents(*(("a", text, "b") for text in texts))
    at = place(COLUMNS, room, 60)[1]
    lines = [set_cell(Cell(text), COLUMNS[1], at) for text in texts]
    assert {line.index(".") for line in lines if "." in line} == {lines[2].index("8") + 1}
    assert {len(line) for line in lines} == {at.width}


def test_the_least_important_columns_go_first_and_the_first_one_never() -> None:
    room = extents(("name", "61,686.01", "note"))
    kept = [[at.column for at in place(COLUMNS, room, cells)] for cells in (40, 20, 15, 3)]
    assert kept == [[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]


def test_what_is_left_over_goes_to_the_column_that_grows() -> None:
    assert place(COLUMNS, extents(("name", "1.00", "note")), 80)[-1].width > 40


def test_gaps_shrink_before_a_column_goes() -> None:
    room = extents(("name", "61,686.01", "note"))
    assert [at.x for at in place(COLUMNS, room, 27)] == [0, 6, 17, 23]
    assert [at.x for at in place(COLUMNS, room, 24)] == [0, 5, 15, 20]


def test_widths_only_grow() -> None:
    room = extents(("a", "100.00", "b"))
    assert not room.admit([Cell("a"), Cell("9.99"), Cell("b"), Cell("")], 4)
    assert room.admit([Cell("a"), Cell("1,000.00"), Cell("b"), Cell("")], 4)


@given(st.integers(1, 200))
@settings(deadline=None)
def test_a_row_takes_exactly_the_width_it_is_given(cells: int) -> None:
    columns = PricesPane.COLUMNS
    made = (*price_cells(price_row())[:8], Cell("<1 s"), *price_cells(price_row())[8:])
    room = Extents(columns)
    room.admit(made, len(made))
    runs = Runs()
    set_row(runs, Row("x", made), columns, place(columns, room, cells), cells, Tones(THEMES[0].variables))
    assert runs.cells == cells


def test_a_span_takes_the_rest_of_the_row() -> None:
    room = extents(("name", "1.00", "note"))
    runs = Runs()
    row = Row("x", (Cell("name"),), span=(1, Cell("✖ failed: it broke")))
    set_row(runs, row, COLUMNS, place(COLUMNS, room, 40), 40, Tones(THEMES[0].variables))
    assert "".join(segment.text for segment in runs.segments()) == "name  ✖ failed: it broke".ljust(40)
