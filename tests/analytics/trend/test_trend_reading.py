"""Trends of bars: right on generated markets, the same for a market and its mirror image, and words where nothing can be told."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.trend import calibration, told
from benchmarks.trend_markets import REGIMES, bars_of, market, markets
from core.analytics.bars import OHLCV
from core.analytics.trend import JUDGED, LEAST_BARS, Reading, evidence_of, read_trend, suggestions_for
from core.analytics.trend.model import DIRECTION, SWINGS, direction_figures, fitted, swing_figures
from core.types import MINUTE, Records

#: Neither the seed of the coefficients nor that of the benchmark's table.
SEED = 77


def bars(closes: list[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Records:
    """Minute bars that opened where the one before closed."""
    out = np.zeros(len(closes), OHLCV)
    out["start"] = 1_700_000_040 * 10**9 + np.arange(len(closes)) * MINUTE
    out["close"] = closes
    out["open"] = np.concatenate((out["close"][:1], out["close"][:-1]))
    out["high"], out["low"] = np.maximum(out["open"], out["close"]), np.minimum(out["open"], out["close"])
    return out


def all_finite(reading: Reading) -> bool:
    values = [] if reading.measures is None else [one.value for one in evidence_of(reading.measures)]
    return all(value is None or math.isfinite(value) for value in values)


def test_nine_of_ten_generated_markets_are_told_right() -> None:
    rows = told(markets(SEED, 60, (30, 600)))
    for regime in REGIMES:
        mine = [label == regime for one, label, _ in rows if one.regime == regime]
        assert sum(mine) >= 0.85 * len(mine), regime
    assert sum(one.regime == label for one, label, _ in rows) >= 0.93 * len(rows)


def test_no_trend_is_told_the_wrong_way_round() -> None:
    rows = told(markets(SEED + 1, 40, (30, 600)))
    assert not [one for one, label, _ in rows if {one.regime, label} == {"uptrend", "downtrend"}]


def test_labels_that_are_surer_are_right_more_often() -> None:
    rows = told(markets(SEED + 2, 100, (30, 300)))
    unsure = [one.regime == label for one, label, confidence in rows if confidence < 0.8]
    sure = [one.regime == label for one, label, confidence in rows if confidence >= 0.95]
    assert np.mean(sure) > 0.97
    assert 0.35 < np.mean(unsure) < 0.9
    assert sum(part["labels"] for part in calibration(rows).values()) == len(rows)


def test_walks_without_drift_are_seldom_given_one() -> None:
    rows = told([market(SEED * 1000 + number, "sideways", 200, shape="quiet") for number in range(100)])
    assert sum(label in ("uptrend", "downtrend") for _, label, _ in rows) <= 18


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(REGIMES))
def test_the_mirror_image_of_a_market_has_the_mirror_image_of_its_trend(seed: int, regime: str) -> None:
    path = np.repeat(np.log(market(seed, regime, 120).bars["close"] / 100), 8)
    up, down = (read_trend(bars_of(one, MINUTE), MINUTE) for one in (path, -path))
    assert up.verdict is not None
    assert down.verdict is not None
    other = {"uptrend": "downtrend", "downtrend": "uptrend"}
    assert other.get(up.verdict.trend, up.verdict.trend) == down.verdict.trend
    assert up.verdict.confidence == pytest.approx(down.verdict.confidence, abs=0.05)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(REGIMES), st.sampled_from([1e-6, 1e5]))
def test_the_unit_of_a_price_does_not_matter(seed: int, regime: str, scale: float) -> None:
    one = market(seed, regime, 120)
    scaled = one.bars.copy()
    for name in ("open", "high", "low", "close"):
        scaled[name] *= scale
    first, second = (read_trend(rows, one.interval_ns).verdict for rows in (one.bars, scaled))
    assert first is not None
    assert second is not None
    assert first.trend == second.trend
    assert first.confidence == pytest.approx(second.confidence, rel=1e-6)


def test_a_line_goes_one_way_and_a_level_none() -> None:
    for closes, trend in ((np.linspace(100, 130, 300), "uptrend"), (np.geomspace(100, 80, 300), "downtrend")):
        found = read_trend(bars(closes), MINUTE)
        assert found.verdict is not None
        assert (found.verdict.trend, found.verdict.confidence) == (trend, 0.99)
        assert all_finite(found)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "30 more bars"), (1, "29 more bars"), (7, "23 more bars"), (LEAST_BARS - 1, "1 more bar")],
)
def test_too_few_bars_are_pending_and_say_how_many_are_needed(count: int, words: str) -> None:
    found = read_trend(bars(np.linspace(100, 101, count)), MINUTE)
    assert found.status == f"PENDING: {words} needed"
    assert (found.bars, found.verdict, found.measures) == (count, None, None)


def test_a_price_that_never_moved_is_told_in_words() -> None:
    found = read_trend(bars(np.full(500, 100.0)), MINUTE)
    assert found.status == "STILL: 500 bars closed at 100, there is nothing to judge"
    assert found.verdict is None


def test_a_price_that_stood_still_but_moved_long_before_is_still() -> None:
    found = read_trend(bars(np.concatenate((np.linspace(90, 100, 200), np.full(100, 100.0)))), MINUTE, most=50)
    assert found.status.startswith("STILL: 50 bars")


def test_bars_without_a_price_are_left_out_and_counted() -> None:
    rows = bars(np.linspace(100, 130, 100))
    rows["close"][[3, 50]] = np.nan
    rows["high"][70] = np.inf
    rows["low"][80] = -1.0
    found = read_trend(rows, MINUTE)
    assert (found.status, found.bars, found.unpriced) == (JUDGED, 96, 4)
    assert found.measures is not None
    assert found.measures.missing == 4
    assert all_finite(found)
    assert read_trend(rows[:32], MINUTE).status == JUDGED
    assert read_trend(rows[:30], MINUTE).status == "PENDING: 1 more bar needed"


def test_only_the_newest_bars_are_judged_and_the_others_are_their_past() -> None:
    turned = np.concatenate((np.linspace(100, 200, 400), np.linspace(200, 100, 100)))
    found = read_trend(bars(turned), MINUTE, most=100)
    assert found.measures is not None
    assert found.verdict is not None
    assert (found.measures.bars, found.verdict.trend) == (100, "downtrend")
    assert found.measures.against.values > 100


def test_holes_count_as_time() -> None:
    rows = bars(np.geomspace(100, 120, 200))
    found = read_trend(rows.compress(np.arange(200) % 3 != 1), MINUTE)
    assert found.measures is not None
    assert found.measures.missing == 66
    assert found.measures.slope.value == pytest.approx(math.log(1.2) / 199, rel=1e-6)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([1e-8, 0.5, 99.0, 100.0, 100.01, 1e9]), min_size=30, max_size=80),
    st.sampled_from([1, MINUTE, 86_400 * 10**9]),
)
def test_whatever_the_prices_no_number_is_nan_or_infinite(closes: list[float], interval: int) -> None:
    found = read_trend(bars(closes), interval)
    if len(set(closes)) == 1:
        assert found.status.startswith("STILL")
        return
    assert found.verdict is not None
    assert 0.25 <= found.verdict.confidence <= 0.99
    assert sum(found.verdict.likely.values()) == pytest.approx(1.0)
    assert all_finite(found)
    assert b"null" not in msgspec.json.encode(found.verdict)


def test_every_number_of_the_evidence_has_a_name_a_unit_and_a_sentence_and_the_weighed_ones_are_marked() -> None:
    found = read_trend(market(5, "volatile", 300).bars, MINUTE)
    assert found.measures is not None
    rows = evidence_of(found.measures)
    assert len({one.name for one in rows}) == len(rows) == 17
    assert all(one.unit and one.sentence and "nan" not in one.sentence for one in rows)
    assert {one.name for one in rows if one.weighed} == {*DIRECTION, *SWINGS} - {"constant"}
    assert {*direction_figures(found.measures), *swing_figures(found.measures)} == {*DIRECTION, *SWINGS} - {"constant"}


#: They go by who traded, how much and at what spread, which a trend of prices does not tell.
OF_FLOW = {"liquidity", "microstructure", "smart_money", "volume"}


def test_every_built_in_strategy_on_prices_fits_some_regime_and_every_suggestion_is_one() -> None:
    from core.strategy_files import builtin_folder, load

    there = {path.stem for path in builtin_folder().glob("[!_]*.py") if load(path).legs == 1}
    assert {one.strategy for regime in REGIMES for one in suggestions_for(regime)} == there - OF_FLOW
    for one in (one for regime in REGIMES for one in suggestions_for(regime)):
        load(builtin_folder() / f"{one.strategy}.py").params(dict(one.params))  # no bound is overstepped
    assert suggestions_for(None) == ()


def test_a_fitted_rule_gives_shares_back() -> None:
    rng = np.random.default_rng(3)
    figures = rng.standard_normal((4000, 2))
    likely = 1 / (1 + np.exp(-(0.5 + 2 * figures[:, 0] - figures[:, 1])))
    np.testing.assert_allclose(fitted(figures, rng.random(4000) < likely), [0.5, 2.0, -1.0], atol=0.2)
