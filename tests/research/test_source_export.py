"""Files of `cockpit db export`, read in columns: what the careful reader reads, and its refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import SourceError
from core.research import source_export, source_parse
from core.research.sources import open_source
from core.types import TICK, Records

COUNT = 20_000


def text_of(rows: list[str]) -> str:
    return ",".join(source_export.HEADER) + "\n" + "\n".join(rows) + "\n"


def row(n: int, *, price: str = "", symbol: str = "binance:BTCUSDT", side: str = "buy") -> str:
    ns = 1_722_470_400_000_000_001 + n
    time = f"2024-08-01T00:00:00.{n + 1:09d}Z"
    bid = "" if n % 7 == 0 else repr(59_999.9 + n / 3)
    return f"{time},{ns},{symbol},aggTrade,{n + 1},{price or repr(60_000 + n / 7)},{0.1 + n / 9!r},{side},{bid},60000.1,{ns},0,import"


def read(path: Path) -> Records:
    return open_source(str(path)).load()


def test_both_readers_read_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([row(n, side=("buy", "sell", "")[n % 3]) for n in range(COUNT)]))
    quick = read(path)
    monkeypatch.setattr(source_parse, "export_columns", lambda *_args: None)
    careful = read(path)
    assert len(quick) == COUNT
    for name in TICK.names or ():
        assert np.ascontiguousarray(quick[name]).tobytes() == np.ascontiguousarray(careful[name]).tobytes(), name


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(9_000, price="sixty"), "csv:9002: price 'sixty' is not a number"),
        (row(9_000, price="nan"), "csv:9002: price nan is not a positive number"),
        (row(9_000, price="-1"), "csv:9002: price -1 is not a positive number"),
        (row(9_000, side="bye"), "csv:9002: side 'bye' is not buy or sell"),
        (row(9_000) + ",7", "csv:9002: 14 fields where 13 were expected"),
        (row(9_000).rpartition(",")[0], "csv:9002: 12 fields where 13 were expected"),
        (row(9_000, symbol="binance:ETHUSDT"), "rows of several symbols"),
        (row(9_000).replace(",9001,", ",9001.5,"), "csv:9002: id '9001.5' is not a whole number"),
    ],
)
def test_a_row_that_is_not_as_it_was_written_is_named(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / "a.csv"
    rows = [row(n) for n in range(COUNT)]
    rows[9_000] = wrong
    path.write_text(text_of(rows))
    with pytest.raises(SourceError) as raised:
        read(path)
    assert said in str(raised.value)


def test_a_blank_line_in_it_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [row(n) for n in range(COUNT)]
    rows.insert(5_000, "")
    path.write_text(text_of(rows))
    assert len(read(path)) == COUNT
