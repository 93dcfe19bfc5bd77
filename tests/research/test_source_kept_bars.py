"""Bars in the cache of parsed rows come back bit for bit, whatever numbers they hold, and regular ones take little room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.errors import StoreError
from core.research.source_kept_bars import PART, pack_bars, unpack_bars
from core.types import BAR, MINUTE, Records

_PRICES = st.integers(1, 10**9).map(lambda n: n / 100) | st.sampled_from([0.0, -0.0, np.nan, np.inf, 1e-300, 1e300, 1 / 3])


def made(columns: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]) -> Records:
    rows = np.zeros(len(columns["price"]), BAR)
    for name, values in columns.items():
        rows[name] = values
    return rows


def back(rows: Records) -> Records:
    out = np.full(len(rows), 7, "i1").repeat(BAR.itemsize).view(BAR)  # what was there before must not shine through
    unpack_bars(pack_bars(rows), out)
    return out


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data(), st.integers(1, 40))
def test_any_bars_come_back_bit_for_bit(data: st.DataObject, count: int) -> None:
    columns = {name: data.draw(hnp.arrays("f8", count, elements=_PRICES)) for name in ("price", "open", "high", "low", "qty", "bid", "ask")}
    whole = hnp.arrays("i8", count, elements=st.integers(-(2**63), 2**63 - 1)) | st.integers(0, 9).map(lambda n: np.arange(count) * n)
    columns |= {name: data.draw(whole) for name in ("ts", "start", "id", "recv", "seq")}
    columns |= {name: data.draw(hnp.arrays("i1", count)) for name in ("side", "origin")}
    rows = made(columns)
    assert back(rows).tobytes() == rows.tobytes()


def test_regular_bars_take_a_fifth_of_their_room() -> None:
    rng = np.random.default_rng(3)
    start = np.arange(PART) * MINUTE
    close = np.round(60_000 + np.cumsum(rng.normal(0, 5, PART)), 2)
    spread = np.full(PART, np.nan)
    times = {"ts": start + MINUTE, "start": start, "id": start // MINUTE, "bid": spread, "ask": spread}
    rows = made({**times, "price": close, "open": close, "high": close + 1, "low": close - 1, "qty": np.round(rng.exponential(3, PART), 3)})
    assert back(rows).tobytes() == rows.tobytes()
    assert len(pack_bars(rows)) < rows.nbytes / 5


def test_a_part_of_another_length_than_was_written_down_is_damaged() -> None:
    rows = made({"price": np.arange(1.0, 9.0)})
    with pytest.raises(StoreError, match="damaged"):
        unpack_bars(pack_bars(rows), np.empty(7, BAR))
