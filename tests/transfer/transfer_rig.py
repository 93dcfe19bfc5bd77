"""Homes with a tape for tests of what goes in and out, and ways to look into them."""

from __future__ import annotations

import csv
import gzip
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.store.gaps import Gap
from core.store.reader import read_ticks
from core.store.tape import Tape
from core.transfer.load import load
from core.transfer.loaded import Loaded, Wanted
from core.types import TICK, Records, Symbols

SYMBOL = "binance:BTCUSDT"
START = 1_722_470_400_000_000_000  # 2024-08-01


def prints(ids: Iterable[int], *, step_ns: int = 1_000_000_000, origin: int = 0, first_seq: int = 1) -> Records:
    """TICK records with these ids, as a recording has them; everything of one follows from its id."""
    ids = np.array(list(ids), np.int64)
    ticks = np.zeros(len(ids), TICK)
    ticks["id"] = ids
    ticks["ts"] = START + ids * step_ns
    ticks["recv"] = ticks["ts"] + 1_234_567
    ticks["seq"] = np.arange(first_seq, first_seq + len(ids))
    ticks["price"] = 60_000 + ids % 700 / 100
    ticks["qty"] = (ids % 90 + 1) / 1000
    ticks["bid"] = np.where(ids % 5 == 0, np.nan, ticks["price"] - 0.01)
    ticks["ask"] = ticks["price"] + 0.01
    ticks["side"] = ids % 3 - 1
    ticks["origin"] = origin
    return ticks


async def record(home: Path, *parts: Records, symbol: str = SYMBOL, stream: str = "aggTrade", gaps: Iterable[Gap] = ()) -> None:
    """Put prints and gaps on the tape of a home."""
    async with await Tape.open(home / "tape.db", Symbols([symbol])) as tape:
        for part in parts:
            tape.append(part, stream)
        for gap in gaps:
            tape.record_gap(
                gap.symbol, gap.stream, gap.from_id, gap.to_id, from_ns=gap.from_ns, to_ns=gap.to_ns, state=gap.state, cause=gap.cause
            )


def agg_row(id_: int, step_ns: int = 1_000_000_000) -> str:
    """The print of this id as a row of an aggTrades dump."""
    (tick,) = prints([id_], step_ns=step_ns)
    maker = "True" if tick["side"] < 0 else "False"
    return f"{id_},{tick['price']:.8f},{tick['qty']:.8f},{id_},{id_},{int(tick['ts']) // 1_000_000},{maker},True\n"


def agg_file(folder: Path, ids: Iterable[int], name: str = "BTCUSDT-aggTrades-2024-08-01.csv") -> Path:
    """A dump of these prints."""
    path = folder / name
    path.write_text("".join(map(agg_row, ids)))
    return path


async def take(home: Path, *files: Path, wanted: Wanted | None = None) -> Loaded:
    """Import files."""
    loaded = Loaded()
    await load(home, files, wanted or Wanted(), loaded, lambda _loaded: None)
    return loaded


def on_tape(home: Path, symbol: str = SYMBOL, stream: str | None = None) -> Records:
    """All prints of a symbol."""
    return read_ticks(home / "tape.db", symbol, stream, symbols=Symbols([symbol]))


def gaps_of(home: Path) -> list[tuple[int, int, str, str]]:
    """(from, to, state, cause) of every gap."""
    with sqlite3.connect(home / "tape.db") as db:
        rows = db.execute("SELECT from_id, to_id, state, cause FROM gaps ORDER BY from_id").fetchall()
    db.close()
    return rows


def unlisted(home: Path) -> list[int]:
    """Ids between the first and the last that are neither there nor listed as missing."""
    ids = set(on_tape(home)["id"].tolist())
    listed = {id_ for a, b, state, _ in gaps_of(home) if state != "filled" for id_ in range(a, b + 1)}
    assert not ids & listed, "an id is there and listed as missing"
    return sorted(set(range(min(ids), max(ids) + 1)) - ids - listed)


def cells(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    text = gzip.decompress(path.read_bytes()).decode() if path.name.endswith(".gz") else path.read_text()
    return list(csv.DictReader(text.splitlines()))
