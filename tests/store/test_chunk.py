"""A sealed chunk gives back every bit of every tick, whatever is in it, and refuses bytes that are not its own."""

from __future__ import annotations

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from store_ticks import ticks_of

from core.errors import StoreError
from core.store import chunk
from core.store.chunk import CHUNK_TICKS, pack, same, unpack
from core.types import TICK, Origin, Records

WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)
NUMBER = st.floats(allow_nan=True, allow_infinity=True, width=64)
TIDY = st.integers(1, 10**12).map(lambda units: units / 1e4)


def of_columns(columns: dict[str, list[float]], count: int) -> Records:
    ticks = np.zeros(count, TICK)
    for name, values in columns.items():
        ticks[name] = values[:count]
    return ticks


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data(), count=st.integers(1, 40))
def test_any_ticks_come_back_bit_for_bit(data: st.DataObject, count: int) -> None:
    number = data.draw(st.sampled_from([NUMBER, TIDY, st.one_of(TIDY, st.just(float("nan")))]))
    columns = {name: data.draw(hnp.arrays("i8", count, elements=WHOLE)) for name in ("ts", "recv", "seq", "id")}
    columns |= {name: data.draw(hnp.arrays("f8", count, elements=number)) for name in ("price", "qty", "bid", "ask")}
    columns["side"] = data.draw(hnp.arrays("i1", count, elements=st.integers(-1, 1)))
    columns["origin"] = data.draw(hnp.arrays("i1", count, elements=st.sampled_from(list(map(int, Origin)))))
    ticks = of_columns(columns, count)
    assert same(unpack(pack(ticks)), ticks)


@pytest.mark.parametrize("count", [1, 2, 17, CHUNK_TICKS])
def test_a_market_comes_back_whole_and_small(count: int) -> None:
    ticks = ticks_of(4 * count + 20).copy()
    ticks = ticks[ticks["symbol"] == 0][:count]
    data = pack(ticks)
    assert same(unpack(data), ticks)
    if count == CHUNK_TICKS:
        assert len(data) < 16 * count, "random times and quantities to the nanosecond take 14 bytes or so"


def test_regular_ticks_take_next_to_nothing() -> None:
    ticks = np.zeros(CHUNK_TICKS, TICK)
    ticks["id"] = ticks["seq"] = np.arange(CHUNK_TICKS)
    ticks["ts"] = 1_700_000_000_000_000_000 + np.arange(CHUNK_TICKS) * 1_000_000
    ticks["recv"] = ticks["ts"] + 5_000_000
    ticks["price"], ticks["qty"], ticks["bid"], ticks["ask"] = 0.1, 0.3, 0.1, 0.2
    assert len(pack(ticks)) < 400


def test_every_damaged_byte_is_noticed() -> None:
    ticks = ticks_of(200)
    data = pack(ticks)
    for at in range(len(data)):
        torn = bytearray(data)
        torn[at] ^= 0x10
        try:
            found = unpack(bytes(torn))
        except StoreError:
            continue
        assert same(found, ticks), f"byte {at} was changed and nobody noticed"
    with pytest.raises(StoreError, match="damaged"):
        unpack(data[:-9])
    with pytest.raises(StoreError, match="damaged"):
        unpack(b"")


@pytest.mark.parametrize("head", [(0, 0, 0, 0), (CHUNK_TICKS + 1, 0, 0, 0), (1 << 31, 0, 0, 0)])
def test_a_chunk_of_more_ticks_than_there_can_be_is_refused_before_room_is_made_for_them(head: tuple[int, int, int, int]) -> None:
    plain = chunk._HEAD.pack(*head) + 9 * chunk._COLUMN.pack(0, 1, 0, 0)
    with pytest.raises(StoreError, match=f"damaged: {head[0]} ticks"):
        unpack(zstandard.compress(plain))


@pytest.mark.parametrize(("width", "said"), [(9, "9 bytes a value"), (8, "232 bytes of 240")])
def test_columns_that_do_not_fit_the_bytes_are_refused(width: int, said: str) -> None:
    plain = chunk._HEAD.pack(1, 0, 0, 0) + 8 * chunk._COLUMN.pack(0, 1, 0, 0) + chunk._COLUMN.pack(width, 1, 0, 0)
    with pytest.raises(StoreError, match=f"damaged: {said}"):
        unpack(zstandard.compress(plain), lambda *_: pytest.fail("nothing was to be laid out"))
