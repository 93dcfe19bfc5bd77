"""Bars out of windows of ticks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transfer_rig import START, prints, record

from core.analytics.bars import aggregate
from core.transfer.bars_out import Forming, bars_sheet, whole_bars
from core.transfer.ticks_out import tape_of
from core.types import MINUTE, Records, join


@given(st.lists(st.integers(1, 40), max_size=12), st.sampled_from([0, 5, 60, 1000]))
def test_the_bars_are_the_same_however_the_ticks_come(sizes: list[int], seconds: int) -> None:
    interval = seconds * 1_000_000_000
    ticks = prints(range(100, 300))
    forming = Forming(interval)
    parts: list[Records] = []
    start = 0
    for size in [*sizes, len(ticks)]:
        if start < len(ticks):
            parts.append(forming.take(ticks[start : start + size]))
        start += size
    found = join([*parts, forming.bar], parts[0].dtype)
    wanted = aggregate(ticks, interval)
    for name in ("start", "open", "high", "low", "close", "volume", "buy_volume", "trades"):
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)
    np.testing.assert_allclose(found["vwap"], wanted["vwap"], rtol=1e-14)


def test_only_bars_that_are_whole_lie_between_two_times() -> None:
    assert whole_bars(START + 1, START + 5 * MINUTE - 1, MINUTE) == (START + MINUTE, START + 4 * MINUTE)
    assert whole_bars(START, START + MINUTE, MINUTE) == (START, START + MINUTE)
    assert whole_bars(None, None, MINUTE) == (None, None)
    assert whole_bars(START + 1, None, 0) == (START + 1, None)


@pytest.mark.parametrize("interval", [0, 1_000_000_000, MINUTE, 60 * MINUTE])
async def test_every_tick_of_the_tape_is_in_one_bar(tmp_path: Path, interval: int) -> None:
    await record(tmp_path, prints(range(5000)))
    sheet = bars_sheet(tape_of(tmp_path, "BTCUSDT", None, None), interval)
    names = [column.name for column in sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for part in sheet.rows for row in zip(*map(_list, part.values), strict=True)]
    assert sum(row["trades"] for row in rows) == 5000
    assert all(row["end_ns"] - row["start_ns"] == interval for row in rows)
    assert sorted(row["start_ns"] for row in rows) == [row["start_ns"] for row in rows]


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else values.tolist()
