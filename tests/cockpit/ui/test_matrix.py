"""Cells in rows and columns: the cursor is always on one of them and always in sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from cockpit.analyst_view import TrendCell
from cockpit.panes.correlations import short_names, square, strength
from cockpit.panes.matrix import Matrix, Square, Table
from cockpit.panes.trends import _why_short
from cockpit.text import width
from cockpit.tones import THEMES


def table_of(rows: int, columns: int, wide: int = 7) -> Table:
    """A table whose cells say where they are."""
    names = [(f"r{k}", f"row {k}") for k in range(rows)], [(f"c{k}", f"col {k}") for k in range(columns)]
    squares = {(f"r{i}", f"c{j}"): Square(f"{i},{j}", "plain") for i in range(rows) for j in range(columns)}
    return Table(*names, squares, wide)


class OneMatrix(App[None]):
    """A matrix and nothing else."""

    CSS = "#m { width: 40; height: 8; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return THEMES[0].variables

    def compose(self) -> ComposeResult:
        yield Matrix(id="m")


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (20, 9)])
async def test_the_cursor_stays_in_the_table_and_in_sight(size: tuple[int, int]) -> None:
    async with OneMatrix().run_test(size=(50, 12)) as pilot:
        matrix = pilot.app.query_one(Matrix)
        matrix.focus()
        matrix.lay("1 Cells", table_of(*size))
        for key in ("down", "right", "down", "end", "right", "right", "right", "up", "left", "home", "pagedown", "pageup", "down"):
            await pilot.press(key)
            row, column = (int(name[1:]) for name in matrix.cursor)
            assert 0 <= row < size[0]
            assert 0 <= column < size[1]
            seen = "\n".join(matrix.render_line(y).text for y in range(8))
            assert f"▶{row},{column}" in seen
            assert f"▶row {row}" in seen


async def test_the_cursor_stays_on_its_cell_when_rows_come_and_goes_to_the_first_when_it_is_gone() -> None:
    async with OneMatrix().run_test(size=(50, 12)) as pilot:
        matrix = pilot.app.query_one(Matrix)
        matrix.focus()
        matrix.lay("1 Cells", table_of(3, 3))
        await pilot.press("down", "down", "right")
        assert matrix.cursor == ("r2", "c1")
        matrix.lay("1 Cells", table_of(9, 3))
        assert matrix.cursor == ("r2", "c1")
        matrix.lay("1 Cells", table_of(2, 3))
        assert matrix.cursor == ("r0", "c1")


async def test_what_is_out_of_sight_is_counted() -> None:
    async with OneMatrix().run_test(size=(50, 12)) as pilot:
        matrix = pilot.app.query_one(Matrix)
        matrix.lay("1 Cells", table_of(20, 9))
        assert matrix.out_of_sight == "1-5 of 20, columns 1-4 of 9"
        matrix.lay("1 Cells", table_of(2, 2))
        assert matrix.out_of_sight == ""


async def test_a_click_chooses_a_cell() -> None:
    async with OneMatrix().run_test(size=(50, 12)) as pilot:
        matrix = pilot.app.query_one(Matrix)
        matrix.lay("1 Cells", table_of(3, 3))
        await pilot.click("#m", offset=(2 + 6 + 7 + 3, 3))
        assert matrix.cursor == ("r1", "c1")
        await pilot.click("#m", offset=(30, 6))
        assert matrix.cursor == ("r1", "c1")


@given(st.floats(-1.0, 1.0), st.sampled_from([2, 4, 6, 7, 9]))
def test_a_correlation_fits_its_column_and_shows_its_sign(value: float, wide: int) -> None:
    text, tone = square(value, wide, own=False)
    assert width(text) <= wide - (wide >= 4)
    if wide >= 6 and abs(value) >= 0.005:
        assert text[0] == ("+" if value > 0 else "-")
        assert tone.startswith("heat")


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.93, "closely together"), (-0.6, "clearly against each other"), (0.3, "loosely together"), (-0.1, "as good as unrelated")],
)
def test_a_correlation_in_words(value: float, words: str) -> None:
    assert strength(value) == words


def test_a_quote_currency_that_all_have_is_left_out() -> None:
    assert short_names(["BTCUSDT", "ETHUSDT"]) == ["BTC", "ETH"]
    assert short_names(["BTCUSDT", "ETHBTC"]) == ["BTCUSDT", "ETHBTC"]
    assert short_names(["BTC", "ETHBTC"]) == ["BTC", "ETHBTC"]


@pytest.mark.parametrize(("why", "wide", "text"), [("not judged yet", 11, "not judged"), ("not judged yet", 17, "not judged yet"),
                                                   ("extraordinarily", 11, "extraordi…")])  # fmt: skip
def test_a_reason_too_long_for_its_cell_ends_with_a_word(why: str, wide: int, text: str) -> None:
    assert _why_short(TrendCell(why=why), wide) == text
