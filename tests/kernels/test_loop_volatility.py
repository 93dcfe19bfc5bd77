"""Sizes by volatility: how it is estimated, when it is known, what a unit is. Against the words of docs/costs.md, done in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_cases import BUSY_MS, markets
from loop_reference_terms import Volatility
from loop_rig import BARS, T0, Run, bars, play, prints, scripted, terms

from core.commands import Terms
from core.kernels.records import BLOCKED, UNKNOWN
from core.kernels.volatility import deviation, known, sample, weight
from core.types import Records

HOUR_MS = 3_600_000


def sized(**given_: Any) -> Terms:
    return terms(**({"size": "vol_pct", "qty": 20, "vol_half_life_hours": 1.0, "max_leverage": 1000} | given_))


def walk(count: int, *, yearly: float, step_ms: float, seed: int = 3) -> Records:
    """Prints of a random walk with a yearly deviation."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, yearly * np.sqrt(step_ms / (365 * 24 * HOUR_MS)), count)
    return prints(100.0 * np.exp(np.cumsum(steps)), at=np.arange(count) * step_ms)


def leg(ticks: Records, how: Terms, *, jit: bool = True) -> Any:
    """The book after these prints."""
    told = scripted([np.nan] * len(ticks), how, jit=jit)
    told.feed(ticks)
    return told.books[0]


@given(half_lives=st.floats(0.0, 100.0))
def test_a_weight_halves_with_each_half_life(half_lives: float) -> None:
    assert weight(half_lives) == pytest.approx(0.5**half_lives, rel=1e-6, abs=1e-19)


def test_whole_half_lives_are_exact() -> None:
    assert [weight(float(k)) for k in (0, 1, 5, 63, 64, 1000)] == [1.0, 0.5, 2.0**-5, 2.0**-63, 0.0, 0.0]


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ticks=markets(most=120, gaps_ms=BUSY_MS), hours=st.sampled_from([0.01, 0.05, 2.0]))
def test_it_is_the_weighted_sum_of_all_returns_over_that_of_their_time(ticks: Records, hours: float) -> None:
    how = sized(vol_half_life_hours=hours)
    book, other = leg(ticks.copy(), how), Volatility(how)
    for time, price in zip(ticks["ts"].tolist(), ticks["price"].tolist(), strict=True):
        other.see(time, price)
    assert known(book) == other.known
    if other.known:
        assert deviation(book) == pytest.approx(other.yearly, rel=1e-5)


@pytest.mark.parametrize("yearly", [0.1, 0.6, 3.0])
@pytest.mark.parametrize("step_ms", [1_000, 60_000])
def test_a_walk_is_found_to_be_as_volatile_as_it_is(yearly: float, step_ms: float) -> None:
    found = [
        deviation(leg(walk(24 * HOUR_MS // step_ms, yearly=yearly, step_ms=step_ms, seed=seed), sized(vol_half_life_hours=6.0)))
        for seed in range(4)
    ]
    assert float(np.mean(found)) == pytest.approx(yearly, rel=0.12)


def test_what_bounces_between_bid_and_ask_is_not_taken_for_volatility() -> None:
    calm = walk(40_000, yearly=0.5, step_ms=1_000)
    bouncing = calm.copy()
    bouncing["price"] *= np.where(np.arange(len(calm)) % 2, 1.0001, 0.9999)
    assert deviation(leg(bouncing, sized(vol_half_life_hours=12.0))) == pytest.approx(
        deviation(leg(calm, sized(vol_half_life_hours=12.0))), rel=0.15
    )


def test_no_order_is_placed_until_it_is_known_and_that_is_said_once() -> None:
    ticks = walk(60, yearly=0.5, step_ms=60_000)
    run = play(ticks, 1, sized())
    first = run.placed[0][0]
    assert 20 <= first < 30, "twenty returns as they weigh by then"
    assert run.blocked == [(0, UNKNOWN)]
    assert run.book.blocked == 0
    assert len(run.placed) == 1


def test_a_price_that_does_not_move_is_never_known() -> None:
    run = play(prints(np.full(200, 100.0), at=np.arange(200) * 60_000), 1, sized())
    assert run.placed == []
    assert int(run.book.blocked) == UNKNOWN


def test_a_unit_moves_the_equity_by_so_much_a_year() -> None:
    ticks = walk(400, yearly=0.5, step_ms=60_000)
    wanted = np.full(len(ticks), np.nan)
    wanted[300] = 1.0
    run = play(ticks, wanted, sized())
    book = leg(ticks[:301].copy(), sized())
    ((at, qty),) = run.placed
    assert at == 300
    assert qty * ticks["price"][300] * deviation(book) == pytest.approx(0.2 * 1000.0)


@pytest.mark.parametrize("target", [0.5, 1.0, -3.0])
def test_no_position_is_worth_more_than_the_leverage(target: float) -> None:
    ticks = walk(400, yearly=0.01, step_ms=60_000)
    run = play(ticks, [np.nan] * 300 + [target] * 100, sized(max_leverage=2.5))
    worth = abs(run.placed[0][1]) * ticks["price"][run.placed[0][0]]
    assert worth == pytest.approx(2500.0)


def test_it_stays_as_long_as_the_target_does_and_is_made_anew_with_another() -> None:
    ticks = np.concatenate([walk(200, yearly=0.5, step_ms=60_000), walk(200, yearly=2.0, step_ms=60_000)])
    ticks["ts"], ticks["id"], ticks["seq"] = T0 + np.arange(400) * 60_000_000_000, np.arange(400), np.arange(1, 401)
    run = play(ticks, [np.nan] * 190 + [1.0] * 160 + [-1.0] * 50, sized())
    assert len(run.placed) == 2
    assert abs(run.book.position) < 0.5 * run.placed[0][1], "four times as volatile"


def test_a_reversal_whose_size_is_not_known_any_more_only_closes() -> None:
    before = walk(100, yearly=0.5, step_ms=60_000)
    gap = prints([100.0, 100.5, 100.2], at=[500 * HOUR_MS, 500 * HOUR_MS + 1, 500 * HOUR_MS + 2])
    run = play(np.concatenate([before, gap]), [1.0] * 100 + [-1.0] * 3, sized())
    assert run.book.position == 0.0
    assert run.reasons(BLOCKED)[-1] == UNKNOWN


def test_bars_tell_it_by_their_closes() -> None:
    closes = walk(200, yearly=0.8, step_ms=60_000)["price"]
    rows = bars([(p, p * 1.01, p * 0.99, p) for p in closes])
    told = scripted([np.nan] * len(rows), sized(), variant=BARS)
    told.feed(rows)
    same = prints(closes, at=np.arange(1, 201) * 60_000)
    assert deviation(told.books[0]) == deviation(leg(same, sized()))


def test_warming_up_lets_it_be_known_before_the_first_tick() -> None:
    ticks = walk(101, yearly=0.5, step_ms=60_000)
    told = scripted([1.0] * 101, sized())
    told.warm(ticks[:100].copy())
    assert told.account[0].ticks == 0
    assert [tick for tick, _ in Run(told, told.feed(ticks[100:].copy())).placed] == [100]
    told.begin(told.plan.params)
    assert not known(told.books[0])


def test_legs_are_measured_apart() -> None:
    rng = np.random.default_rng(1)
    prices = np.where(np.arange(400) % 2, 50.0 + rng.normal(0, 0.01, 400), 100.0 + rng.normal(0, 1.0, 400))
    told = scripted(np.ones((400, 2)), sized())
    told.trade({0: 0, 1: 1})
    told.feed(prints(prices, at=np.arange(400) * 60_000, symbol=np.arange(400) % 2))
    assert deviation(told.books[0]) > 10 * deviation(told.books[1])
    assert told.books[0].position < told.books[1].position


def test_the_kernel_begins_with_a_first_print() -> None:
    book, how = np.zeros(1, scripted([1], sized()).books.dtype).view(np.recarray)[0], scripted([1], sized())._terms[0]
    sample(book, how, T0, 100.0)
    assert (book.sampled, book.returns) == (100.0, 0.0)
    sample(book, how, T0 + 36_000_000_000 - 1, 200.0)
    assert book.returns == 0.0
    sample(book, how, T0 + 36_000_000_000, 102.0)
    assert (book.returns, book.elapsed, book.variance) == (1.0, 36e9, (2.0 * 2.0 / 202.0) ** 2)
