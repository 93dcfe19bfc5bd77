"""The loop against a second one written from the design's words alone: the same fills on random prints, targets and terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from loop_cases import cases, realistic_cases
from loop_reference import trade
from loop_rig import FULL, NO, play, prints, terms

from core.commands import Terms
from core.compile.blueprint import backtest_variant
from core.kernels.records import FILL, WHY_NAMES
from core.types import Records


def agree(ticks: Records, wanted: list[float], how: Terms, *, jit: bool = True) -> int:
    """Compare fill by fill in the full loop and in a backtest's; returns how many."""
    expected = [(f.tick, f.qty, f.price, f.fee, f.position, f.why) for f in trade(ticks, wanted, how)]
    for variant in (FULL, backtest_variant(how, bars=False)):
        rows = play(ticks.copy(), wanted, how, variant=variant, jit=jit).of(FILL)
        columns = ("tick_id", "qty", "price", "fee", "position")
        fills = [(*(row[c].item() for c in columns), WHY_NAMES[int(row["why"])]) for row in rows]
        if how.size == "vol_pct":  # weights are approximated
            assert [(fill[0], fill[-1]) for fill in fills] == [(fill[0], fill[-1]) for fill in expected]
            numbers = [np.array([fill[1:-1] for fill in found], float) for found in (fills, expected)]
            np.testing.assert_allclose(*numbers, rtol=1e-5, atol=1e-9)
            continue
        assert fills == expected
    return len(expected)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_both_loops_give_identical_fills(case: tuple[Records, list[float], Terms]) -> None:
    agree(*case)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=realistic_cases())
def test_both_loops_give_identical_fills_under_realistic_terms(case: tuple[Records, list[float], Terms]) -> None:
    agree(*case)


@pytest.mark.parametrize("seed", range(12))
def test_both_loops_give_identical_fills_on_long_markets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 4000
    steps = rng.choice([-8, -3, -1, 0, 0, 1, 3, 8], n)
    prices = np.maximum(200.0 + np.cumsum(steps) / 4, 20.0)
    ticks = prints(prices, at=np.cumsum(rng.choice([0, 1, 40, 300, 2000], n)), qty=rng.choice([0.0, 0.2, 1.0, 5.0], n))
    wanted = np.where(rng.random(n) < 0.05, rng.choice([NO, -1.0, 0.0, 1.0, 2.0, 0.5], n), np.nan)
    if seed % 2:  # a strategy that repeats its target on every tick
        for k in range(1, n):
            wanted[k] = wanted[k - 1] if np.isnan(wanted[k]) else wanted[k]

    def pick(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    how = terms(
        qty=pick(1.0, 0.3),
        side=pick("long_flat", "long_short"),
        fee_bps=pick(0.0, 7.5),
        slippage_bps=pick(0.0, 2.0),
        latency_ms=pick(0.0, 50.0, 900.0),
        participation=pick(None, 0.25),
        stop_loss_pct=pick(None, 1.0, 3.0),
        take_profit_pct=pick(None, 2.0, 5.0),
        trailing_pct=pick(None, 1.5, 4.0),
    )
    assert agree(ticks, wanted.tolist(), how) > 20
