"""Downloads of daily dumps from a server that cuts connections, refuses, lies and lacks days: all comes, or one line says why."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path

import pytest
from dump_server import DumpServer, agg_rows
from transfer_rig import gaps_of, on_tape, prints, record, unlisted

from core.clock import parse_time
from core.errors import SourceError, UsageError, VenueError
from core.feed.backoff import Backoff
from core.transfer.download import download
from core.transfer.dumps import Dump, days
from core.transfer.fetch import TRIES, Came
from core.transfer.loaded import Loaded

DAY_1, DAY_2, DAY_3 = "2024-08-01", "2024-08-02", "2024-08-03"

#: No test waits for long.
QUICK = functools.partial(Backoff, base=0.001, cap=0.002)


def dump(day: str, stream: str = "aggTrade") -> Dump:
    return Dump("binance", "BTCUSDT", stream, parse_time(day))


async def fetch(home: Path, server: DumpServer, *which: str, keep: bool = False, seen: list[Came] | None = None) -> Loaded:
    """Download days."""
    loaded = Loaded()

    def tell(now: Loaded) -> None:
        if seen is not None and now.fetching is not None:
            seen.append(now.fetching[1])

    await download(home, server.url, [dump(day) for day in which], loaded, tell, keep=keep, backoff=QUICK)
    return loaded


def publish(server: DumpServer, *which: str, count: int = 2000) -> list[str]:
    return [server.add("BTCUSDT", "aggTrades", day, agg_rows(day, count, first_id=1000 + i * count)) for i, day in enumerate(which)]


async def test_days_come_onto_the_tape_and_their_files_go(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1, DAY_2)
    loaded = await fetch(tmp_path, server, DAY_1, DAY_2)
    assert on_tape(tmp_path)["id"].tolist() == list(range(1000, 5000))
    assert (loaded.files, loaded.total("new"), loaded.holes) == (2, 4000, 0)
    assert loaded.bytes == sum(len(body) for path, body in server.files.items() if path.endswith(".zip"))
    assert sorted(os.listdir(tmp_path / "dumps")) == [f"BTCUSDT-aggTrades-{day}.zip.CHECKSUM" for day in (DAY_1, DAY_2)]


async def test_days_that_were_imported_are_not_asked_for_again(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1, DAY_2)
    await fetch(tmp_path, server, DAY_1)
    server.asked.clear()
    loaded = await fetch(tmp_path, server, DAY_1, DAY_2)
    assert loaded.known == ["BTCUSDT 2024-08-01"]
    assert [path.rpartition("-")[2] for path, _ in server.asked] == ["02.zip"]


async def test_a_day_named_twice_is_fetched_once(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    loaded = await fetch(tmp_path, server, DAY_1, DAY_1)
    assert (loaded.files, loaded.total("new"), len(server.asked)) == (1, 2000, 1)


async def test_a_bad_day_ends_it_after_the_days_before_it(tmp_path: Path, server: DumpServer) -> None:
    _, second, third = publish(server, DAY_1, DAY_2, DAY_3)
    server.files[f"{second}.CHECKSUM"] = b"nonsense"
    with pytest.raises(SourceError, match="not a SHA-256 checksum"):
        await fetch(tmp_path, server, DAY_1, DAY_2, DAY_3)
    assert on_tape(tmp_path)["id"].tolist() == list(range(1000, 3000))
    assert third not in [path for path, _ in server.asked]


async def test_a_day_whose_prints_are_gone_is_fetched_again(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    await fetch(tmp_path, server, DAY_1)
    for name in ("tape.db", "tape.db-wal", "tape.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    assert (await fetch(tmp_path, server, DAY_1)).total("new") == 2000


async def test_a_day_that_was_recorded_live_is_still_completed(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    await record(tmp_path, prints(range(1500, 1510)))
    assert (await fetch(tmp_path, server, DAY_1)).total("there") + on_tape(tmp_path).size >= 2000
    assert unlisted(tmp_path) == []


async def test_files_are_kept_where_that_is_wanted_and_used_again(tmp_path: Path, server: DumpServer) -> None:
    (path,) = publish(server, DAY_1)
    await fetch(tmp_path, server, DAY_1, keep=True)
    kept = tmp_path / "dumps" / f"BTCUSDT-aggTrades-{DAY_1}.zip"
    assert kept.read_bytes() == server.files[path]
    kept.with_name(kept.name + ".CHECKSUM").unlink()
    server.asked.clear()
    assert (await fetch(tmp_path, server, DAY_1, keep=True)).total("there") == 2000
    assert server.asked == []


async def test_a_day_that_is_not_published_is_told_and_the_others_come(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    server.add("BTCUSDT", "aggTrades", DAY_3, agg_rows(DAY_3, 10, first_id=9000))
    loaded = await fetch(tmp_path, server, DAY_1, DAY_2, DAY_3)
    assert loaded.absent == ["BTCUSDT 2024-08-02"]
    assert [row[:3] for row in gaps_of(tmp_path)] == [(3000, 8999, "lost")]
    assert unlisted(tmp_path) == []


async def test_a_connection_that_is_cut_goes_on_where_it_was(tmp_path: Path, server: DumpServer) -> None:
    (path,) = publish(server, DAY_1)
    size = len(server.files[path])
    server.cuts = [size // 4, size // 4, 0, 7]
    seen: list[Came] = []
    loaded = await fetch(tmp_path, server, DAY_1, seen=seen)
    assert loaded.total("new") == 2000
    starts = [int(wanted.removeprefix("bytes=").rstrip("-") or 0) for _, wanted in server.asked]
    assert len(starts) == 5
    assert starts == sorted(starts)
    assert starts[-1] > 0
    assert {came.total for came in seen if came.total} == {size}


async def test_a_server_without_range_is_read_from_the_start_again(tmp_path: Path, server: DumpServer) -> None:
    (path,) = publish(server, DAY_1)
    server.ranges = False
    server.cuts = [len(server.files[path]) // 2]
    assert (await fetch(tmp_path, server, DAY_1)).total("new") == 2000


async def test_a_part_from_an_earlier_run_is_gone_on_with(tmp_path: Path, server: DumpServer) -> None:
    (path,) = publish(server, DAY_1)
    (tmp_path / "dumps").mkdir(mode=0o700)
    part = tmp_path / "dumps" / f"BTCUSDT-aggTrades-{DAY_1}.zip.part"
    part.write_bytes(server.files[path][:500])
    assert (await fetch(tmp_path, server, DAY_1)).total("new") == 2000
    assert [wanted for _, wanted in server.asked] == ["bytes=500-"]


@pytest.mark.parametrize("extra", [b"", b"more than there is"])
async def test_a_part_that_is_whole_or_too_long_is_dealt_with(tmp_path: Path, server: DumpServer, extra: bytes) -> None:
    (path,) = publish(server, DAY_1)
    (tmp_path / "dumps").mkdir(mode=0o700)
    (tmp_path / "dumps" / f"BTCUSDT-aggTrades-{DAY_1}.zip.part").write_bytes(server.files[path] + extra)
    assert (await fetch(tmp_path, server, DAY_1)).total("new") == 2000


async def test_a_part_of_another_file_is_found_out_and_fetched_anew(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    (tmp_path / "dumps").mkdir(mode=0o700)
    (tmp_path / "dumps" / f"BTCUSDT-aggTrades-{DAY_1}.zip.part").write_bytes(b"x" * 500)
    assert (await fetch(tmp_path, server, DAY_1)).total("new") == 2000
    assert [wanted for _, wanted in server.asked] == ["bytes=500-", ""]


async def test_a_wrong_checksum_is_refused_after_a_second_try(tmp_path: Path, server: DumpServer) -> None:
    (path,) = publish(server, DAY_1)
    server.files[f"{path}.CHECKSUM"] = b"0" * 64 + f"  BTCUSDT-aggTrades-{DAY_1}.zip\n".encode()
    with pytest.raises(SourceError, match="came damaged twice"):
        await fetch(tmp_path, server, DAY_1)
    assert len(server.asked) == 2
    assert os.listdir(tmp_path / "dumps") == []


@pytest.mark.parametrize("text", [b"", b"<html>sign in</html>", b"0" * 63, b"\xff" * 100])
async def test_what_is_no_checksum_is_one_line(tmp_path: Path, server: DumpServer, text: bytes) -> None:
    (path,) = publish(server, DAY_1)
    server.files[f"{path}.CHECKSUM"] = text
    with pytest.raises(SourceError, match="not a SHA-256 checksum"):
        await fetch(tmp_path, server, DAY_1)


async def test_a_refusal_that_passes_is_waited_for_as_long_as_it_says(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    server.refusals = [(429, {"Retry-After": "1"}), (503, {}), (500, {})]
    seen: list[Came] = []
    began = time.monotonic()
    assert (await fetch(tmp_path, server, DAY_1, seen=seen)).total("new") == 2000
    assert time.monotonic() - began >= 1.0
    assert "HTTP 429, again in 1 s" in {came.waiting for came in seen}


async def test_a_server_that_only_fails_is_given_up_and_what_came_stays(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1, DAY_2)
    await fetch(tmp_path, server, DAY_1)
    server.cuts = [300] + [0] * TRIES
    with pytest.raises(VenueError, match=rf"{TRIES} times in a row: run it again to go on"):
        await fetch(tmp_path, server, DAY_2)
    assert len(on_tape(tmp_path)) == 2000
    server.cuts = []
    loaded = await fetch(tmp_path, server, DAY_2)
    assert loaded.total("new") == 2000
    assert server.asked[-1][1].startswith("bytes=")


async def test_nobody_there_is_one_line(tmp_path: Path, server: DumpServer) -> None:
    url, _ = server.url, await server.stop()
    with pytest.raises(VenueError, match=r"binance cannot be asked for .*connection refused"):
        await download(tmp_path, url, [dump(DAY_1)], Loaded(), lambda _now: None, backoff=QUICK)


async def test_a_refusal_for_good_is_one_line_at_once(tmp_path: Path, server: DumpServer) -> None:
    publish(server, DAY_1)
    server.refusals = [(403, {})]
    with pytest.raises(VenueError, match=r"binance refused .*: HTTP 403"):
        await fetch(tmp_path, server, DAY_1)


async def test_a_dump_that_holds_something_else_than_its_name_says_is_refused(tmp_path: Path, server: DumpServer) -> None:
    server.add("BTCUSDT", "aggTrades", DAY_1, "time,open,high,low,close\n1722470400000,1,2,1,2\n1722470460000,1,2,1,2\n")
    with pytest.raises(SourceError, match=r"holds bars .*; nothing of it is on the tape"):
        await fetch(tmp_path, server, DAY_1)


def test_a_symbol_cannot_lead_out_of_the_folder() -> None:
    odd = Dump("binance", "../../ETC", "trade", 0)
    assert "/" not in odd.name
    assert odd.path == "/data/spot/daily/trades/..%2F..%2FETC/..%2F..%2FETC-trades-1970-01-01.zip"


def test_days_are_whole_and_utc() -> None:
    found = days(parse_time("2024-08-01T13:00"), parse_time("2024-08-03T00:00:01"))
    assert [dump.day for dump in (Dump("binance", "X", "trade", start) for start in found)] == [DAY_1, DAY_2, DAY_3]
    with pytest.raises(UsageError, match="before"):
        days(parse_time(DAY_2), parse_time(DAY_1))
    with pytest.raises(UsageError, match="more than can be meant"):
        days(0, parse_time(DAY_1))
