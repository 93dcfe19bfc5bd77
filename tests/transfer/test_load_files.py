"""Files on disk onto the tape: what is read, what is refused in one line, and how far it came."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path

import pytest
from dump_server import agg_rows, zipped
from transfer_rig import agg_file, agg_row, on_tape, prints, record, take, unlisted

from core.errors import HomeLocked, SourceError, StoreError, UsageError
from core.home import lock_home, read_stamp, running, stamp
from core.research import source_order
from core.research.sources import open_source
from core.store import connection
from core.store.chunk import CHUNK_TICKS
from core.store.sizes import tape_size
from core.store.verify import verify
from core.transfer import intake
from core.transfer import load as load_module
from core.transfer.export import export
from core.transfer.load import hold
from core.transfer.loaded import Loaded, Wanted
from core.transfer.prints_file import find_files, open_prints
from core.transfer.ticks_out import tape_of, ticks_sheet
from tests.store.full_disk import no_file_larger_than


def exported(home: Path, path: Path, symbol: str = "BTCUSDT") -> bytes:
    export(ticks_sheet(tape_of(home, symbol, None, None)), path, "csv", lambda _done, _rows: None)
    return path.read_bytes()


async def test_an_export_of_an_import_of_an_export_is_the_same_bytes(tmp_path: Path, shared_data: Path) -> None:
    """The real recording of XRPETH: into a tape, out of it, into another, out again."""
    recording = shared_data / "trades" / "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz"
    loaded = await take(tmp_path / "a", recording)
    assert list(loaded.series) == ["binance:XRPETH aggTrade"]
    assert (loaded.total("new"), loaded.holes) == (12_477, 0)
    first = exported(tmp_path / "a", tmp_path / "first.csv", "XRPETH")
    assert (await take(tmp_path / "b", tmp_path / "first.csv")).total("new") == 12_477
    assert exported(tmp_path / "b", tmp_path / "second.csv", "XRPETH") == first
    assert gzip.decompress(exported(tmp_path / "b", tmp_path / "third.csv.gz", "XRPETH")) == first


async def test_a_live_recording_comes_back_with_every_print_and_quote(tmp_path: Path) -> None:
    await record(tmp_path / "a", prints(range(100, 400)))
    exported(tmp_path / "a", tmp_path / "a.csv")
    await take(tmp_path / "b", tmp_path / "a.csv")
    live, back = on_tape(tmp_path / "a"), on_tape(tmp_path / "b")
    for name in ("id", "ts", "price", "qty", "bid", "ask", "side"):
        assert live[name].tobytes() == back[name].tobytes(), name


async def test_a_backtest_reads_an_export(tmp_path: Path) -> None:
    await record(tmp_path, prints(range(100, 400)))
    exported(tmp_path, tmp_path / "a.csv")
    source = open_source(str(tmp_path / "a.csv"))
    ticks = source.load()
    assert (source.symbol, source.kind, source.form) == ("binance:BTCUSDT", "ticks", "aggTrades")
    assert ticks["ts"].tobytes() == on_tape(tmp_path)["ts"].tobytes()


@pytest.mark.parametrize(("day", "unit"), [("2024-12-31", 1), ("2025-01-01", 1000)])
async def test_dumps_are_in_milliseconds_until_2025_and_in_microseconds_since(tmp_path: Path, day: str, unit: int) -> None:
    name = f"BTCUSDT-aggTrades-{day}"
    (tmp_path / f"{name}.zip").write_bytes(zipped(f"{name}.csv", agg_rows(day, 50, first_id=10, unit=unit)))
    await take(tmp_path, tmp_path / f"{name}.zip")
    ticks = on_tape(tmp_path)
    assert {str(ts)[:10] for ts in ticks["ts"].astype("M8[ns]")} == {day}


async def test_a_folder_is_read_file_by_file_each_as_the_symbol_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    agg_file(folder, range(10, 20))
    agg_file(folder, range(70, 80), "ETHUSDT-aggTrades-2024-08-01.csv")
    (folder / "notes.md").write_text("no data")
    loaded = await take(tmp_path, *find_files([folder]))
    assert sorted(loaded.series) == ["binance:BTCUSDT aggTrade", "binance:ETHUSDT aggTrade"]
    assert on_tape(tmp_path, "binance:ETHUSDT")["id"].tolist() == list(range(70, 80))


async def test_trades_and_aggregated_trades_are_streams_of_their_own(tmp_path: Path) -> None:
    trades = tmp_path / "BTCUSDT-trades-2024-08-01.csv"
    trades.write_text("".join(f"{n},60000.1,0.5,30000.05,{1722470400000 + n},True,True\n" for n in range(5)))
    await take(tmp_path, agg_file(tmp_path, range(10, 20)), trades)
    assert len(on_tape(tmp_path, stream="trade")) == 5
    assert len(on_tape(tmp_path, stream="aggTrade")) == 10


async def test_a_file_with_its_checksum_beside_it_is_compared_with_it(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    beside = path.with_name(path.name + ".CHECKSUM")
    beside.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    assert (await take(tmp_path, path)).total("new") == 10
    path.write_text(path.read_text().replace("60000.", "60001."))
    with pytest.raises(SourceError, match=r"damaged: its SHA-256 is .* the one beside it says .*; nothing of it is on the tape"):
        await take(tmp_path, path)
    beside.write_text("nonsense\n")
    with pytest.raises(SourceError, match="not a SHA-256 checksum"):
        await take(tmp_path, path)
    beside.write_text("0" * 64 + "  other.zip\n")
    with pytest.raises(SourceError, match=r"is the checksum of other\.zip"):
        await take(tmp_path, path)


async def test_a_cut_file_says_how_far_it_came_and_a_whole_one_goes_on_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_order, "WINDOW", 1 << 10)
    body = gzip.compress(agg_rows("2024-08-01", 100_000, first_id=1).encode(), 1)
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.csv.gz"
    path.write_bytes(body[: len(body) * 19 // 20])
    with pytest.raises(SourceError, match=r"the end is missing; [1-9]\d,\d\d\d prints before that are on the tape") as raised:
        await take(tmp_path, path)
    assert "\n" not in str(raised.value)
    assert unlisted(tmp_path) == []
    path.write_bytes(body)
    loaded = await take(tmp_path, path)
    assert loaded.total("there") > 20_000
    assert on_tape(tmp_path)["id"].tolist() == list(range(1, 100_001))


async def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.zip"
    body = zipped("BTCUSDT-aggTrades-2024-08-01.csv", agg_rows("2024-08-01", 500, first_id=1))
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(SourceError, match="damaged, or not what its ending says"):
        await take(tmp_path, path)


async def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("BTCUSDT-aggTrades-2024-08-01.csv", b"0" * (100 << 20))
    with pytest.raises(SourceError, match="grows more than 200 times"):
        await take(tmp_path, path)


async def test_what_cannot_be_on_a_tape_is_one_line(tmp_path: Path) -> None:
    def refusal(name: str, text: str, wanted: Wanted | None = None) -> str:
        (tmp_path / name).write_text(text)
        with pytest.raises(SourceError) as raised:
            import_now(tmp_path / name, wanted)
        assert "\n" not in str(raised.value)
        return str(raised.value)

    def import_now(path: Path, wanted: Wanted | None) -> None:
        open_prints(path, wanted or Wanted())

    row = agg_row(5)
    assert "of ETHUSDT by its name, not of BTCUSDT" in refusal("ETHUSDT-aggTrades-2024-08-01.csv", row, Wanted("BTCUSDT"))
    assert "of the stream aggTrade, not of trade" in refusal("BTCUSDT-aggTrades-2024-08-01.csv", row, Wanted(stream="trade"))
    assert "say so with --symbol" in refusal("prints.csv", row)
    assert "no trade ids" in refusal("BTCUSDT.csv", "timestamp,price,qty\n1722470400000,1,2\n1722470400001,1,2\n")
    assert "holds bars" in refusal("BTCUSDT-1m.csv", "time,open,high,low,close\n1722470400000,1,2,1,2\n1722470460000,1,2,1,2\n")
    mixed = "time,id,price,qty,symbol\n" + "".join(f"1722470400000,{n},1,2,{s}\n" for n, s in enumerate(("BTCUSDT", "ETHUSDT")))
    assert "several symbols, choose one with --symbol" in refusal("mixed.csv", mixed)
    assert "no rows of XRPUSDT" in refusal("mixed.csv", mixed, Wanted("XRPUSDT"))


async def test_a_parquet_file_that_lies_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100)
    with pytest.raises(SourceError, match="not readable as Parquet"):
        await take(tmp_path, path)


async def test_a_file_that_turns_to_words_half_way_is_named_by_its_row(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    path.write_text(path.read_text() + "20,sixty,0.1,20,20,1722470420000,True,True\n")
    with pytest.raises(SourceError, match=r"csv:11: price 'sixty' is not a number; nothing of it is on the tape"):
        await take(tmp_path, path)


async def test_a_print_of_no_known_quantity_is_named(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    path.write_text(path.read_text() + agg_row(20).replace(agg_row(20).split(",")[2], "0.0"))
    with pytest.raises(SourceError, match=r"csv: tick 20 has a value no tape may hold: .* qty=0.0 .*nothing of it is on the tape"):
        await take(tmp_path, path)


async def test_the_first_bad_file_of_several_says_how_many_are_done(tmp_path: Path) -> None:
    good = agg_file(tmp_path, range(10, 20))
    bad = tmp_path / "BTCUSDT-aggTrades-2024-08-02.csv"
    bad.write_text("what is this\n")
    with pytest.raises(SourceError, match=r"08-02\.csv.*1 of 2 files are imported"):
        await take(tmp_path, good, bad)
    assert len(on_tape(tmp_path)) == 10


async def test_while_an_engine_runs_nothing_is_imported(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    home = tmp_path / "home"
    with lock_home(home), pytest.raises(HomeLocked, match="stop it with `cockpit stop`"):
        await take(home, path)
    assert not (home / "tape.db").exists()


async def test_a_demo_and_a_home_of_another_venue_take_none(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    for home in (tmp_path / "demo", tmp_path / "other"):
        home.mkdir()
    stamp(tmp_path / "demo", "demo", ["binance"])
    stamp(tmp_path / "other", "paper", ["kraken"])
    with pytest.raises(UsageError, match="demo home, its market is generated"):
        await take(tmp_path / "demo", path)
    with pytest.raises(UsageError, match="holds data of kraken"):
        await take(tmp_path / "other", path)
    await take(tmp_path / "new", path)
    found = read_stamp(tmp_path / "new")
    assert found is not None
    assert (found.mode, found.venues) == ("paper", ["binance"])


async def test_only_what_lies_between_two_times_is_taken(tmp_path: Path) -> None:
    path = agg_file(tmp_path, range(10, 20))
    start = int(prints([13])["ts"][0])
    await take(tmp_path, path, wanted=Wanted(from_ns=start, to_ns=start + 3_000_000_000))
    assert on_tape(tmp_path)["id"].tolist() == [13, 14, 15]


async def test_a_disk_that_stays_full_ends_an_import_with_a_line_and_it_goes_on_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PATIENCE_S", 0.5)
    monkeypatch.setattr(connection, "RETRY", (0.02, 0.05))
    path = agg_file(tmp_path, range(10, 6000))
    await take(tmp_path / "home", agg_file(tmp_path, range(5), "BTCUSDT-aggTrades-2024-07-31.csv"))
    with (
        no_file_larger_than(60_000),
        pytest.raises(StoreError, match=r"tape\.db is .*; of BTCUSDT-aggTrades-2024-08-01\.csv at most .* run it again"),
    ):
        await take(tmp_path / "home", path)
    await take(tmp_path / "home", path)
    assert on_tape(tmp_path / "home")["id"].tolist() == [*range(5), *range(10, 6000)]
    assert verify(tmp_path / "home" / "tape.db").ok(lambda _symbol: True)


def test_an_import_is_no_engine_to_others(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert running(tmp_path) is None
        with pytest.raises(HomeLocked, match=r"an import holds .* \(pid \d+\): wait until it is done"):
            lock_home(tmp_path)
    lock_home(tmp_path).close()


async def test_a_backtest_over_imported_prints_says_that_nobody_saw_them_live(tmp_path: Path) -> None:
    await take(tmp_path, agg_file(tmp_path, range(10, 20)))
    source = open_source("tape:BTCUSDT", home=tmp_path)
    assert len(source.load()) == 10
    assert source.notes == ["10 of the ticks were imported, strategies never saw them live; --as-delivered leaves them out"]


async def test_what_fills_chunks_is_sealed_as_it_comes_and_the_tape_holds_the_very_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_module, "_SEAL_EVERY", 9_000)
    files = [
        agg_file(tmp_path, range(1, 20_001), "BTCUSDT-aggTrades-2024-08-01.csv"),
        agg_file(tmp_path, range(20_001, 26_001), "BTCUSDT-aggTrades-2024-08-02.csv"),
    ]
    loaded, seen = Loaded(), set[tuple[int, int]]()
    await load_module.load(tmp_path / "a", files, Wanted(), loaded, lambda now: seen.add((now.files, now.sealed)))
    await load_module.load(tmp_path / "b", files, Wanted(), Loaded(), lambda _now: None, seal_before_ns=0)
    size = tape_size(tmp_path / "a" / "tape.db").series[0]
    assert (size.chunks, size.sealed, size.rows) == (3, 3 * CHUNK_TICKS, 26_000 - 3 * CHUNK_TICKS)
    assert loaded.sealed == loaded.document()["sealed"] == 3 * CHUNK_TICKS
    assert {(0, 2 * CHUNK_TICKS), (1, 3 * CHUNK_TICKS)} <= seen
    assert tape_size(tmp_path / "b" / "tape.db").series[0].sealed == 0
    assert on_tape(tmp_path / "a").tobytes() == on_tape(tmp_path / "b").tobytes()


async def test_what_cannot_be_sealed_is_on_the_tape_all_the_same_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_more: object) -> None:
        raise StoreError("no room")

    monkeypatch.setattr(load_module, "seal", fail)
    loaded = await take(tmp_path, agg_file(tmp_path, range(100)))
    assert loaded.notes == ["what was imported is not sealed: no room; `cockpit db seal` does it"]
    assert (loaded.sealed, loaded.sealing, len(on_tape(tmp_path))) == (0, False, 100)
