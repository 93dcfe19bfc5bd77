"""What the generated market is like over days: one pair that belongs together, lively and quiet hours, and the same whenever it starts."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from statsmodels.tsa.stattools import coint

from core.errors import UsageError
from core.exchange.paths import ORIGIN_HOUR, Floats, Paths, day_shape
from core.exchange.scenario import Instrument, Scenario, load

HOURS = range(ORIGIN_HOUR + 24 * 900, ORIGIN_HOUR + 24 * 900 + 72)


def closes(paths: Paths, instrument: Instrument) -> Floats:
    """Log prices at the start of every minute of three days."""
    return np.concatenate([paths.hour(instrument, hour).anchors[:-1] for hour in HOURS])


@pytest.fixture(scope="module")
def market() -> dict[str, Floats]:
    scenario = load("default")
    paths = Paths(scenario)
    return {instrument.base: closes(paths, instrument) for instrument in scenario.instruments}


def test_eth_belongs_to_btc_and_the_others_do_not(market: dict[str, Floats]) -> None:
    assert coint(market["ETH"], market["BTC"], trend="c", maxlag=5, autolag=None)[1] < 0.01
    others = [coint(market[base], market["BTC"], trend="c", maxlag=5, autolag=None)[1] for base in ("BNB", "SOL", "ADA")]
    assert min(others) > 0.01, others


def test_what_follows_comes_back_half_the_way_in_its_half_life() -> None:
    """The spread of hours is an AR(1): its coefficient is a half in the power of one over the half-life."""
    scenario = Scenario(
        instruments=[
            Instrument(base="A", price=100.0), Instrument(base="B", price=50.0, beta=2.0, follows="A", half_life_h=3.0),
        ]
    )  # fmt: skip
    a, b = scenario.instruments
    paths = Paths(scenario)
    hours = range(ORIGIN_HOUR + 100, ORIGIN_HOUR + 4100)
    spread = np.array([paths._level(b, hour) - 2.0 * paths._level(a, hour) for hour in hours])
    spread -= spread.mean()
    kept = float(spread[1:] @ spread[:-1] / (spread[:-1] @ spread[:-1]))
    assert kept == pytest.approx(0.5 ** (1 / 3), abs=0.03)


def test_minutes_go_on_where_the_hour_before_ended(market: dict[str, Floats]) -> None:
    assert all(np.abs(np.diff(prices)).max() < 0.02 for prices in market.values())


def test_afternoons_are_livelier_than_nights_and_a_day_is_as_lively_as_without_a_shape() -> None:
    shape = [day_shape(hour, 0.4) for hour in range(24)]
    assert np.mean(shape) == pytest.approx(1.0)
    assert (int(np.argmax(shape)), int(np.argmin(shape))) == (15, 3)
    assert day_shape(3, 0.0) == 1.0


@pytest.mark.parametrize("follows", ["NONE", "B"])
def test_a_symbol_follows_one_that_is_there_and_follows_nobody(follows: str) -> None:
    listed = f'instruments = [{{base="A", price=1.0}}, {{base="B", price=1.0, follows="A"}}, {{base="C", price=1.0, follows="{follows}"}}]'
    with pytest.raises((UsageError, msgspec.ValidationError), match="C follows"):
        msgspec.toml.decode(listed, type=Scenario)
