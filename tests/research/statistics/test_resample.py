"""Monte Carlo over trades and returns: what may change changes, what may not does not, and known distributions come out."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
import scipy.stats
from fixed_returns import daily_returns, noise
from hypothesis import given, settings
from hypothesis import strategies as st

from core.research.statistics import resample, stationary
from core.research.statistics.resample import Bands, redraw_returns, redraw_trades, shuffle_trades

ALL = [shuffle_trades, redraw_trades, redraw_returns]

PNLS = 5 + 40 * noise(120, 3)


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def made(how: Callable[..., Bands | None], *args: Any, **terms: Any) -> Bands:
    found = how(*args, **terms)
    assert found is not None
    return found


def test_shuffling_changes_the_way_and_not_the_result() -> None:
    bands = made(shuffle_trades, PNLS, 1000.0, generator(), paths=500)
    assert set(bands.net_pnl) == {math.fsum(PNLS)}
    assert bands.max_drawdown.p5 < bands.max_drawdown.p50 < bands.max_drawdown.p95
    assert bands.longest_drawdown.p5 < bands.longest_drawdown.p95
    assert bands.paths == 500


def test_shuffling_two_trades_by_hand() -> None:
    """A loss of 60 first leaves 40 of 100, which is ruin below half; last, it falls from 160 to 100."""
    bands = made(shuffle_trades, [60.0, -60.0], 100.0, generator(), paths=4000)
    assert bands.ruin == pytest.approx(0.5, abs=0.04)
    assert set(bands.max_drawdown) == {60.0}
    assert (bands.max_drawdown_share.p5, bands.max_drawdown_share.p95) == (60 / 160, 0.6)
    assert set(bands.longest_drawdown) == {1.0}


def test_drawing_again_brings_the_binomial_of_two_equal_trades() -> None:
    bands = made(redraw_trades, [1.0, -1.0] * 50, 1000.0, generator(), paths=20_000)
    expected = 2 * scipy.stats.binom.ppf([0.05, 0.25, 0.5, 0.75, 0.95], 100, 0.5) - 100
    assert list(bands.net_pnl) == pytest.approx(expected, abs=2)


def test_returns_drawn_one_by_one_spread_as_independent_ones() -> None:
    bands = made(redraw_returns, daily_returns(), 100.0, generator(), block=1, paths=10_000)
    logs = np.log1p(daily_returns())
    spread = 1.645 * logs.std() * math.sqrt(500)
    assert math.log1p(bands.net_pnl.p50 / 100) == pytest.approx(logs.sum(), abs=0.03)
    assert math.log1p(bands.net_pnl.p95 / 100) == pytest.approx(logs.sum() + spread, abs=0.04)
    assert math.log1p(bands.net_pnl.p5 / 100) == pytest.approx(logs.sum() - spread, abs=0.04)


def test_blocks_keep_losses_together_that_came_together() -> None:
    returns = np.repeat(np.where(np.arange(40) % 2, -0.01, 0.011), 10)
    together = made(redraw_returns, returns, 100.0, generator(), block=10, paths=1000)
    apart = made(redraw_returns, returns, 100.0, generator(), block=1, paths=1000)
    assert together.max_drawdown.p50 > 1.3 * apart.max_drawdown.p50


@pytest.mark.parametrize("how", ALL)
def test_the_same_seed_gives_the_same_figures_and_another_others(how: Callable[..., Bands | None]) -> None:
    values = PNLS / 1000
    assert made(how, values, 1.0, generator(2), paths=50) == made(how, values, 1.0, generator(2), paths=50)
    assert made(how, values, 1.0, generator(2), paths=50) != made(how, values, 1.0, generator(3), paths=50)


@pytest.mark.parametrize("how", ALL)
@pytest.mark.parametrize("cells", [1, 1000, 10**7])
def test_how_many_paths_are_held_at_once_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, how: Callable[..., Bands | None], cells: int
) -> None:
    before = made(how, PNLS / 1000, 1.0, generator(), paths=37)
    monkeypatch.setattr(resample, "CELLS", cells)
    monkeypatch.setattr(stationary, "CELLS", cells)
    assert made(how, PNLS / 1000, 1.0, generator(), paths=37) == before


@pytest.mark.parametrize("how", ALL)
def test_memory_does_not_grow_with_the_paths(how: Callable[..., Bands | None]) -> None:
    values = np.tile(PNLS / 1e6, 500)
    tracemalloc.start()
    made(how, values, 1.0, generator(), paths=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * len(values) * 8  # one number a step and path


@settings(deadline=None)
@given(
    st.sampled_from(ALL),
    st.lists(st.floats(-0.9, 2), min_size=1, max_size=12),
    st.floats(0.01, 1e6),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_the_bands_are_in_order_and_within_what_is_possible(
    how: Callable[..., Bands | None], values: list[float], capital: float, ruin: float, seed: int
) -> None:
    bands = made(how, values, capital, generator(seed), paths=20, ruin=ruin)
    for figure in (bands.net_pnl, bands.max_drawdown, bands.max_drawdown_share, bands.longest_drawdown):
        assert list(figure) == sorted(figure)
    assert bands.max_drawdown.p5 >= 0
    assert bands.longest_drawdown.p95 <= len(values)
    assert 0 <= bands.ruin <= 1


@settings(deadline=None)
@given(st.sampled_from(ALL), st.lists(st.floats(), max_size=6))
def test_of_any_numbers_come_figures_or_none(how: Callable[..., Bands | None], values: list[float]) -> None:
    bands = how(values, 1.0, generator(), paths=5)
    if bands is not None:
        assert all(math.isfinite(number) for figure in astuple(bands) for number in np.atleast_1d(figure))


@pytest.mark.parametrize("how", ALL)
def test_what_does_not_exist_is_none(how: Callable[..., Bands | None]) -> None:
    assert how([], 100.0, generator()) is None
    assert how([1.0, math.nan], 100.0, generator()) is None
    assert how([1e308, 1e308, -1e308], 100.0, generator()) is None


@pytest.mark.parametrize("how", ALL)
@pytest.mark.parametrize(
    ("capital", "terms", "message"),
    [
        (0.0, {}, "capital is 0.0: above 0 is possible"),
        (math.nan, {}, "capital is nan: above 0 is possible"),
        (1.0, {"ruin": 1.5}, "ruin is 1.5: a share of the capital from 0 to 1 is possible"),
        (1.0, {"paths": 0}, "paths is 0: at least 1 is possible"),
    ],
)
def test_what_makes_no_sense_is_refused(how: Callable[..., Bands | None], capital: float, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="is possible") as refused:
        how([1.0], capital, generator(), **terms)
    assert str(refused.value) == message


def test_a_block_longer_than_the_series_is_refused() -> None:
    with pytest.raises(ValueError, match="block is 3: from 1 to 2 periods is possible"):
        redraw_returns([0.1, 0.2], 1.0, generator(), block=3)
