"""Files that were made to do harm, by kind and attack: a table of how each is made and what must be said of it."""

from __future__ import annotations

import gzip
import importlib
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

HUGE = 10 << 30
PIECE = 16 << 20
FORMULA = "=2+5+cmd|' /C calc'!A0"
NAME = "../../\x1b[31mevil\u202e"
DUMP = "BTCUSDT-aggTrades-2024-08-08"
ROW = "3000,100.5,1.0,1,1,1700000000000,True,True\n"
HEADER = "timestamp,symbol,price,qty\n"
GROWS = r"grows more than 200 times when unpacked, from .* to .* or more; refused"
LONG = r"2\d\.\d MiB of JSON in one array, and the most read here is 2\d\.\d MiB"
OBJECT = {"timestamp": 1700000000000, "price": 1.5, "amount": 2, "id": "7"}

Maker = Callable[[Path], Path]


def rows(price: str = "100.5", symbol: str = "BTCUSDT") -> bytes:
    """A small CSV of trades, its second one as given."""
    return f"{HEADER}1700000000,{symbol},100,1\n1700000001,{symbol},{price},1\n".encode()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def sparse(path: Path, head: bytes, tail: bytes = b"") -> Path:
    """A file of 10 GB that takes no room: a hole between its ends."""
    with put(path, head).open("r+b") as file:
        file.truncate(HUGE)
        file.seek(HUGE - len(tail))
        file.write(tail)
    return path


def gzipped(path: Path, text: bytes, head: bytes = b"") -> Path:
    """10 GB of a text that repeats, in some MB: the same packed piece again and again."""
    piece = gzip.compress(text * (PIECE // len(text)), 9)
    return put(path, gzip.compress(head) + piece * (HUGE // PIECE))


def zipped(path: Path, data: bytes, member: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, data)
    return path


def zip_bomb(path: Path, text: bytes, size: int = 0xFFFFFFF0) -> Path:
    """A member of 10 GB in some MB, which says that it is `size` bytes long."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = press.compress(text * (PIECE // len(text))) + press.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{DUMP}.csv", piece * (HUGE // PIECE) + press.flush(zlib.Z_FINISH))
    data = bytearray(path.read_bytes())
    listed = data.rindex(b"PK\x01\x02")
    for method, length in ((8, 22), (listed + 10, listed + 24)):
        struct.pack_into("<H", data, method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", data, length, size)
    return put(path, bytes(data))


def parquet(path: Path, select: str) -> Path:
    duckdb = importlib.import_module("duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def feather(path: Path, columns: dict[str, object]) -> Path:
    arrow, module = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.feather")
    module.write_feather(arrow.table(columns), str(path), compression="zstd")
    return path


def claiming(path: Path) -> Path:
    """A Feather file whose first column says that it is 10 GB long when unpacked."""
    feather(path, {"timestamp": [1_700_000_000 + i for i in range(500)], "price": [1.5] * 500})
    return put(path, path.read_bytes().replace((4000).to_bytes(8, "little"), HUGE.to_bytes(8, "little"), 1))


def of_zip(name: str) -> dict[str, tuple[Maker, str]]:
    """What a zip, an import and a dump have in common."""
    price = ROW.replace("100.5", FORMULA)
    return {
        "formulas": (lambda p: zipped(p / name, (ROW * 9 + price).encode(), f"{DUMP}.csv"), r":10: price .=2\+5\+cmd.* is not a number"),
        "names": (lambda p: zipped(p / name, b"1,2,3,4\n", f"{NAME}.csv"), r"\.\./\.\./\?\[31mevil\?\.csv:1: .* columns not recognised"),
        "bomb": (lambda p: zip_bomb(p / name, ROW.encode()), GROWS),
        "junk": (lambda p: put(p / name, b"PK\x03\x04" + noise()), "damaged, or not what its ending says"),
        "endless line": (lambda p: zip_bomb(p / name, b"x", 1 << 30), "a line longer than 64 KiB"),
    }  # fmt: skip


def noise(size: int = 100_000) -> bytes:
    return random.Random(5).randbytes(size)


CSV, JSON = "BTCUSDT.csv", "BTCUSDT.json"
COLUMNS = "SELECT 1700000000 + i AS timestamp, {price} AS price, {symbol} AS symbol FROM range({count}) AS r(i)"
FEATHER = {"timestamp": [1_700_000_000, 1_700_000_001]}
DAY = "BTCUSDT/2024-08-08"

#: By kind: by attack, how the file is made, and what is said of it; '' where it is read.
TABLE: dict[str, dict[str, tuple[Maker, str]]] = {
    "CSV": {
        "formulas": (lambda p: put(p / CSV, rows(FORMULA)), r":3: price .=2\+5\+cmd.* is not a number"),
        "names": (lambda p: put(p / "mine.csv", rows(symbol=NAME)), ""),
        "bomb": (lambda p: sparse(p / CSV, rows()), "binary content, not text"),
        "junk": (lambda p: put(p / CSV, noise()), "binary content|not UTF-8|a line longer"),
        "endless line": (lambda p: sparse(p / CSV, b"timestamp,price"), "binary content, not text"),
    },
    "CSV in gzip": {
        "formulas": (lambda p: put(p / f"{CSV}.gz", gzip.compress(rows(FORMULA))), r":3: price .=2\+5\+cmd.* is not a number"),
        "names": (lambda p: put(p / "mine.csv.gz", gzip.compress(rows(symbol=NAME))), ""),
        "bomb": (lambda p: gzipped(p / f"{DUMP}.csv.gz", ROW.encode()), GROWS),
        "junk": (lambda p: put(p / f"{CSV}.gz", b"\x1f\x8b\x08\0" + noise()), "cannot be unpacked|damaged"),
        "endless line": (lambda p: gzipped(p / f"{CSV}.gz", b"x"), "a line longer than 64 KiB"),
    },
    "CSV in zip": of_zip("BTCUSDT.zip"),
    "venue dump": of_zip(f"{DUMP}.zip"),
    "db import": {
        **of_zip(f"{DUMP}.zip"),
        "names": (lambda p: zipped(p / "x.zip", ROW.encode(), f"{NAME}.csv"), "says whose prints these are"),
    },
    "JSON": {
        "formulas": (lambda p: put(p / JSON, json.dumps([OBJECT | {"price": FORMULA}]).encode()), "not a JSON array of trades: Expected"),
        "names": (lambda p: put(p / "mine.json", json.dumps([OBJECT | {"symbol": NAME}]).encode()), ""),
        "bomb": (lambda p: gzipped(p / f"{JSON}.gz", b" ", b"["), LONG),
        "junk": (lambda p: put(p / JSON, b"[" + noise()), "not a JSON array of trades"),
        "endless line": (lambda p: sparse(p / JSON, b"["), r"10\.0 GiB of JSON in one array"),
    },
    "JSON lines": {
        "formulas": (lambda p: put(p / f"{JSON}l", json.dumps(OBJECT | {"price": FORMULA}).encode()), ":1: not a trade in JSON: Expected"),
        "names": (lambda p: put(p / "mine.jsonl", json.dumps(OBJECT | {"symbol": NAME}).encode()), ""),
        "bomb": (lambda p: gzipped(p / f"{JSON}l.gz", json.dumps(OBJECT).encode() + b"\n"), GROWS),
        "junk": (lambda p: put(p / f"{JSON}l", b"{" + noise()), "binary content|not a trade in JSON|a line longer"),
        "endless line": (lambda p: sparse(p / f"{JSON}l", b'{"timestamp": 1'), "binary content, not text"),
    },
    "Parquet": {
        "formulas": (
            lambda p: parquet(p / "x.parquet", COLUMNS.format(price=f"'{FORMULA.replace(chr(39), chr(39) * 2)}'", symbol="'BTC'", count=2)),
            r":1: price .=2\+5\+cmd.* is not a number",
        ),
        "names": (lambda p: parquet(p / "x.parquet", COLUMNS.format(price="1.5", symbol=f"'{NAME}'", count=2)), ""),
        "bomb": (
            lambda p: parquet(p / "x.parquet", COLUMNS.format(price="1.5", symbol="repeat('A', 1000000)", count=3000)),
            "is longer than any symbol",
        ),
        "junk": (lambda p: put(p / "x.parquet", b"PAR1" + noise() + b"PAR1"), "not readable as Parquet"),
        "endless line": (lambda p: sparse(p / "x.parquet", b"PAR1", b"PAR1"), "not readable as Parquet"),
    },
    "Feather": {
        "formulas": (lambda p: feather(p / "x.feather", {**FEATHER, "price": ["1", FORMULA]}), r":2: price .=2\+5\+cmd.* is not a number"),
        "names": (lambda p: feather(p / "x.feather", {**FEATHER, "price": [1.5, 1.5], "symbol": [NAME, NAME]}), ""),
        "bomb": (lambda p: claiming(p / "x.feather"), r"its largest batch would take 10\.0 GiB of memory, and .* MiB may be taken"),
        "junk": (lambda p: put(p / "x.feather", b"ARROW1\0\0" + noise() + b"ARROW1"), "not readable as Feather"),
        "endless line": (lambda p: sparse(p / "x.feather", b"ARROW1\0\0", b"\0\0\0\0ARROW1"), "not readable as Feather"),
    },
    "folders of days": {
        "formulas": (lambda p: put(p / "f" / f"{DAY}.csv", (ROW * 9 + ROW.replace("100.5", FORMULA)).encode()).parents[1], ":10: price"),
        "names": (lambda p: put(p / "f" / "\x1b[31mevil\u202e" / "x.csv", b"1,2,3,4\n").parents[1], r"\?\[31mevil\?/x\.csv:1"),
        "bomb": (lambda p: gzipped(p / "f" / f"{DAY}.csv.gz", ROW.encode()).parents[1], GROWS),
        "junk": (lambda p: put(p / "f" / f"{DAY}.csv", noise()).parents[1], "2024-08-08.csv.*: (binary content|not UTF-8|a line longer)"),
        "endless line": (lambda p: sparse(p / "f" / f"{DAY}.csv", b"timestamp,price").parents[1], "binary content, not text"),
    },
    "legs of a portfolio": {
        "formulas": (lambda p: put(p / "legs.toml", f'"{FORMULA}" = 1\n[[leg]]\n'.encode()), r"no key .=2\+5\+cmd"),
        "names": (lambda p: put(p / "legs.toml", b'[[leg]]\nstrategy = "x"\nsource = "../../evil.csv"\n'), ""),
        "bomb": (lambda p: put(p / "legs.toml", b"x = " + b"[" * 500_000), "legs.toml: "),
        "junk": (lambda p: put(p / "legs.toml", noise()), "not text in UTF-8"),
        "endless line": (lambda p: sparse(p / "legs.toml", b"x = 1"), "legs.toml: 10,737,418,240 bytes, where legs take a few lines"),
    },
}  # fmt: skip
