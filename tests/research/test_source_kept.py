"""Parsed rows are kept: the second reading gives the same bits, and nothing that is stale, damaged or somebody else's is ever read."""

from __future__ import annotations

import errno
import json
import os
import stat
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import AGG_HEADER, T0_MS, TRADES_HEADER, agg_lines, bars, kline_lines, market, trade_lines, write

from core.errors import SourceError
from core.research import source_kept, source_order
from core.research.source_file import FileSource
from core.research.source_kept import KeptRows, kept_folder
from core.research.source_kept_draft import prune
from core.research.source_select import select
from core.types import Records, join

TRADES = market(3000)
MANY = 200_000


def cache(folder: Path, **limits: Any) -> KeptRows:
    """A cache that takes files of any size, and those that were written just now."""
    return KeptRows(folder, **{"least_file": 0, "free_bytes": 0, "settled_ns": -(1 << 60), **limits})


def opened(path: Path, kept: KeptRows | None, **span: int) -> FileSource:
    return FileSource(str(path), select([path], None, span.get("from_ns"), span.get("to_ns")), **span, kept=kept)


def rows(path: Path, kept: KeptRows | None, **span: int) -> tuple[bytes, list[str]]:
    """Every byte of the rows, and the notes."""
    source = opened(path, kept, **span)
    return source.load().tobytes(), source.notes


def ccxt(path: Path) -> Path:
    trades = [{"timestamp": t.ms, "price": t.price, "amount": t.qty, "side": "buy", "id": str(t.id)} for t in TRADES]
    path.write_text(json.dumps(trades))
    return path


def two_files(folder: Path) -> Path:
    """Which overlap."""
    write(folder / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES[:1500]))
    return write(folder / "BTCUSDT-aggTrades-2024-08-09.zip", agg_lines(TRADES[1400:])).parent


def shuffled(lines: list[str]) -> list[str]:
    return [lines[i] for i in np.random.default_rng(5).permutation(len(lines))]


def export_lines() -> list[str]:
    return [
        f"2024-08-08T00:00:00Z,{t.ms}000000,binance:BTCUSDT,aggTrade,{t.id},{t.price},{t.qty},buy,{t.price if t.id % 3 else ''},,0,1,live"
        for t in TRADES
    ]


EXPORT = "time,ts_ns,symbol,stream,trade_id,price,qty,side,bid,ask,recv_ns,seq,origin"
OHLC = [f"{ms},{o},{h},{low},{c},{v}" for ms, o, h, low, c, v in bars(500)]
KINDS: dict[str, Callable[[Path], Path]] = {
    "aggTrades": lambda p: write(p / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES)),
    "aggTrades zipped": lambda p: write(p / "BTCUSDT-aggTrades-2024-08-08.zip", agg_lines(TRADES)),
    "aggTrades of futures": lambda p: write(p / "BTCUSDT-aggTrades-2024-08-08.csv.gz", agg_lines(TRADES, spot=False), AGG_HEADER),
    "trades in µs": lambda p: write(p / "BTCUSDT-trades-2025-08-08.csv", trade_lines(TRADES, 1000, spot=False), TRADES_HEADER),
    "klines": lambda p: write(p / "BTCUSDT-1m-2024.csv", kline_lines()),
    "OHLCV": lambda p: write(p / "BTCUSDT-1m.csv.gz", OHLC, "time,open,high,low,close,volume"),
    "prices": lambda p: write(p / "BTCUSDT.csv", [f"{t.ms / 1000},{t.price}" for t in TRADES], "timestamp,price"),
    "long decimals": lambda p: write(p / "BTCUSDT.csv", [f"{t.ms},{t.price / 3!r},{t.qty / 7!r}" for t in TRADES], "timestamp,price,qty"),
    "newest first": lambda p: write(p / "BTCUSDT-aggTrades-2024.csv", agg_lines(TRADES)[::-1]),
    "out of order, twice": lambda p: write(p / "BTCUSDT-aggTrades-2024.csv", shuffled(agg_lines(TRADES) + agg_lines(TRADES[:50]))),
    "an export": lambda p: write(p / "BTCUSDT.csv", export_lines(), EXPORT),
    "JSON": lambda p: ccxt(p / "BTCUSDT.json"),
    "two files": lambda p: two_files(p / "dumps"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_reading_gives_the_same_bits_and_parses_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = KINDS[kind](tmp_path)
    plain = rows(path, None)
    folder = tmp_path / "cache"
    assert rows(path, cache(folder)) == plain
    assert list(folder.iterdir())
    monkeypatch.setattr(KeptRows, "_keeping", None)
    assert rows(path, cache(folder)) == plain


def test_parquet_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")
    csv = write(tmp_path / "BTCUSDT.csv", [f"{t.ms},{t.price},{t.id}" for t in TRADES], "timestamp,price,id")
    path = tmp_path / "BTCUSDT.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{path}' (FORMAT parquet)")
    plain = rows(path, None)
    assert rows(path, cache(tmp_path / "cache")) == plain
    monkeypatch.setattr(KeptRows, "_keeping", None)
    assert rows(path, cache(tmp_path / "cache")) == plain


@pytest.fixture(scope="module", autouse=True)
def short_batches() -> Iterator[None]:
    """A block of a file is a batch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_order, "WINDOW", 20_000)
        yield


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of several batches."""
    folder = tmp_path_factory.mktemp("long")
    lines = [f"{T0_MS + 10 * i},{100 + i % 977 / 8},{i % 13}" for i in range(MANY)]
    return write(folder / "BTCUSDT.csv", lines, "timestamp,price,qty")


def test_batches_and_spans_are_those_of_the_file_itself(long: Path, tmp_path: Path) -> None:
    kept = cache(tmp_path)
    opened(long, kept).load()
    assert list(map(len, opened(long, kept).batches())) == list(map(len, opened(long, None).batches()))
    span = {"from_ns": (T0_MS + 77_777) * 1_000_000, "to_ns": (T0_MS + 2_000_000) * 1_000_000}
    assert rows(long, kept, **span) == rows(long, None, **span)


def test_progress_goes_from_nothing_to_all_of_it(long: Path, tmp_path: Path) -> None:
    opened(long, cache(tmp_path)).load()
    source = opened(long, cache(tmp_path))
    read = []
    for _ in source.batches():
        read.append(source.bytes_read)
    assert read == sorted(read)
    assert read[0] > 0
    assert source.bytes_read == source.total_bytes


@pytest.mark.parametrize("is_kept", [False, True])
def test_memory_does_not_grow_with_the_file(long: Path, tmp_path: Path, is_kept: bool) -> None:
    four = tmp_path / "four" / "BTCUSDT.csv"
    write(four, [f"{T0_MS + 10 * i},{100 + i % 977 / 8},{i % 13}" for i in range(4 * MANY)], "timestamp,price,qty")
    peaks = []
    for path in (long, four):
        tracemalloc.start()
        count = sum(map(len, opened(path, cache(tmp_path / "cache") if is_kept else None).batches()))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert count == 4 * MANY
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.slow
@settings(max_examples=25)
@given(st.data())
def test_what_is_damaged_or_cut_short_is_parsed_again_and_replaced(
    long: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    plain = rows(long, None)
    opened(long, cache(folder)).load()
    (place,) = folder.iterdir()
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    is_cut = data.draw(st.booleans())
    place.write_bytes(whole[:at] if is_cut else whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
    assert rows(long, cache(folder)) == plain
    assert rows(long, cache(folder)) == plain


def rewritten(path: Path) -> None:
    path.write_text(path.read_text().replace("100", "101", 1))


def swapped(path: Path) -> None:
    """Another file of the same size and time in its place."""
    info = path.stat()
    other = path.with_suffix(".other")
    other.write_text(path.read_text().replace("100", "101", 1))
    os.utime(other, ns=(info.st_atime_ns, info.st_mtime_ns))
    other.replace(path)


def touched_back(path: Path) -> None:
    """Changed where it stands, its time put back."""
    info = path.stat()
    rewritten(path)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


@pytest.mark.parametrize("change", [rewritten, swapped, touched_back])
def test_a_file_that_changed_is_parsed_anew(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = KINDS["prices"](tmp_path)
    before = rows(path, cache(tmp_path / "cache"))
    change(path)
    after = rows(path, cache(tmp_path / "cache"))
    assert after == rows(path, None)
    assert after != before


def test_a_file_that_changed_just_now_is_not_kept_yet(tmp_path: Path) -> None:
    path = KINDS["prices"](tmp_path)
    rows(path, cache(tmp_path / "cache", settled_ns=source_kept.SETTLED_NS * 1000))
    assert not (tmp_path / "cache").exists()


def test_a_file_that_changes_while_it_is_parsed_is_not_kept(long: Path, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT.csv"
    path.write_bytes(long.read_bytes())
    batches = opened(path, cache(tmp_path / "cache")).batches()
    next(batches)
    os.utime(path, ns=(0, 0))
    list(batches)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_reading_that_is_left_leaves_nothing(long: Path, tmp_path: Path) -> None:
    batches = opened(long, cache(tmp_path)).batches()
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_parsed_is_refused_as_ever_and_not_kept(tmp_path: Path) -> None:
    lines = [f"{t.ms},{t.price}" for t in TRADES]
    path = write(tmp_path / "BTCUSDT.csv", [*lines, f"{T0_MS},nothing"], "timestamp,price")
    for _ in range(2):
        with pytest.raises(SourceError, match=r"BTCUSDT\.csv:3002: price 'nothing' is not a number"):
            opened(path, cache(tmp_path / "cache")).load()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_full_disk_is_noted_and_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Records) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = KINDS["prices"](tmp_path)
    plain, _ = rows(path, None)
    monkeypatch.setattr("core.research.source_kept_draft.pack_batch", full)
    assert rows(path, cache(tmp_path / "cache")) == (plain, ["what was parsed was not kept for the next time: No space left on device"])
    assert list((tmp_path / "cache").iterdir()) == []
    monkeypatch.undo()
    assert rows(path, cache(tmp_path / "cache", free_bytes=1 << 60))[1] == [
        "what was parsed was not kept for the next time: the disk is nearly full"
    ]


def test_a_folder_that_cannot_be_made_is_noted(tmp_path: Path) -> None:
    path = KINDS["prices"](tmp_path)
    (tmp_path / "file").write_text("")
    assert rows(path, cache(tmp_path / "file" / "cache"))[1] == ["what was parsed was not kept for the next time: Not a directory"]


def test_two_that_parse_at_once_disturb_each_other_in_nothing(long: Path, tmp_path: Path) -> None:
    first, second = (opened(long, cache(tmp_path)).batches() for _ in range(2))
    both = [(a.copy(), b.copy()) for a, b in zip(first, second, strict=True)]
    for parts in zip(*both, strict=True):
        assert join(parts, parts[0].dtype).tobytes() == rows(long, None)[0]
    assert len(list(tmp_path.iterdir())) == 1
    assert rows(long, cache(tmp_path)) == rows(long, None)


def test_what_is_kept_is_private_and_what_others_could_write_is_not_read(tmp_path: Path) -> None:
    path = KINDS["prices"](tmp_path)
    folder = tmp_path / "cache"
    plain = rows(path, cache(folder))
    (place,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.chmod(0o666)
    number = place.stat().st_ino
    assert rows(path, cache(folder)) == plain
    (place,) = folder.iterdir()
    assert place.stat().st_ino != number or stat.S_IMODE(place.stat().st_mode) == 0o600


def test_the_oldest_go_first_where_there_is_too_much_and_what_was_never_ended_goes(tmp_path: Path) -> None:
    for n, name in enumerate(("b.rows", "a.rows", "c.rows", ".new-x", ".new-y", "other")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (n, n))
    os.utime(tmp_path / ".new-y")
    prune(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new-y", "a.rows", "c.rows", "other"]


def test_what_is_larger_than_the_bound_is_not_kept(tmp_path: Path) -> None:
    path = KINDS["prices"](tmp_path)
    assert rows(path, cache(tmp_path / "cache", most_bytes=10)) == rows(path, None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_small_files_are_not_kept(tmp_path: Path) -> None:
    rows(KINDS["prices"](tmp_path), cache(tmp_path / "cache", least_file=source_kept.LEAST_FILE))
    assert not (tmp_path / "cache").exists()


def test_another_parser_reads_nothing_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = KINDS["prices"](tmp_path)
    rows(path, cache(tmp_path / "cache"))
    monkeypatch.setattr(source_kept, "parser_version", lambda: "another")
    rows(path, cache(tmp_path / "cache"))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_it_lies_with_the_compiled_strategies_where_that_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COCKPIT_CACHE", str(tmp_path))
    assert kept_folder() == tmp_path / "rows"
    monkeypatch.delenv("COCKPIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert kept_folder().name == "rows"


def test_real_files_are_the_same_to_the_bit(shared_data: Path, tmp_path: Path) -> None:
    for path in (path for part in ("ohlcv", "trades") for path in sorted((shared_data / part).rglob("*.gz"))):
        plain = rows(path, None)
        assert rows(path, cache(tmp_path)) == plain, path.name
        assert rows(path, cache(tmp_path)) == plain, path.name
