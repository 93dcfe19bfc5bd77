"""The fast reader gives the same bits as Python's own float and int, and leaves to the careful reader what it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import agg_lines, market

from core.research import source_parse
from core.research.source_digits import decimals, find_fields, integers
from core.research.sources import open_source

plain_decimals = st.one_of(
    st.from_regex(r"[0-9]{1,12}\.[0-9]{0,9}", fullmatch=True),
    st.from_regex(r"[0-9]{1,19}", fullmatch=True),
    st.from_regex(r"[0-9]{1,12}\.[0-9]{10,19}", fullmatch=True),
    st.from_regex(r"\.[0-9]{1,15}", fullmatch=True),
    st.floats(1e-4, 1e15).map(lambda value: f"{value:.8f}"),
    st.floats(1e-4, 1e15).map(repr),
)


@given(st.lists(plain_decimals, min_size=1, max_size=30))
def test_decimals_are_the_nearest_floats(texts: list[str]) -> None:
    fields = find_fields("".join(f"x,{text}\n" for text in texts).encode(), 2, ord(","))
    assert fields is not None
    read = decimals(fields, 1)
    if any(len(text.partition(".")[2]) > 19 for text in texts):
        assert read is None
    else:
        assert read is not None
        assert read.tolist() == [float(text) for text in texts]


@given(st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=30), st.sampled_from(["\n", "\r\n"]))
def test_whole_numbers_are_exact(values: list[int], newline: str) -> None:
    fields = find_fields("".join(f"{value},1{newline}" for value in values).encode(), 2, ord(","))
    assert fields is not None
    read = integers(fields, 0)
    assert read is not None
    assert read.tolist() == values


@pytest.mark.parametrize("text", ["", ".", "1e5", "abc", "1x", "\u0661", "NaN", "12345678901234567890123"])
def test_what_is_not_digits_is_left_to_the_careful_reader(text: str) -> None:
    fields = find_fields(f"1,2\n3,{text}\n".encode(), 2, ord(","))
    assert fields is None or decimals(fields, 1) is None


@pytest.mark.parametrize(
    "block",
    [b"1,2\n3\n", b"1,2\n3,4,5\n", b"1,2\n-3,4\n", b'1,2\n"3",4\n', b"1,2\n3, 4\n", b"1,2\n\n3,4\n", b"1,2\n1.2.3,4\n", b"1,2\r\n3,4\n"],
)
def test_irregular_lines_are_left_to_the_careful_reader(block: bytes) -> None:
    assert find_fields(block, 2, ord(",")) is None


numbers = st.one_of(st.floats(1e-6, 1e9).map(lambda value: f"{value:.8f}"), st.floats(1e-6, 1e9).map(repr), st.integers(1, 10**9).map(str))
times = st.builds(lambda s, unit: s * unit, st.integers(10**9, 4 * 10**9), st.sampled_from([1, 1000, 10**6, 10**9]))
rows = st.lists(st.tuples(times, numbers, numbers, st.sampled_from(["true", "False", "0", "1"])), min_size=1, max_size=20)


@settings(deadline=None, max_examples=50)
@given(rows)
def test_both_readers_agree(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, str, str, str]]) -> None:
    path = tmp_path_factory.mktemp("both") / "x.csv"
    ordered = sorted(lines)
    path.write_text("time,price,qty,is_buyer_maker\n" + "".join(",".join(map(str, line)) + "\n" for line in ordered))
    fast = open_source(str(path)).load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_parse, "_fast_columns", lambda *_: None)
        careful = open_source(str(path)).load()
    assert fast.tobytes() == careful.tobytes()


def test_a_dump_is_read_by_the_fast_reader_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "BTCUSDT-aggTrades.csv"
    path.write_text("\n".join(agg_lines(market())) + "\n")
    source = open_source(str(path))
    monkeypatch.setattr(source_parse, "_careful_columns", lambda *_: pytest.fail("read cell by cell"))
    assert len(source.load()) == 50


def test_blocks_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "BTCUSDT-aggTrades.csv"
    path.write_text("\n".join(agg_lines(market(300))) + "\n")
    whole = open_source(str(path)).load()
    for size in (7, 64, 1000):
        monkeypatch.setattr("core.research.source_stream.BLOCK", size)
        assert open_source(str(path)).load().tobytes() == whole.tobytes()
