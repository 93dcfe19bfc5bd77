"""The pairs strategy measures as `core.analytics.pairs` does, and trades by its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from strategy_runs import definition

from core.analytics.pairs.figures import How, measure
from core.commands import Terms
from core.compile.blueprint import backtest_variant, blueprint
from core.compile.instance import Instance
from core.errors import StrategyError
from core.types import BAR, MINUTE, TICK, Records

START = 28_000_000 * MINUTE


def instance(terms: Terms | None = None, *, bars: bool = True, jit: bool = False, **params: Any) -> Instance:
    """The strategy on symbols 0 and 1."""
    terms = terms or Terms(side="long_short", fee_bps=0.0)
    told = Instance(blueprint(definition("pairs"), params, backtest_variant(terms, bars=bars, legs=2)), terms, jit=jit)
    told.trade({0: 0, 1: 1})
    return told


def bars_of(a: Any, b: Any) -> Records:
    """A minute's bar of each leg at a time, leg A first; NaN: no bar."""
    rows = np.zeros(2 * len(a), BAR)
    rows["start"] = START + np.repeat(np.arange(len(a)), 2) * MINUTE
    rows["ts"] = rows["start"] + MINUTE
    rows["symbol"] = np.tile([0, 1], len(a))
    for name in ("open", "high", "low", "price"):
        rows[name] = np.ravel(np.column_stack([a, b]))
    rows["qty"], rows["bid"], rows["ask"], rows["seq"] = 1.0, np.nan, np.nan, np.arange(1, len(rows) + 1)
    return rows[~np.isnan(rows["price"])]


def market(seed: int, count: int, *, noise: float = 2e-3) -> tuple[Any, Any]:
    """Closes of two legs whose spread comes back."""
    rng = np.random.default_rng(seed)
    x = np.log(3_000.0) + np.cumsum(rng.normal(0, 1e-3, count))
    spread = np.zeros(count)
    for i in range(1, count):
        spread[i] = 0.9 * spread[i - 1] + rng.normal(0, noise)
    return np.exp(2.0 + 0.8 * x + spread), np.exp(x)


def watching(told: Instance, rows: Records) -> Iterator[dict[str, float]]:
    """What it wanted and measured at each row, right after it."""
    module, params = definition("pairs").module, definition("pairs").params(told.plan.values)
    for i in range(len(rows)):
        told.feed(rows[i : i + 1])
        values = module.indicators(told.state[0], told.mem, params, told.mem)
        yield {"a_target": float(told.wanted[0]), "b_target": float(told.wanted[1]), **values}


def watched(told: Instance, rows: Records) -> list[dict[str, float]]:
    """The same at all rows."""
    return list(watching(told, rows))


@pytest.mark.parametrize("method", ["ols", "kalman"])
@pytest.mark.parametrize("noise", [2e-3, 1e-6], ids=["a pair", "legs that move as one"])
def test_hedge_ratio_and_z_are_those_of_the_analysis_at_every_bar(method: Any, noise: float) -> None:
    window = 30
    bars = window + (20 if method == "kalman" else 0)
    a, b = market(1, 400, noise=noise)
    told = instance(jit=True, window=window, method=method)
    seen = watched(told, bars_of(a, b))[1::2]
    assert all(np.isnan(one["a_target"]) for one in seen[: bars - 1])
    for i in range(bars - 1, len(a)):
        known = measure(a[i + 1 - bars : i + 1], b[i + 1 - bars : i + 1], How(window=window, method=method))
        assert seen[i]["hedge_ratio"] == pytest.approx(known.hedge_ratio[method], rel=1e-9)
        assert seen[i]["zscore"] == pytest.approx(known.zscore, rel=1e-9 if noise > 1e-5 else 1e-6, abs=1e-9)
        assert not np.isnan(seen[i]["a_target"])


def test_a_leg_that_does_not_move_gives_no_hedge_ratio_and_no_position() -> None:
    a, _ = market(2, 60)
    for method in ("ols", "kalman"):
        last = watched(instance(window=10, method=method), bars_of(a, np.full(60, 10.0)))[-1]
        assert (last["no_hedge"], last["no_zscore"], last["a_target"], last["b_target"]) == (1.0, 1.0, 0.0, 0.0)


def test_legs_that_move_against_each_other_are_not_traded() -> None:
    rng = np.random.default_rng(3)
    b = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, 400)))
    a = 5_000.0 / b * np.exp(rng.normal(0, 1e-5, 400))
    seen = watched(instance(window=20), bars_of(a, b))[41::2]
    assert all(one["hedge_ratio"] < 0 and one["no_hedge"] == 1.0 for one in seen)
    assert {(one["a_target"], one["b_target"]) for one in seen} == {(0.0, 0.0)}
    assert max(abs(one["zscore"]) for one in seen) > 2


@pytest.mark.parametrize("stop", [2.5, 0.0])
def test_it_trades_the_distance_and_waits_after_a_stop(stop: float) -> None:
    a, b = market(4, 3_000)
    seen = watched(instance(window=40, stop_z=stop, jit=True), bars_of(a, b))[1::2]
    side, waits, changes = 0.0, False, 0
    for one in seen[39:]:
        z = one["zscore"]
        if stop and abs(z) > stop:
            waits = True
        elif abs(z) < 0.5:
            waits = False
        wanted = -np.sign(z) if abs(z) > 2 else side if -side * z >= 0.5 else 0.0
        wanted = 0.0 if waits or not one["hedge_ratio"] > 0 else wanted
        changes += wanted != side
        side = wanted
        assert one["a_target"] == side
        assert np.sign(one["b_target"]) == -side
        assert one["stopped"] == waits
    assert changes > 20


@pytest.mark.parametrize("money", [False, True], ids=["units", "money"])
def test_the_values_of_the_legs_are_as_the_hedge_ratio_to_one(money: bool) -> None:
    a, b = market(5, 1_000)
    terms = Terms(side="long_short", size="quote", qty=5_000.0) if money else Terms(side="long_short", qty=3.0)
    told = instance(terms, window=40)
    side, entries = 0.0, 0
    for i, one in enumerate(watching(told, bars_of(a, b))):
        if one["a_target"] != one["a_target"]:
            continue
        if one["a_target"] not in (0.0, side):
            first, second = (abs(float(book.aim)) * price for book, price in zip(told.books, (a[i // 2], b[i // 2]), strict=True))
            assert second / first == pytest.approx(one["hedge_ratio"], rel=1e-12)
            assert first == pytest.approx(5_000.0 if money else 3.0 * a[i // 2], rel=1e-12)
            entries += 1
        side = one["a_target"]
    assert entries > 5


def test_the_ratio_of_the_entry_is_kept_as_long_as_the_position_is() -> None:
    a, b = market(6, 1_000)
    seen = watched(instance(window=40, jit=True), bars_of(a, b))[1::2]
    pairs = [(one, next_) for one, next_ in pairwise(seen) if one["a_target"] == next_["a_target"] != 0.0]
    assert any(one["hedge_ratio"] != next_["hedge_ratio"] for one, next_ in pairs)
    assert all(one["b_target"] == next_["b_target"] for one, next_ in pairs)


def test_a_bar_that_only_one_leg_has_is_passed_over() -> None:
    a, b = market(7, 200)
    missing = np.zeros(200, np.bool_)
    missing[5:200:3] = True
    seen = watched(instance(window=20), bars_of(a, np.where(missing, np.nan, b)))
    there = watched(instance(window=20), bars_of(a[~missing], b[~missing]))
    figures = [(one["hedge_ratio"], one["zscore"]) for one in seen if one["a_target"] == one["a_target"]]
    assert figures == [(one["hedge_ratio"], one["zscore"]) for one in there if one["a_target"] == one["a_target"]]


def prints_of(*legs: tuple[int, list[tuple[float, float]]]) -> Records:
    """Prints of (minute, price) of several symbols, by time."""
    rows = sorted((minute, symbol, price) for symbol, prints in legs for minute, price in prints)
    ticks = np.zeros(len(rows), TICK)
    ticks["ts"] = [START + round(minute * MINUTE) for minute, _, _ in rows]
    ticks["symbol"] = [symbol for _, symbol, _ in rows]
    ticks["price"] = [price for _, _, price in rows]
    ticks["qty"], ticks["bid"], ticks["ask"], ticks["seq"] = 1.0, np.nan, np.nan, np.arange(1, len(rows) + 1)
    return ticks


def in_a_position() -> tuple[Any, Any]:
    """Closes after which it is long the spread."""
    a, b = market(8, 30, noise=1e-4)
    a[-1] *= 0.999
    return a, b


def test_a_leg_that_stops_trading_ends_the_position_and_opens_none() -> None:
    a, b = in_a_position()
    minutes = np.arange(30) + 0.5
    going_on = [(30.5 + k, float(a[-1])) for k in range(6)]
    rows = prints_of(
        (0, [*zip(minutes, a.tolist(), strict=True), *going_on]), (1, [*zip(minutes, b.tolist(), strict=True), (30.6, float(b[-1]))])
    )
    seen = watched(instance(bars=False, window=20, stop_z=0), rows)
    at = {round((int(row["ts"]) - START) / MINUTE, 1): one for row, one in zip(rows, seen, strict=True)}
    assert at[30.6]["a_target"] == 1.0
    assert [at[minute]["alone"] for minute in (31.5, 32.5, 33.5)] == [0.0, 0.0, 1.0]
    assert (at[33.5]["a_target"], at[33.5]["b_target"]) == (0.0, 0.0)
    assert all(np.isnan(at[minute]["a_target"]) for minute in (31.5, 32.5, 34.5, 35.5))


def test_a_bar_that_is_closed_too_late_opens_nothing() -> None:
    a, b = in_a_position()
    minutes = np.arange(30) + 0.5
    for delay, side in ((0.2, 1.0), (1.8, 0.0)):
        later = [(30.5 + delay, float(b[-1]))]
        rows = prints_of(
            (0, [*zip(minutes, a.tolist(), strict=True), (30.6, float(a[-1]))]), (1, [*zip(minutes, b.tolist(), strict=True), *later])
        )
        last = [one for one in watched(instance(bars=False, window=20, stop_z=0), rows) if one["a_target"] == one["a_target"]][-1]
        assert (last["a_target"], last["late"]) == (side, float(side == 0.0))


def test_prints_and_their_bars_are_measured_alike() -> None:
    a, b = market(9, 100)
    minutes = np.arange(100) + 0.5
    rows = prints_of((0, list(zip(minutes, a.tolist(), strict=True))), (1, list(zip(minutes, b.tolist(), strict=True))))
    of_prints = [one["zscore"] for one in watched(instance(bars=False, window=20), rows) if one["a_target"] == one["a_target"]]
    of_bars = [one["zscore"] for one in watched(instance(window=20), bars_of(a, b)) if one["a_target"] == one["a_target"]]
    assert of_prints == of_bars[:-1]


@pytest.mark.parametrize("method", ["ols", "kalman"])
def test_compiled_and_plain_are_the_same(method: str) -> None:
    a, b = market(10, 300)
    plain, fast = (instance(jit=jit, window=20, method=method) for jit in (False, True))
    rows = bars_of(a, b)
    assert plain.feed(rows).tobytes() == fast.feed(rows).tobytes()
    for name in ("hedge", "zscore", "side", "ratio"):
        assert float(plain.state[0][name]) == pytest.approx(float(fast.state[0][name]), rel=1e-9)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"interval": "tick"}, "interval must be a length"),
        ({"exit_z": 2.0}, "exit_z (2) must be less than entry_z (2)"),
        ({"stop_z": 1.0}, "stop_z (1) must be more than entry_z (2), or 0 for none"),
        ({"method": "huber"}, "method='huber' is not allowed"),
    ],
)
def test_values_that_cannot_go_together_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(StrategyError, match=re.escape(words)):
        definition("pairs").params(values)
