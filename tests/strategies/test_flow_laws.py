"""Laws of the strategies on flow: any split gives the same bits, mirrored markets want the opposite, and what is not known moves nobody."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from flow_markets import FLOW, START, made
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_runs import definition, opinions

from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.errors import StrategyError
from core.types import TICK, Records
from tests.samples import sample

TERMS = Terms(side="long_short", fee_bps=2)

#: Short windows and low thresholds, so that much happens.
EAGER: dict[str, dict[str, Any]] = {
    "liquidity": {"window": 5, "average": 20, "threshold": 0.2, "calm": 1.5},
    "smart_money": {"quantile": 0.8, "sample": 20, "window": 4, "enter": 0.1, "leave": 0.0},
    "volume": {"recent": 3, "average": 12, "surge": 1.2, "fade": 1.0, "move": 0.0},
    "microstructure": {"window": 5, "average": 20, "threshold": 0.2},
}

OPPOSITE = np.array([0, 2, 1, 3, 4, 5, 6])

ALL = pytest.mark.parametrize("name", FLOW)


@lru_cache
def plan(name: str, interval: str) -> Blueprint:
    """The strategy as a backtest compiles it."""
    strategy = definition(name)
    params = {**EAGER[name], "interval": interval}
    return blueprint(strategy, params, backtest_variant(TERMS, bars=False))


@pytest.mark.parametrize("name", sample(FLOW, "smart_money", "volume"))
@pytest.mark.parametrize("interval", ["1s", "tick"])
@settings(max_examples=15)
@given(seed=st.integers(0, 3), cuts=st.lists(st.integers(1, 799), max_size=12))
def test_any_split_into_batches_gives_the_same_bits(name: str, interval: str, seed: int, cuts: list[int]) -> None:
    ticks = made(seed, 800)
    whole, parts = Instance(plan(name, interval), TERMS), Instance(plan(name, interval), TERMS)
    together = whole.feed(ticks.copy())
    apart = [parts.feed(batch.copy()).tobytes() for batch in np.split(ticks, sorted(set(cuts)))]
    assert together.tobytes() == b"".join(apart)
    assert whole.snapshot() == parts.snapshot()
    assert len(together) > 0


@ALL
@pytest.mark.parametrize("seed", [4, 5])
def test_compiled_and_plain_give_the_same_bits(name: str, seed: int) -> None:
    ticks = made(seed, 1_200)
    fast, plain = (Instance(plan(name, "1s"), TERMS, jit=jit) for jit in (True, False))
    assert fast.feed(ticks.copy()).tobytes() == plain.feed(ticks.copy()).tobytes()
    assert fast.snapshot() == plain.snapshot()


def mirrored(ticks: Records, prices: bool) -> Records:
    """Buyers for sellers; with `prices`, up for down too."""
    other = ticks.copy()
    other["side"] = -ticks["side"]
    if prices:
        for ours, theirs in (("price", "price"), ("bid", "ask"), ("ask", "bid")):
            other[ours] = 8_192.0 - ticks[theirs]
    return other


@ALL
@pytest.mark.parametrize("interval", ["1s", "tick"])
def test_a_mirrored_market_wants_the_opposite_as_surely_and_for_the_opposite_reason(name: str, interval: str) -> None:
    ticks = made(6, 4_000)
    targets, sure, why = opinions(name, ticks, **EAGER[name], interval=interval)
    other = opinions(name, mirrored(ticks, prices=name in ("liquidity", "volume")), **EAGER[name], interval=interval)
    np.testing.assert_array_equal(other[0], -targets)
    np.testing.assert_array_equal(other[1], sure)
    np.testing.assert_array_equal(other[2], OPPOSITE[why])
    assert {-1.0, 0.0, 1.0} <= set(targets)


@ALL
def test_confidence_is_a_share_with_a_reason_in_words(name: str) -> None:
    targets, sure, why = opinions(name, made(7, 4_000), **EAGER[name], interval="1s")
    words = definition(name).module.REASONS
    assert ((sure >= 0) & (sure <= 1)).all()
    assert (sure[targets == 0] == 0).all()
    assert len({*sure}) > 20
    assert ((targets > 0) == (why == 1)).all()
    assert ((targets < 0) == (why == 2)).all()
    assert why.max() < len(words)
    assert all(word == word.lower() and not word.endswith(".") for word in words)


def without(name: str, ticks: Records) -> Records:
    """The same without what the strategy lives on."""
    if name == "liquidity":
        ticks["bid"] = ticks["ask"] = np.nan
    elif name == "volume":
        ticks["qty"] = 0.0
    else:
        ticks["side"] = 0
    return ticks


@ALL
def test_it_is_flat_where_what_it_lives_on_is_not_known(name: str) -> None:
    targets, sure, why = opinions(name, without(name, made(8, 1_500)), **EAGER[name], interval="tick")
    known = ~np.isnan(targets)
    assert known.sum() > 1_000
    assert set(targets[known]) == {0.0}
    assert set(sure) == {0.0}
    assert set(why[known]) == {0 if name == "smart_money" else 4}


@ALL
def test_it_leaves_its_position_once_that_is_no_longer_known(name: str) -> None:
    ticks = made(9, 3_000)
    ticks[1_500:] = without(name, ticks[1_500:].copy())
    targets, _, _ = opinions(name, ticks, **EAGER[name], interval="tick")
    assert (targets[100:1_500] != 0).any()
    assert (targets[1_600:] == 0).all()


@ALL
def test_prints_of_no_size_are_nobodys_trades(name: str) -> None:
    ticks = made(10, 600)
    ticks["qty"] = 0.0
    targets, _, why = opinions(name, ticks, **EAGER[name], interval="tick")
    assert set(targets[~np.isnan(targets)]) == {0.0}
    assert why[-1] == 4


@ALL
def test_a_first_print_alone_and_many_at_once_are_taken(name: str) -> None:
    ticks = made(11, 700)
    ticks["ts"] = START
    whole, alone = Instance(plan(name, "1s"), TERMS), Instance(plan(name, "1s"), TERMS)
    assert not len(alone.feed(ticks[:1].copy()))
    assert not len(whole.feed(ticks.copy())), "one moment closes no bar"
    assert np.isfinite(whole.state.view(np.ndarray)["confidence"]).all()


@ALL
def test_quotes_that_cross_or_are_nothing_are_unknown(name: str) -> None:
    ticks = made(12, 2_000)
    odd = ticks.copy()
    rows = np.arange(0, 2_000, 7)
    ticks["bid"][rows] = ticks["ask"][rows] = np.nan
    odd["bid"][rows], odd["ask"][rows] = np.where(rows % 2, 0.0, 5_000.0), 4_000.0
    ours, theirs = (opinions(name, one, **EAGER[name], interval="tick") for one in (ticks, odd))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_who_took_is_nothing_to_the_volume() -> None:
    ticks = made(13, 2_000)
    blind = ticks.copy()
    blind["side"], blind["bid"], blind["ask"] = 0, np.nan, np.nan
    for a, b in zip(opinions("volume", ticks, interval="1s"), opinions("volume", blind, interval="1s"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_alike_prints_are_none_of_them_large() -> None:
    ticks = np.zeros(500, TICK)
    ticks["ts"], ticks["price"], ticks["qty"], ticks["side"] = START + np.arange(500), 100.0, 3.0, 1
    targets, _, why = opinions("smart_money", ticks, **EAGER["smart_money"], interval="tick")
    assert set(targets[~np.isnan(targets)]) == {0.0}
    assert set(why) == {0}


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("liquidity", {"window": 300}, "window (300) must be less than average (300)"),
        ("microstructure", {"average": 20}, "window (30) must be less than average (20)"),
        ("smart_money", {"leave": 0.2}, "leave (0.2) must be less than enter (0.2)"),
        ("smart_money", {"quantile": 1.0}, "quantile=1.0 is not allowed"),
        ("volume", {"fade": 2.0}, "fade (2) must be less than surge (2)"),
        ("volume", {"surge": 1.0}, "surge=1.0 is not allowed"),
        ("microstructure", {"threshold": 0}, "threshold=0 is not allowed"),
        ("liquidity", {"calm": "nan"}, "calm='nan' is not allowed"),
    ],
)
def test_values_that_cannot_be_are_refused(name: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(StrategyError, match=re.escape(words)):
        definition(name).params(values)
