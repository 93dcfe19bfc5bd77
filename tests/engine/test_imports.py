"""An engine on a tape that holds imported prints: an old import is history and no outage, a fresh one is gone on from."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from engine_rig import exchange_of, running, until, write_recording

from core.home import make_home
from core.store.arrivals import NOT_IMPORTED
from core.store.tape import Tape
from core.store.verify import verify
from core.types import DAY, TICK, Origin, Symbols

COUNT = 300


async def import_prints(home: Path, ids: range, ns: int) -> None:
    ticks = np.zeros(len(ids), TICK)
    ticks["id"] = ids
    ticks["ts"] = ticks["recv"] = ns + np.arange(len(ids))
    ticks["price"] = ticks["qty"] = 1.0
    ticks["origin"] = Origin.IMPORT
    make_home(home)
    async with await Tape.open(home / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(ticks, "trade")


async def gaps_after_playing(home: Path, recording: Path) -> list[tuple[int, int, str, str]]:
    async with exchange_of(recording) as exchange, running(home, exchange, ("BTCUSDT",)) as rig:
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: rig.engine.last_seq >= COUNT, "all prints released")
    proof = verify(home / "tape.db")
    assert proof.ok(lambda _symbol: True)
    return [(gap.from_id, gap.to_id, gap.state, gap.cause) for gap in proof.gaps]


async def test_what_lies_between_an_old_import_and_today_is_listed_and_not_fetched(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), COUNT, first_id=1000)
    await import_prints(tmp_path / "home", range(100, 200), time.time_ns() - 400 * DAY)
    assert await gaps_after_playing(tmp_path / "home", recording) == [(200, 999, "lost", NOT_IMPORTED)]


async def test_an_import_of_yesterday_is_gone_on_from_like_a_recording(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), COUNT, first_id=1000)
    await import_prints(tmp_path / "home", range(900, 990), time.time_ns() - DAY)
    ((first, last, _, cause),) = await gaps_after_playing(tmp_path / "home", recording)
    assert (first, last) == (990, 999)
    assert cause != NOT_IMPORTED
