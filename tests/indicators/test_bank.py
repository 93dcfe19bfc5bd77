"""The bank: the same bits in any batches, compiled or plain, alone or among others, before and after a snapshot."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_rig import FOUND, SYMBOL, bars_of, indicator, over, same_bits, ticks_of, walk

from core.errors import StoreError, StrategyError, UsageError
from core.indicators.bank import Bank
from core.indicators.definition import load
from core.types import TICK, Records, Symbols

NAMES = [f"binance:S{number}" for number in range(4)]

#: Variants of the laws: several of one indicator, on ticks and on bars, with windows and without.
MIX: dict[str, tuple[str, dict[str, Any]]] = {
    "slow": ("sma", {"period": 7, "interval": "10s"}),
    "quick": ("sma", {"period": 2, "interval": "1s"}),
    "each": ("sma", {"period": 3, "interval": "tick"}),
    "window": ("price_window", {"from_s": 6, "to_s": 2, "resolution_s": 0.5}),
    "long": ("price_window", {"from_s": 60}),
    "held": ("twpa", {"window_s": 20}),
    "index": ("rsi", {"period": 5, "interval": "5s"}),
}


def bank_of(*, jit: bool, mix: dict[str, tuple[str, dict[str, Any]]] = MIX) -> Bank:
    bank = Bank(Symbols(list(NAMES)), jit=jit)
    for place, (name, (kind, values)) in enumerate(mix.items()):
        bank.add(name, indicator(kind), values, NAMES[place % 2 :])  # not all follow the first symbol
    return bank


def now(bank: Bank) -> np.ndarray[Any, Any]:
    """All values of all variants."""
    rows = []
    for name in bank.names:
        for symbol in NAMES:
            try:
                rows.append(bank.values(name, symbol))
            except UsageError:
                continue
    return np.concatenate(rows)


@pytest.mark.parametrize("name", sorted(FOUND.indicators))
def test_every_indicator_gives_the_same_bits_compiled_and_plain(name: str) -> None:
    ticks = walk(1_500, seed=11)
    whole = over(name, ticks)
    same_bits(whole, over(name, ticks, jit=False))
    bank = Bank(Symbols([SYMBOL]))
    bank.add("it", indicator(name), {}, [SYMBOL])
    parts = [bank.series("it", SYMBOL, ticks[begin:end]) for begin, end in pairwise([0, 1, 400, 401, 1_500])]
    same_bits(np.concatenate(parts), whole)


@pytest.mark.parametrize("name", sorted(FOUND.indicators))
def test_every_indicator_takes_bars_too(name: str) -> None:
    rng = np.random.default_rng(2)
    close = 100 + np.cumsum(rng.normal(0, 0.1, 60))
    bars = bars_of({"high": close + 0.1, "low": close - 0.1, "close": close, "volume": rng.exponential(1.0, 60)})
    lines = over(name, bars, jit=False)
    quoted = name in ("quotes", "spread")  # bars have no quotes
    taken = name == "flow_imbalance"  # and nobody knows who took
    assert np.isnan(lines[-1, 0]) == (quoted or taken)


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, 400), max_size=12), seed=st.integers(0, 3))
def test_the_same_bits_in_any_batches(cuts: list[int], seed: int) -> None:
    ticks = walk(400, seed=seed, symbols=4)
    whole, parts = bank_of(jit=True), bank_of(jit=True)
    whole.take(ticks)
    edges = [0, *sorted(cuts), len(ticks)]
    for begin, end in pairwise(edges):
        parts.take(ticks[begin:end])
    same_bits(now(parts), now(whole))


def test_a_bank_in_plain_python_is_the_reference_of_the_compiled_one() -> None:
    ticks = walk(2_000, seed=3, symbols=4)
    ours, reference = bank_of(jit=True), bank_of(jit=False)
    ours.take(ticks)
    reference.take(ticks)
    same_bits(now(ours), now(reference))
    assert not np.isnan(now(ours)).all()


@settings(max_examples=10)
@given(cut=st.integers(0, 600))
def test_a_bank_goes_on_from_its_snapshot_as_if_it_had_never_stopped(cut: int) -> None:
    ticks = walk(600, seed=9, symbols=4)
    whole, first, second = bank_of(jit=True), bank_of(jit=True), bank_of(jit=True)
    whole.take(ticks)
    first.take(ticks[:cut])
    assert second.restore(first.snapshot()) == []
    same_bits(now(second), now(first))
    second.take(ticks[cut:])
    same_bits(now(second), now(whole))


def test_a_snapshot_is_taken_up_by_another_process_whose_symbols_have_other_numbers() -> None:
    ticks = walk(500, seed=2, symbols=4)
    first = bank_of(jit=True)
    first.take(ticks)
    second = Bank(Symbols(NAMES[::-1]))
    for place, (name, (kind, values)) in enumerate(MIX.items()):
        second.add(name, indicator(kind), values, NAMES[place % 2 :])
    assert second.restore(first.snapshot()) == []
    same_bits(now(second), now(first))


def test_what_has_changed_since_a_snapshot_begins_anew_and_is_named() -> None:
    ticks = walk(500, seed=2, symbols=4)
    first = bank_of(jit=True)
    first.take(ticks)
    second = Bank(Symbols(list(NAMES)))
    second.add("quick", indicator("sma"), {"period": 3, "interval": "1s"}, [NAMES[1]])
    second.add("held", indicator("twpa"), {"window_s": 20}, [NAMES[2]])
    second.add("new", indicator("price"), {}, [NAMES[2]])
    assert second.restore(first.snapshot()) == [("quick", NAMES[1]), ("new", NAMES[2])]
    same_bits(second.values("held", NAMES[2]), first.values("held", NAMES[2]))
    assert np.isnan(second.values("quick", NAMES[1])).all()


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    bank = bank_of(jit=False)
    for data in (b"", b"nonsense", b"\x93\x01"):
        with pytest.raises(StoreError, match="no snapshot of indicators"):
            bank.restore(data)


def test_what_one_variant_gives_does_not_depend_on_the_others() -> None:
    ticks = walk(1_000, seed=4, symbols=4)
    many = bank_of(jit=True)
    many.take(ticks)
    alone = Bank(Symbols(list(NAMES)))
    alone.add("it", indicator("price_window"), MIX["window"][1], [NAMES[3]])
    alone.take(ticks)
    same_bits(alone.values("it", NAMES[3]), many.values("window", NAMES[3]))


def test_variants_come_and_go_while_the_others_go_on() -> None:
    ticks = walk(900, seed=6, symbols=4)
    steady, changing = bank_of(jit=True), bank_of(jit=True)
    steady.take(ticks)
    changing.take(ticks[:300])
    changing.remove("quick")
    changing.remove("window", [NAMES[1]])
    for number in range(20):
        changing.add(f"late {number}", indicator("sma"), {"period": 50 + number}, NAMES)
    changing.take(ticks[300:600])
    changing.remove("late 3")
    changing.add("again", indicator("sma"), {"period": 2, "interval": "1s"}, [NAMES[2]])
    assert np.isnan(changing.values("again", NAMES[2])).all()
    changing.take(ticks[600:])
    for name in ("slow", "each", "long", "index"):
        same_bits(changing.values(name, NAMES[3]), steady.values(name, NAMES[3]))
    fresh = Bank(Symbols(list(NAMES)))
    fresh.add("again", indicator("sma"), {"period": 2, "interval": "1s"}, [NAMES[2]])
    fresh.take(ticks[600:])
    same_bits(changing.values("again", NAMES[2]), fresh.values("again", NAMES[2]))


def test_a_name_stands_for_one_variant_and_only_for_what_it_follows() -> None:
    bank = bank_of(jit=False)
    with pytest.raises(UsageError, match="another variant called slow"):
        bank.add("slow", indicator("sma"), {"period": 8}, [NAMES[0]])
    with pytest.raises(UsageError, match="index does not follow binance:NONE"):
        bank.values("index", "binance:NONE")
    with pytest.raises(UsageError, match="no variant 'nobody'"):
        bank.remove("nobody")
    with pytest.raises(StrategyError, match="sma has no parameter 'perod'"):
        bank.add("more", indicator("sma"), {"perod": 8}, [NAMES[0]])
    assert "more" not in bank.names


def test_ticks_of_symbols_that_nobody_follows_are_passed_over() -> None:
    bank = Bank(Symbols(list(NAMES)))
    bank.add("it", indicator("price"), {}, [NAMES[1]])
    bank.take(ticks_of([0, 1, 2, 3], [10, 20, 30, 40], symbol=[0, 1, 3, 900]))
    assert bank.values("it", NAMES[1]).tolist() == [20.0]


def test_nothing_is_known_of_no_ticks_and_little_of_one() -> None:
    bank = bank_of(jit=True)
    bank.take(np.empty(0, TICK))
    assert np.isnan(now(bank)).all()
    for name in FOUND.indicators:
        assert over(name, np.empty(0, TICK)).shape[0] == 0
        assert over(name, walk(1)).shape[0] == 1
    assert over("price", walk(1))[0, 0] == walk(1)["price"][0]


def test_quotes_that_are_not_known_are_not_made_up() -> None:
    nan = np.nan
    ticks = ticks_of([0, 1, 2], [10, 10, 10], bid=[9.0, nan, 9.5], ask=[11.0, nan, nan])
    spread, quotes = over("spread", ticks)[:, 0], over("quotes", ticks)
    assert spread[0] == pytest.approx(20.0)
    assert np.isnan(spread[1:]).all()
    assert quotes[0].tolist() == [9.0, 11.0, 10.0]
    assert np.isnan(quotes[1]).all()


def test_prints_without_a_quantity_are_no_volume() -> None:
    ticks = ticks_of(np.arange(400), np.full(400, 10.0), 0.0)
    for name in ("vwap", "rolling_vwap", "flow_imbalance", "volume_surge", "liquidity"):
        assert np.isnan(over(name, ticks)[:, 0]).all(), name


STEP = """
def step(s, mem, p, tick, out):
    if tick.price > 100.0:
        raise ValueError("too dear")
    out[0] = tick.price
"""

FILE = '''"""Raises."""
import numpy as np
from msgspec import Struct

LINES = (("it", "price", "main"),)
STATE = np.dtype([("n", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    pass

'''


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_indicator_that_raises_is_named_and_stops_no_other(tmp_path: Path, jit: bool) -> None:
    path = tmp_path / "dear.py"
    path.write_text(FILE + STEP)
    bank = Bank(Symbols([SYMBOL]), jit=jit)
    bank.add("mine", load(path), {}, [SYMBOL])
    bank.add("other", indicator("price"), {}, [SYMBOL])
    bank.take(ticks_of([0], [99.0]))
    assert bank.values("mine", SYMBOL).tolist() == [99.0]
    bank.take(ticks_of([1, 2], [101.0, 102.0]))
    bank.take(ticks_of([3], [98.0]))
    assert bank.failed["dear"].startswith("dear failed: ")
    assert np.isnan(bank.values("mine", SYMBOL)).all()
    assert bank.values("other", SYMBOL).tolist() == [98.0]


def test_a_batch_of_another_kind_is_refused(walked: Records) -> None:
    bank = Bank(Symbols([SYMBOL]), bars=True)
    with pytest.raises(TypeError, match="a bank of bars takes"):
        bank.take(walked)


@pytest.fixture
def walked() -> Records:
    return walk(10)
