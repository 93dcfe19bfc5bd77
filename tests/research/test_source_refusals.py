"""Whatever is wrong with a source is one line that names the file, and the row where there is one; never a traceback."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import AGG_HEADER, agg_lines, bars, kline_lines, market, trade_lines, write

from core.errors import SourceError
from core.research import source_bytes, source_stream
from core.research.sources import open_source, open_sources
from core.types import TICK, Records

LINES = agg_lines(market(), spot=False)


def refusal(path: Path | str, symbol: str | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(str(path), symbol=symbol).load()
    message = str(caught.value)
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < 700
    return message


def read(path: Path) -> tuple[Records, str]:
    """(the rows, "") or (no rows, the refusal); anything else raised fails the test."""
    try:
        return open_source(str(path)).load(), ""
    except SourceError as error:
        return np.empty(0, TICK), str(error)


def file_of(tmp_path: Path, data: bytes, name: str = "BTCUSDT-aggTrades.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.csv").endswith("no.csv: no such file or folder")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n\n", "no rows"),
        (AGG_HEADER.encode() + b"\n", "a header and no rows"),
        (b"\x00\x01\x02" * 50, "binary content"),
        (b"\x89PNG\r\n\xff\xfe" * 9, "not UTF-8 text"),
        ("timestamp,price\n1,2\n".encode("utf-16"), "binary content"),
        (b"hello world\nhow are you\n", "not a table of columns"),
        (b"a,b,c\n1,2,3\n", "no time column among 'a,b,c'"),
        (b"time,qty\n1,2\n", "no price column among 'time,qty'"),
        (b"time,open,high\n1,2,3\n", "bars need open, high, low and close"),
        (b"1,2,3,4\n5,6,7,8\n", "columns not recognised; expected Binance aggTrades, trades or klines"),
        (b'1723161253937085768 {"stream":"btcusdt@trade","data":{"e":"trade"}}\n', "a recording of venue frames"),
        (b"x" * 200_000, "a line longer than 64 KiB"),
        (b"timestamp,price\n" + b"1" * 70_000 + b",2\n", "is not ISO-8601"),
    ],
)
def test_what_is_no_market_data_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    message = refusal(file_of(tmp_path, data))
    assert "BTCUSDT-aggTrades.csv" in message
    assert says in message


BAD_ROWS: dict[str, tuple[Callable[[str], str], str]] = {
    "word for a price": (lambda row: row.replace(row.split(",")[1], "abc"), "price 'abc' is not a number"),
    "nan": (lambda row: row.replace(row.split(",")[1], "nan"), "price nan is not a positive number"),
    "infinite": (lambda row: row.replace(row.split(",")[1], "inf"), "price inf is not a positive number"),
    "negative": (lambda row: row.replace(row.split(",")[1], "-100.5"), "price -100.5 is not a positive number"),
    "zero": (lambda row: row.replace(row.split(",")[1], "0.00"), "price 0 is not a positive number"),
    "negative quantity": (lambda row: row.replace("," + row.split(",")[2] + ",", ",-1.0,"), "qty -1 is not a number of 0 or more"),
    "no price": (lambda row: row.replace(row.split(",")[1], ""), "price '' is not a number"),
    "no time": (lambda row: row.replace(row.split(",")[5], "soon"), "time 'soon' is not ISO-8601 or Unix time"),
    "far future": (lambda row: row.replace(row.split(",")[5], "9" * 20), "is not ISO-8601 or Unix time"),
    "id": (lambda row: "x" + row, "is not a whole number"),
    "maker": (lambda row: row.replace("true", "maybe").replace("false", "maybe"), "maker 'maybe' is not true or false"),
    "field too few": (lambda row: row.rsplit(",", 1)[0], "6 fields where 7 were expected"),
    "field too many": (lambda row: row + ",1", "8 fields where 7 were expected"),
    "escape codes": (lambda row: row.replace(row.split(",")[1], "\x1b]52;c;AAAA\x07"), "is not a number"),
}


@pytest.mark.parametrize("header", [None, AGG_HEADER], ids=["bare", "header"])
@pytest.mark.parametrize("name", BAD_ROWS)
@pytest.mark.parametrize("at", [0, 40])
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, name: str, header: str | None, at: int) -> None:
    spoil, says = BAD_ROWS[name]
    if at == 0 and header is None and name.startswith("field"):
        pytest.skip("the first row tells the columns")
    lines = [*LINES[:at], spoil(LINES[at]), *LINES[at + 1 :]]
    message = refusal(write(tmp_path / "BTCUSDT-aggTrades.csv", lines, header))
    assert says in message
    assert f"BTCUSDT-aggTrades.csv:{at + 1 + (header is not None)}:" in message


def test_a_bad_row_far_down_is_named_by_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_stream, "BLOCK", 512)
    lines = agg_lines(market(5000))
    lines[4321] = lines[4321].replace("100.", "1oo.").replace("101.", "1o1.").replace("5", "x", 3)
    assert ":4322:" in refusal(write(tmp_path / "BTCUSDT-aggTrades.csv.gz", lines))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda o, h, low, c: (o, low, h, c), "high 99.25 is not the highest of its bar"),
        (lambda o, h, low, c: (o, h, o, low), "low 100 is not the lowest of its bar"),
        (lambda o, h, low, c: (o, h, low, -1), "close -1 is not a positive number"),
    ],
)
def test_a_bar_whose_range_does_not_hold_is_refused(tmp_path: Path, spoil: object, says: str) -> None:
    rows = [(ms, *(spoil(o, h, low, c) if i == 0 else (o, h, low, c)), v) for i, (ms, o, h, low, c, v) in enumerate(bars())]  # type: ignore[operator]
    lines = [",".join(map(str, row)) for row in rows]
    message = refusal(write(tmp_path / "x.csv", lines, "time,open,high,low,close,volume"))
    assert ":2: " + says in message


def test_bars_of_no_common_step_are_refused(tmp_path: Path) -> None:
    lines = [f"{1_700_000_000 + i * i * 37},1,2,0.5,1,1" for i in range(40)]
    assert "not evenly spaced" in refusal(write(tmp_path / "x.csv", lines, "time,open,high,low,close,volume"))


def test_one_bar_alone_is_refused(tmp_path: Path) -> None:
    assert "one bar alone tells no interval" in refusal(write(tmp_path / "x.csv", ["1700000000,1,2,0.5,1"], "time,open,high,low,close"))


def test_a_truncated_gzip_says_the_end_is_missing(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(agg_lines(market(3000))).encode())
    assert "the end is missing" in refusal(file_of(tmp_path, whole[: len(whole) // 2], "a.csv.gz"))


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress("\n".join(agg_lines(market(3000))).encode()))
    whole[len(whole) // 2] ^= 0xFF
    assert "a.csv.gz" in refusal(file_of(tmp_path, bytes(whole), "a.csv.gz"))


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    whole = zipped({"a.csv": "\n".join(LINES).encode()})
    assert "damaged" in refusal(file_of(tmp_path, whole[:-30], "a.zip"))


def test_a_zip_without_data_is_refused(tmp_path: Path) -> None:
    assert "the zip holds no .csv" in refusal(file_of(tmp_path, zipped({"a.png": b"x"}), "a.zip"))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.csv": "\n".join(LINES).encode()}))
    whole[6] |= 1
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(file_of(tmp_path, bytes(whole), "a.zip"))


@pytest.mark.parametrize("packing", ["gz", "zip"])
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"1700000000,1,1\n"
    out = io.BytesIO()
    with gzip.open(out, "wb") if packing == "gz" else zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        member = bomb if isinstance(bomb, gzip.GzipFile) else bomb.open("a.csv", "w", force_zip64=True)
        for _ in range(120):
            member.write(line * 70_000)
        member.close()
    path = file_of(tmp_path, out.getvalue(), f"bomb.csv.{packing}")
    assert path.stat().st_size < 1 << 20
    for module in (source_bytes, source_stream):
        monkeypatch.setattr(module, "FREE_BYTES", 1 << 20)
    tracemalloc.start()
    try:
        assert "grows more than 200 times when unpacked" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_names_in_a_zip_are_shown_harmless_and_never_written(tmp_path: Path) -> None:
    path = file_of(tmp_path, zipped({"../../\x1b[31mevil\u202e.csv": b"1,2,3,4\n"}), "a.zip")
    assert "evil" in refusal(path)
    assert not list(tmp_path.parent.glob("*evil*"))


def test_several_symbols_must_be_chosen_from(tmp_path: Path) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        write(tmp_path / f"{symbol}-aggTrades-2024-08-08.csv", agg_lines(market()))
    assert "several symbols, choose one with --symbol: BTCUSDT, ETHUSDT" in refusal(tmp_path)
    assert "no file of SOLUSDT; there are BTCUSDT, ETHUSDT" in refusal(tmp_path, "SOLUSDT")


def test_several_symbols_in_a_column_must_be_chosen_from(tmp_path: Path) -> None:
    lines = ["BTC-USD,1,1700000000", "ETH-USD,2,1700000001"]
    path = write(tmp_path / "x.csv", lines, "symbol,price,timestamp")
    assert "several symbols, choose one with --symbol: BTC-USD, ETH-USD" in refusal(path)
    assert open_source(str(path), symbol="ETH-USD").load()["price"].tolist() == [2.0]
    assert "no rows of SOL" in refusal(path, "SOL")


def test_another_symbol_far_down_is_not_mixed_in(tmp_path: Path) -> None:
    lines = [f"BTC-USD,1,{1_700_000_000 + i}" for i in range(3000)]
    path = write(tmp_path / "x.csv", [*lines, "ETH-USD,2,1700009999"], "symbol,price,timestamp")
    assert "rows of several symbols, ETH-USD among them" in refusal(path)


def test_forms_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(market()))
    write(tmp_path / "BTCUSDT-trades-2024-08-08.csv", trade_lines(market()))
    assert "aggTrades and trades of one symbol in one source" in refusal(tmp_path)
    write(tmp_path / "bars" / "BTCUSDT-1m.csv", kline_lines())
    write(tmp_path / "bars" / "BTCUSDT-1s.csv", [f"{1_700_000_000 + i},1,2,0.5,1,1" for i in range(5)], "time,open,high,low,close,volume")
    assert "bars of 1s and 1m in one source" in refusal(tmp_path / "bars")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "in this folder" in refusal(tmp_path)


def test_a_span_without_rows_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "BTCUSDT-aggTrades.csv", LINES)
    with pytest.raises(SourceError, match="no ticks of binance:BTCUSDT from 2033-05-18"):
        open_source(str(path), from_ns=2_000_000_000_000_000_000).load()
    with pytest.raises(SourceError, match="--from must be before --to"):
        open_source(str(path), from_ns=2, to_ns=1)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([], "no source given"),
        ([""], "no source given"),
        (["tape:BTCUSDT", "x.csv"], "a tape is read alone"),
        (["/dev/null"], "not a file"),
        (["~nobody-there/x"], "no such file"),
    ],
)
def test_words_that_name_no_source_are_refused(texts: list[str], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        open_sources(texts)


def test_as_delivered_is_for_tapes(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="--as-delivered is for tape"):
        open_source(str(write(tmp_path / "BTCUSDT-aggTrades.csv", LINES)), as_delivered=True)


def test_parquet_without_a_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "needs duckdb or pyarrow" in refusal(file_of(tmp_path, b"PAR1" + b"\0" * 20, "BTCUSDT-trades.parquet"))


@pytest.mark.parametrize(
    "text", ["[]", "[1]", "{}", '[{"price": 1}]', "[" * 5000, '[{"timestamp": 1, "price": "NaN"}]', '[{"timestamp": -1, "price": 1}]']
)
def test_json_that_is_no_array_of_trades_is_refused(tmp_path: Path, text: str) -> None:
    assert "x.json" in refusal(file_of(tmp_path, text.encode(), "x.json"))


_SEEDS = [
    "\n".join([AGG_HEADER, *LINES[:6]]).encode(),
    "\n".join(agg_lines(market(6))).encode(),
    "\n".join(kline_lines()[:5]).encode(),
    "\n".join(["Date,Open,High,Low,Close,Volume", "2024-01-01,1,2,0.5,1,9", "2024-01-02,1,2,0.5,1,9"]).encode(),
    b"symbol,side,price,amount,timestamp\nBTC-USD,buy,1.5,2e-3,2023-09-05T16:00:01.2Z\nBTC-USD,sell,1.5,,2023-09-05T16:00:02Z\n",
    b'[{"timestamp": 1700000000000, "price": 1.5, "amount": 2, "side": "buy", "id": "7"}]',
]


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(_SEEDS),
    st.lists(
        st.tuples(
            st.integers(0, 600), st.integers(0, 3), st.binary(max_size=4) | st.sampled_from([b",", b"\n", b"-", b"nan", b"9" * 25, b'"'])
        )
    ),
    st.sampled_from([".csv", ".csv.gz", ".zip", ".json"]),
)
def test_any_damage_is_read_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, edits: list[tuple[int, int, bytes]], ending: str
) -> None:
    data = bytearray(seed)
    for at, length, new in edits:
        start = at % (len(data) + 1)
        data[start : start + length] = new
    packed = {".csv": bytes(data), ".csv.gz": gzip.compress(bytes(data)), ".zip": zipped({"a.csv": bytes(data)}), ".json": bytes(data)}[
        ending
    ]
    path = file_of(tmp_path_factory.mktemp("damage"), packed, f"x{ending}")
    rows, message = read(path)
    assert "\n" not in message
    assert (rows["price"] > 0).all()
    assert (rows["ts"][1:] >= rows["ts"][:-1]).all()


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([".csv.gz", ".zip"]), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_to_the_packing_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, ending: str, edits: list[tuple[int, int]]
) -> None:
    text = "\n".join(LINES).encode()
    data = bytearray(gzip.compress(text) if ending == ".csv.gz" else zipped({"a.csv": text, "b.csv": text}))
    for at, value in edits:
        data[at % len(data)] = value
    path = file_of(tmp_path_factory.mktemp("packing"), bytes(data), f"x{ending}")
    assert "\n" not in read(path)[1]
