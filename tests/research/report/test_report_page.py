"""A page is one file that asks for nothing, and what is put into it stays data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_rig import HOSTILE, data_of

from core.research.report.page import SCRIPTS, brief, embedded, page, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=20,
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, as a browser's parser tells them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(VALUES)
def test_data_never_leaves_its_element_and_comes_back_as_it_was(value: object) -> None:
    text = embedded({"value": value})
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text) == plain({"value": value})


def test_hostile_text_makes_no_element() -> None:
    whole = page(HOSTILE, {"kind": "study", HOSTILE: HOSTILE, "title": HOSTILE})
    tags = [tag for tag, _ in Elements(whole.decode()).found]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert "</script><img" in data_of(whole)["title"].replace("window.hit=1</script>", "").replace("<script>", "")


def test_a_placeholder_in_the_data_is_not_filled_in() -> None:
    whole = page("@data@", {"kind": "study", "title": "@script@ @style@ @data@"})
    assert data_of(whole)["title"] == "@script@ @style@ @data@"
    assert b"<title>@data@</title>" in whole


def test_it_asks_for_nothing_from_anywhere() -> None:
    whole = page("t", {"kind": "study"}).decode()
    assert set(re.findall(r"https?://[^\s\"'`)]+", whole)) == {"http://www.w3.org/2000/svg"}
    for tag, attributes in Elements(whole).found:
        assert tag not in ("link", "img", "iframe", "object", "base")
        assert not {"src", "href"} & set(attributes)
    assert "default-src 'none'" in whole
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|document\.write|eval\(", whole)


def test_every_script_is_in_it_in_order() -> None:
    whole = page("t", {"kind": "study"}).decode()
    assert len(SCRIPTS) == len(set(SCRIPTS))
    marks = [
        whole.index(text) for text in ("function el(", "function lineChart(", "function dataTable(", "function studyPage(", "const DATA =")
    ]
    assert marks == sorted(marks)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (2**60, str(2**60)),
        (True, True),
        ((1, 2), [1, 2]),
        ("a\x00b\u202e", "a?b?"),
        ("\udc80", "?"),
    ],
)
def test_what_a_browser_could_not_read_is_told_otherwise(value: object, shown: object) -> None:
    assert plain(value) == shown


def test_figures_have_as_many_digits_as_are_shown() -> None:
    assert [brief(value) for value in (1 / 3, 12345678.9, 2.0, 1e-12 / 3, float("nan"), None)] == [
        0.3333333,
        12345680,
        2,
        3.333333e-13,
        None,
        None,
    ]
