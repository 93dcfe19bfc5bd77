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
from core.codes import bar_kind
from core.transfer.bars_out import Forming, bars_sheet, span_of
from core.transfer.ticks_out import tape_of
from core.types import MINUTE, Records, join


@given(st.lists(st.integers(1, 40), max_size=12), st.sampled_from(["tick", "5s", "1m", "1h", "tick:7", "volume:0.5", "dollar:10k"]))
def test_the_bars_are_the_same_however_the_ticks_come(sizes: list[int], text: str) -> None:
    kind = bar_kind(text)
    ticks = prints(range(100, 300))
    forming = Forming(kind)
    parts: list[Records] = []
    start = 0
    for size in [*sizes, len(ticks)]:
        if start < len(ticks):
            parts.append(forming.take(ticks[start : start + size]))
        start += size
    found = join([*parts, forming.bar], parts[0].dtype)
    wanted = aggregate(ticks, kind)
    for name in wanted.dtype.names or ():
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_only_bars_that_are_whole_lie_between_two_times() -> None:
    minutes, volumes = bar_kind("1m"), bar_kind("volume:1")
    assert span_of(START + 1, START + 5 * MINUTE - 1, minutes) == (START + MINUTE, START + 4 * MINUTE)
    assert span_of(START, START + MINUTE, minutes) == (START, START + MINUTE)
    assert span_of(None, None, minutes) == (None, None)
    assert span_of(START + 1, None, bar_kind("tick")) == (START + 1, None)
    assert span_of(START + 1, START + 2, volumes) == (START, START + 2)


@pytest.mark.parametrize("text", ["tick", "1s", "1m", "1h", "tick:100", "dollar:50k"])
async def test_every_tick_of_the_tape_is_in_one_bar(tmp_path: Path, text: str) -> None:
    await record(tmp_path, prints(range(5000)))
    sheet = bars_sheet(tape_of(tmp_path, "BTCUSDT", None, None), bar_kind(text))
    names = [column.name for column in sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for part in sheet.rows for row in zip(*map(_list, part.values), strict=True)]
    assert sum(row["trades"] for row in rows) == 5000
    assert all(row["end_ns"] > row["start_ns"] for row in rows)
    assert {(row["quality"], row["interval"]) for row in rows} == {("live", text)}
    assert sorted(row["start_ns"] for row in rows) == [row["start_ns"] for row in rows]


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else values.tolist()
