"""Whatever kind of file is read and whatever was made of it: it is read or refused in one harmless line, in bounded memory.

The bound: 256 MiB beyond what the program takes itself, in a process that may not have more than 1 GiB of address space besides.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_files import ROW, TABLE, put, rows

BOUND = 256 << 20
ATTACKS = ("formulas", "names", "bomb", "junk", "endless line")
NEEDS = {"Parquet": "duckdb", "Feather": "pyarrow"}
HOW = {"db import": "import", "legs of a portfolio": "legs"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Have a file read by a process of its own."""
    script = Path(__file__).with_name("reading_child.py")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(script.parents[2]), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        stdin, stdout = child.stdin, child.stdout

        def answered(how: str, path: Path, **more: Any) -> dict[str, Any]:
            stdin.write(json.dumps({"how": how, "path": str(path), **more}).encode() + b"\n")
            stdin.flush()
            found: dict[str, Any] = json.loads(stdout.readline())
            assert found["broke"] == ""
            return found

        yield answered
        stdin.close()


def test_the_table_has_every_attack_on_every_kind() -> None:
    assert {kind: set(attacks) for kind, attacks in TABLE.items()} == {kind: set(ATTACKS) for kind in TABLE}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", TABLE)
def test_it_is_read_or_refused_in_one_harmless_line_in_bounded_memory(ask: Ask, tmp_path: Path, kind: str, attack: str) -> None:
    if kind in NEEDS and importlib.util.find_spec(NEEDS[kind]) is None:
        pytest.skip(f"{NEEDS[kind]} is not installed")
    folder, home = tmp_path / "deep" / "deeper" / "files", tmp_path / "home"
    folder.mkdir(parents=True)
    make, says = TABLE[kind][attack]
    path = make(folder)
    before = sorted(tmp_path.rglob("*"))
    found = ask(HOW.get(kind, "source"), path, home=str(home))
    assert found["peak"] < BOUND
    assert (found["rows"] > 0) == (says == "")
    assert re.search(says, found["says"])
    assert found["says"].isprintable()
    assert len(found["says"]) < 700
    assert [one for one in sorted(tmp_path.rglob("*")) if home not in (one, *one.parents)] == before


def test_a_zip_that_lists_more_names_than_memory_holds_is_refused_before_it_is_opened(ask: Ask, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number:0100}.csv", b"")
    found = ask("source", path)
    assert re.search(r"many\.zip: lists too many files, 8\.\d MiB of names", found["says"])
    assert found["peak"] < 32 << 20


def test_a_zip_whose_members_share_their_bytes_is_refused_by_what_they_come_to(ask: Ask, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "shared.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.csv", ROW.encode() * 1_000_000)
        first = archive.filelist[0]
        for number in range(1, 1000):
            member = zipfile.ZipInfo(f"{number}.csv")
            for name in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(member, name, getattr(first, name))
            archive.filelist.append(member)
    found = ask("source", path)
    assert re.search(r"shared\.zip: grows more than 200 times when unpacked, from .* KiB to .* MiB or more", found["says"])
    assert found["peak"] < 32 << 20


def test_so_many_files_of_one_time_that_memory_would_not_hold_them_are_refused(ask: Ask, tmp_path: Path) -> None:
    text = b"timestamp,price,id\n" + b"".join(b"%d,1.5,%d\n" % (1_700_000_000_000 + i, i) for i in range(20_000))
    for number in range(60):
        put(tmp_path / f"BTCUSDT-{number}.csv", text)
    found = ask("source", tmp_path, space=300 << 20)
    assert re.search(
        r"files or more are of the same time; to merge them would take .* MiB of memory, and .* MiB may be taken", found["says"]
    )
    assert found["peak"] < BOUND


def test_a_file_larger_than_memory_is_streamed(ask: Ask, tmp_path: Path) -> None:
    path, note = tmp_path / "BTCUSDT.csv", b"anoteofnothing" * 17
    with path.open("wb") as file:
        file.write(b"timestamp,price,qty,note\n")
        for block in range(8):
            start = 1_700_000_000_000 + block * 100_000
            file.write(b"".join(b"%d,100.25,1.5,%s\n" % (start + i, note) for i in range(100_000)))
    found = ask("source", path, space=600 << 20)
    assert found["rows"] == 800_000
    assert found["says"] == ""
    assert found["peak"] < 160 << 20 < path.stat().st_size


@pytest.mark.parametrize("name", ["BTCUSDT-newest-first.csv", "BTCUSDT.csv.gz"])
def test_what_must_be_held_and_does_not_fit_is_refused_with_how_much_fits(ask: Ask, tmp_path: Path, name: str) -> None:
    import gzip

    count = 900_000
    text = b"timestamp,price\n" + b"".join(b"%d,1.5\n" % (1_700_000_000_000 + count - i) for i in range(count))
    path = put(tmp_path / name, gzip.compress(text, 1) if name.endswith(".gz") else text)
    found = ask("source", path, space=300 << 20)
    assert re.search(
        rf"{name} \([\d,.]+ [KM]iB\): newest rows first, and more than the [\d,]+ that 1\d\d\.\d MiB of memory hold: sort it oldest first",
        found["says"],
    )
    assert found["peak"] < 300 << 20


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "/dev/stdin"])
@pytest.mark.parametrize("how", ["source", "legs"])
def test_what_is_no_regular_file_is_not_read(ask: Ask, how: str, path: str) -> None:
    found = ask(how, Path(path))
    assert found["says"] != ""
    assert "\n" not in found["says"]
    assert found["peak"] < 32 << 20


def test_a_sound_file_is_read(ask: Ask, tmp_path: Path) -> None:
    assert ask("source", put(tmp_path / "BTCUSDT.csv", rows()))["rows"] == 2
    assert ask("import", put(tmp_path / "BTCUSDT-aggTrades.csv", ROW.encode()), home=str(tmp_path / "home"))["rows"] == 1
