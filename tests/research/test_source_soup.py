"""Times of several kinds in one file, and files of other tools: one clear line each."""

from __future__ import annotations

from pathlib import Path

import pytest
from market_files import T0, T0_MS, market, write

from core.errors import SourceError
from core.research.sources import open_source
from core.types import SECOND

TRADES = market(3000)


def notes_of(path: Path) -> list[str]:
    source = open_source(str(path))
    assert source.load()["ts"].tolist() == [t.ms * 1_000_000 for t in TRADES]
    return source.notes


def prices(path: Path, times: list[str]) -> Path:
    lines = [f"{time},{t.price}" for time, t in zip(times, TRADES, strict=True)]
    return write(path / "BTCUSDT.csv", lines, "timestamp,price")


def date(ms: int, zone: str = "") -> str:
    whole, rest = divmod(ms - T0_MS, 1000)
    return f"2024-08-08T{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{rest:03}{zone}"


def test_units_that_change_in_a_file_are_read_and_said(tmp_path: Path) -> None:
    times = [str(t.ms if i < 1000 else t.ms * 1000) for i, t in enumerate(TRADES)]
    assert notes_of(prices(tmp_path, times)) == ["times are in ms and µs: each was read in the unit its size tells"]


def test_fractions_of_a_second_are_exact_and_no_reason_for_a_word(tmp_path: Path) -> None:
    assert notes_of(prices(tmp_path, [f"{t.ms // 1000}.{t.ms % 1000:03}" for t in TRADES])) == []


def test_dates_of_which_some_name_a_zone_are_said_to_be_utc(tmp_path: Path) -> None:
    times = [date(t.ms, "Z" if i % 2 else "") for i, t in enumerate(TRADES)]
    assert notes_of(prices(tmp_path, times)) == ["some times name a zone or offset and some do not: those were read as UTC"]


def test_offsets_are_taken_into_account_without_a_word(tmp_path: Path) -> None:
    hour = 3_600_000
    times = [date(t.ms + hour, "+01:00") if i % 2 else date(t.ms, "Z") for i, t in enumerate(TRADES)]
    assert notes_of(prices(tmp_path, times)) == []


def test_dates_among_unix_times_are_said(tmp_path: Path) -> None:
    times = [date(t.ms, "Z") if i % 2 else str(t.ms) for i, t in enumerate(TRADES)]
    assert notes_of(prices(tmp_path, times)) == ["some times are Unix times and some are dates: both were read"]


@pytest.mark.parametrize("time", ["2024-08-08 12:00:00 EST", "08/08/2024 12:00", "2024-08-08 3:00 PM", "Thu Aug  8 2024"])
def test_times_that_could_mean_several_are_refused_by_row(tmp_path: Path, time: str) -> None:
    path = write(tmp_path / "BTCUSDT.csv", [f"{T0 // SECOND},100", f"{time},101"], "timestamp,price")
    with pytest.raises(SourceError, match=rf"BTCUSDT\.csv:3: time '{time}' is not ISO-8601 or Unix time"):
        open_source(str(path)).load()


@pytest.mark.parametrize(
    ("name", "magic", "kind"),
    [
        ("b.xlsx", b"\xd0\xcf\x11\xe0", "Excel"),
        ("b.h5", b"\x89HDF\r\n", "HDF5"),
        ("b.csv.zst", b"\x28\xb5\x2f\xfd", "zstd"),
    ],
)
def test_files_of_other_tools_are_named_and_what_can_be_done(tmp_path: Path, name: str, magic: bytes, kind: str) -> None:
    (tmp_path / "only").mkdir()
    path = tmp_path / "only" / name
    path.write_bytes(magic + bytes(100))
    with pytest.raises(SourceError, match=rf"{name}: a {kind}.* file, which is not read here: save it as Parquet or CSV"):
        open_source(str(path))
    with pytest.raises(SourceError, match=rf"{name} is not read here: save it as Parquet or CSV"):
        open_source(str(path.parent))


def test_feather_without_its_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "BTCUSDT-trades.feather"
    path.write_bytes(b"ARROW1\0\0" + bytes(100) + b"ARROW1")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for asked in (path, tmp_path):
        with pytest.raises(SourceError, match=r"BTCUSDT-trades\.feather: reading Feather needs pyarrow: pip install pyarrow"):
            open_source(str(asked))
