"""Cells of an exported CSV: exact, and inert in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transfer.cells import lines, safe, texts, unsafe


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''-1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == "'" + text
    assert unsafe(safe(text)) == text


@given(st.text())
def test_any_text_is_got_back_from_its_safe_form(text: str) -> None:
    assert unsafe(safe(text)) == text
    assert safe(text)[:1] not in tuple("=+-@\t\r")


@given(st.lists(st.floats(allow_infinity=False), min_size=1))
def test_a_number_reads_back_as_the_same_bits_and_none_is_empty(values: list[float]) -> None:
    cells = texts("number", np.array(values))
    for cell, value in zip(cells, values, strict=True):
        assert (cell == "") == math.isnan(value)
        assert not cell or float(cell).hex() == value.hex()


def test_a_negative_number_is_no_formula() -> None:
    assert texts("number", np.array([-12.5])) == ["-12.5"]
    assert texts("whole", np.array([-3])) == ["-3"]


def test_a_time_is_iso_utc_to_the_nanosecond() -> None:
    assert texts("time", np.array([1_723_161_253_937_085_123])) == ["2024-08-08T23:54:13.937085123Z"]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2), min_size=1))
def test_any_texts_come_back_through_a_reader_of_csv(rows: list[list[str]]) -> None:
    text = lines([texts("text", [row[i] for row in rows]) for i in (0, 1)])
    found = csv.reader(io.StringIO(text, newline=""))
    assert [[unsafe(cell) for cell in row] for row in found] == rows
