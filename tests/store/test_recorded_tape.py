"""Recorded days of a real venue on the tape: not a print is lost on the way into rows, into chunks, out again, and into bars."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest

from core.analytics.bars import aggregate
from core.store.reader import read_ticks, ticks_since
from core.store.sealing import seal
from core.store.sizes import tape_size
from core.store.tape import Tape
from core.store.verify import verify
from core.types import MINUTE, SECOND, Records, Symbols, join
from tests.store.store_ticks import assert_same
from tests.venues.test_binance_recordings import parsed, recorded

FILES = ("btcusdt_20240808.gz", "btcusdt_20240809.gz", "ethusdt_20240808.gz", "ethusdt_20240809.gz")


def prints_of(shared_data: Path, file: str) -> int:
    """How many trades a recording holds, as its manifest counts them."""
    section = (shared_data / "MANIFEST.md").read_text().split(f"### `raw_ws/binance_spot/{file}`")[1]
    found = re.search(r"^- count: .*?\btrade ([\d,]+)", section, re.MULTILINE)
    assert found is not None
    return int(found[1].replace(",", ""))


def market(shared_data: Path, symbol: str) -> Records:
    """Both days of a symbol, parsed."""
    parts = []
    for file in FILES:
        if file.startswith(symbol.lower()):
            ticks = parsed(recorded(shared_data / "raw_ws" / "binance_spot" / file), [symbol]).ticks
            assert len(ticks) == prints_of(shared_data, file)
            parts.append(ticks)
    return join(parts)


def test_two_recorded_days_come_back_bit_for_bit_from_both_tiers_and_make_the_same_bars(shared_data: Path, tmp_path: Path) -> None:
    names = ["binance:BTCUSDT", "binance:ETHUSDT"]
    own = [market(shared_data, name.partition(":")[2]) for name in names]
    for n, ticks in enumerate(own):
        ticks["symbol"] = n
    ticks = join(own).take(np.argsort(join(own)["recv"], kind="stable"))
    ticks["seq"] = np.arange(1, len(ticks) + 1)
    path = tmp_path / "tape.db"

    async def write(then_seal: bool) -> None:
        async with await Tape.open(path, Symbols(names)) as tape:
            for part in () if then_seal else np.array_split(ticks, 50):
                tape.append(part, "trade")
            await tape.flush()
            if then_seal:
                await seal(tape, 1 << 62, whole=True)

    seen = []
    for sealed in (False, True):
        asyncio.run(write(sealed))
        assert sum(one.sealed for one in tape_size(path).series) == sealed * len(ticks)
        proof = verify(path, deep=True)
        assert proof.ok(lambda _symbol: True)
        assert [(one.ticks, one.missing, one.listed) for one in proof.series] == [(len(part), 0, 0) for part in own]
        assert_same(join(list(ticks_since(path, 0, symbols=Symbols(names)))), ticks)
        back = [read_ticks(path, name, symbols=Symbols(names)) for name in names]
        for n, found in enumerate(back):
            mine = ticks.compress(ticks["symbol"] == n)
            assert_same(found, mine.take(np.lexsort((mine["id"], mine["ts"]))))
        seen.append([aggregate(found, interval).tobytes() for found in back for interval in (SECOND, MINUTE)])
    assert seen[0] == seen[1]
    size = tape_size(path)
    assert sum(one.chunk_bytes for one in size.series) / len(ticks) < 7.5, "receive times to the nanosecond included"


@pytest.mark.parametrize("interval", [SECOND, 5 * MINUTE])
def test_bars_of_a_recorded_hour_do_not_depend_on_how_it_was_read(shared_data: Path, tmp_path: Path, interval: int) -> None:
    name = "binance:BTCUSDT"
    ticks = market(shared_data, "BTCUSDT")
    ticks["seq"] = np.arange(1, len(ticks) + 1)

    async def write() -> None:
        async with await Tape.open(tmp_path / "tape.db", Symbols([name])) as tape:
            tape.append(ticks[:9000], "trade")
            await tape.flush()
            await seal(tape, 1 << 62)
            tape.append(ticks[9000:], "trade")

    asyncio.run(write())
    assert (
        aggregate(read_ticks(tmp_path / "tape.db", name, symbols=Symbols([name])), interval).tobytes()
        == aggregate(ticks, interval).tobytes()
    )
