"""What machine code makes of a sealed chunk is, bit for bit, what is made of it column by column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.compile import laying
from core.kernels.columns import lay_out
from core.store.chunk import CHUNK_TICKS, LayOut, pack, unpack
from core.types import TICK, Origin, Records

WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)
NEAR = st.one_of(st.integers(-3, 70_000), WHOLE)
NUMBER = st.one_of(st.integers(-(10**9), 10**12).map(lambda units: units / 1e4), st.just(float("nan")))


@pytest.fixture(scope="module")
def lay() -> LayOut:
    found = laying.fast_lay_out(laying.WORTH)
    assert found is not None
    return found


def by_python(plain: bytes, columns: Records, scale: float, qty_scale: float, ticks: Records) -> None:
    with np.errstate(over="ignore"):
        lay_out(np.frombuffer(plain, "u1"), columns.view(np.recarray), scale, qty_scale, ticks.view(np.recarray), len(ticks))


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    count = draw(st.integers(1, 40))
    ticks = np.zeros(count, TICK)
    for name in ("ts", "recv", "seq", "id"):
        ticks[name] = draw(hnp.arrays("i8", count, elements=draw(st.sampled_from([NEAR, WHOLE]))))
    for name in ("price", "qty", "bid", "ask"):
        ticks[name] = np.nan_to_num(draw(hnp.arrays("f8", count, elements=NUMBER)), nan=np.nan if name in ("bid", "ask") else 1.5)
    ticks["side"] = draw(hnp.arrays("i1", count, elements=st.integers(-1, 1)))
    ticks["origin"] = draw(hnp.arrays("i1", count, elements=st.sampled_from(list(map(int, Origin)))))
    return pack(ticks)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=chunks())
def test_any_chunk_is_laid_out_the_same(lay: LayOut, data: bytes) -> None:
    expected = unpack(data).tobytes()
    ways: list[Callable[..., None]] = [lay, by_python]
    assert [unpack(data, way).tobytes() for way in ways] == [expected, expected]


def test_a_full_chunk_is_laid_out_the_same(lay: LayOut) -> None:
    chance = np.random.default_rng(5)
    ticks = np.zeros(CHUNK_TICKS, TICK)
    ticks["id"] = ticks["seq"] = np.arange(CHUNK_TICKS) + 10**9
    ticks["ts"] = np.cumsum(chance.integers(0, 10**9, CHUNK_TICKS))
    ticks["recv"] = ticks["ts"] + chance.integers(10**6, 10**8, CHUNK_TICKS)
    ticks["price"] = ticks["bid"] = (5_000_000 + np.cumsum(chance.integers(-5, 6, CHUNK_TICKS))) / 100
    ticks["qty"], ticks["ask"] = chance.integers(1, 10**7, CHUNK_TICKS) / 1000, ticks["bid"] + 0.01
    ticks["side"] = chance.choice([-1, 1], CHUNK_TICKS)
    data = pack(ticks)
    assert unpack(data, lay).tobytes() == unpack(data).tobytes() == ticks.tobytes()


def test_what_is_not_worth_compiling_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laying, "ready", lambda text: False)
    monkeypatch.setattr(laying, "_loaded", lambda: pytest.fail("compiled"))
    assert laying.fast_lay_out(laying.WORTH - 1) is None
