"""What a replay holds of a recording does not grow with the number of its symbols, nor with its length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.replay import recording
from core.replay.recording import open_recording
from core.store.tape import Tape
from core.types import SECOND, TICK, Symbols, join

START = 1_723_161_600 * SECOND
EACH = 2000


def names(count: int) -> list[str]:
    return [f"binance:S{number}USDT" for number in range(count)]


async def write(home: Path, symbols: int) -> None:
    """A print of each symbol every five seconds."""
    ticks = np.zeros(symbols * EACH, TICK)
    number = np.arange(len(ticks))
    ticks["symbol"], ticks["id"], ticks["seq"] = number % symbols, 1 + number // symbols, 1 + number
    ticks["ts"] = START + number // symbols * 5 * SECOND + number % symbols
    ticks["price"], ticks["qty"], ticks["bid"], ticks["ask"] = 100.0, 1.0, np.nan, np.nan
    async with await Tape.open(home / "tape.db", Symbols(names(symbols))) as tape:
        tape.append(ticks, "aggTrade")
        await tape.flush()


@pytest.mark.parametrize("symbols", [1, 2, 5])
async def test_a_batch_is_of_one_size_however_many_symbols_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, symbols: int) -> None:
    monkeypatch.setattr(recording, "PIECE", 600)
    await write(tmp_path, symbols)
    batches = list(open_recording(["tape:*"], tmp_path).batches(Symbols(), {}))
    assert max(map(len, batches)) <= 600
    played = join(batches)
    assert len(played) == symbols * EACH
    assert (np.diff(played["ts"]) > 0).all()
