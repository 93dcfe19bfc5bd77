"""Nothing from outside reaches the terminal as anything but visible letters of a known width."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.text import clean, clean_lines, fit, width, wrapped


@pytest.mark.parametrize(
    ("hostile", "inert"),
    [
        pytest.param("BTC\x1b[31mUSDT\x1b[0m", "BTCUSDT", id="colours"),
        pytest.param("BTC\x1b[2J\x1b[HUSDT", "BTCUSDT", id="screen cleared"),
        pytest.param("a\x1b]52;c;ZXZpbA==\x07b", "ab", id="clipboard written, ended by BEL"),
        pytest.param("a\x1b]52;c;ZXZpbA==\x1b\\b", "ab", id="clipboard written, ended by ST"),
        pytest.param("a\x9d52;c;ZXZpbA==\x9cb", "ab", id="the same in C1"),
        pytest.param("a\x1b]0;title", "a]0;title", id="a sequence that never ends hides nothing"),
        pytest.param("a\x1bP1$r0m\x1b\\b", "ab", id="device control string"),
        pytest.param("a\x9b31mb", "ab", id="C1 control sequence"),
        pytest.param("a\x1bcb", "ab", id="full reset"),
        pytest.param("a\x00\x07\x08\x7fb", "ab", id="C0 and DEL"),
        pytest.param("one\ntwo\tthree\r\n", "one two three  ", id="lines and tabs"),
        pytest.param("a\u2028b\u2029c\u00a0d", "a b c d", id="separators of Unicode"),
        pytest.param("abc\u202edef\u202c", "abcdef", id="right-to-left override"),
        pytest.param("a\u2066b\u2069c\u200fd\u061ce", "abcde", id="isolates and marks of direction"),
        pytest.param("1\u05d02", "1\ufffd2", id="a letter written from the right"),
        pytest.param("a\u200b\u200d\ufeffb\u00ad", "ab", id="invisible"),
        pytest.param("a\U000e0041b", "ab", id="tag letters"),
        pytest.param("a\ue000b\ud800c", "a\ufffdb\ufffdc", id="private use, lone surrogate"),
        pytest.param("a" + "\u0335" * 50 + "b", "a\u0335\u0335b", id="a tower of marks"),
        pytest.param("\u0301a", "a", id="a mark on nothing"),
        pytest.param("[bold]x[/bold] [@click=app.quit]y[/]", "[bold]x[/bold] [@click=app.quit]y[/]", id="markup is only text"),
        pytest.param("币安人生USDT", "币安人生USDT", id="a real symbol of a venue"),
        pytest.param("e\u0301", "\u00e9", id="an accent"),
        pytest.param("❤\ufe0f", "❤", id="no variation selectors"),
    ],
)
def test_hostile_text_is_inert(hostile: str, inert: str) -> None:
    assert clean(hostile) == inert


@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(deadline=None)
def test_whatever_comes_only_visible_letters_remain(text: str) -> None:
    cleaned = clean(text)
    assert all(unicodedata.category(letter)[0] not in "CZ" or letter in " \ufffd" for letter in cleaned)
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=()), max_size=30), st.integers(0, 40), st.booleans())
@settings(deadline=None)
def test_a_fitted_text_takes_exactly_its_cells(text: str, cells: int, right: bool) -> None:
    assert width(fit(clean(text), cells, right=right)) == cells


def test_wide_letters_count_two_cells() -> None:
    assert width("币🚀a") == 5
    assert fit("币币币", 4) == "币 …"


def test_a_traceback_keeps_its_lines_and_its_indentation() -> None:
    assert clean_lines("Traceback\n\tFile \x1b[1m'x'\n  1/0") == ["Traceback", "    File 'x'", "  1/0"]


def test_sentences_go_on_in_another_line_and_empty_ones_stay() -> None:
    assert wrapped(("a b c", "", "long enough"), 5) == ["a b c", "", "long", "enoug", "h"]
    assert wrapped((), 5) == []
