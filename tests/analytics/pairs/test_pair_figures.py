"""All figures of a pair together: each that cannot be says why, nothing is NaN, and verdicts are sentences."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_series import Floats, cointegrated, ornstein_uhlenbeck, walk
from scipy.stats import false_discovery_control

from core.analytics.pairs.align import align
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.document import document, scan_document
from core.analytics.pairs.engle_granger import engle_granger
from core.analytics.pairs.false_discovery import q_values
from core.analytics.pairs.figures import METHODS, Figures, How, Method, measure
from core.analytics.pairs.scan import look, pairs_of, ranked
from core.analytics.pairs.verdicts import verdicts
from core.types import MINUTE


def said(found: Figures, how: How | None = None) -> dict[str, tuple[str, bool]]:
    return {verdict.about: (verdict.text, verdict.marked) for verdict in verdicts(found, how or How(), "A", "B", "1m")}


def closes(prices: Floats, name: str) -> Closes:
    return Closes(name, MINUTE, np.arange(len(prices), dtype=np.int64) * MINUTE, prices)


def plain(a: Floats, b: Floats, how: How | None = None) -> dict[str, object]:
    """The document, through strict JSON: no NaN gets through."""
    legs = closes(a, "x:A"), closes(b, "x:B")
    aligned = align(*legs)
    how = how or How()
    found: dict[str, object] = json.loads(json.dumps(document(*legs, aligned, measure(aligned.a, aligned.b, how), how, 0), allow_nan=False))
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("log", [True, False])
def test_a_cointegrated_pair_has_every_figure(method: Method, log: bool) -> None:
    y, x = cointegrated(800, 3)
    found = measure(np.exp(y), np.exp(x), How(60, method, log)) if log else measure(y, x, How(60, method, log))
    assert found.absent == {}
    assert found.n == 800
    for name in METHODS:
        assert found.hedge_ratio[name] == pytest.approx(0.7, abs=0.25)
    assert found.coint is not None
    assert found.coint.pvalue < 0.01
    assert found.coint == engle_granger(y, x)
    assert found.half_life == pytest.approx(10, rel=0.5) or method == "kalman"
    assert len(found.spread) == (780 if method == "kalman" else 800)


def test_too_few_bars_say_how_many_are_missing() -> None:
    y, x = cointegrated(46, 1)
    found = measure(np.exp(y), np.exp(x), How(60))
    assert found.zscore is None
    assert said(found)["zscore"] == ("z-score: PENDING: 14 more bars needed", False)
    assert found.hedge_ratio["ols"] is not None
    assert found.absent["rolling_beta"] == "PENDING: 15 more bars needed"
    assert found.absent["hurst"] == "PENDING: 54 more bars needed"


@pytest.mark.parametrize("method", METHODS)
def test_no_bar_at_all_is_told_in_words(method: Method) -> None:
    found = plain(np.empty(0), np.empty(0), How(60, method))
    assert found["n"] == 0
    assert found["hedge_ratio"] == dict.fromkeys(METHODS)
    assert found["coint"] == found["adf"] == {"stat": None, "pvalue": None}
    assert (found["zscore"], found["half_life"], found["hurst"], found["from"]) == (None, None, None, None)
    later = 20 if method == "kalman" else 0
    needed = {"zscore": 60, "half_life": 20, "adf": 30, "hurst": 100}
    assert {name: found["absent"][name] for name in needed} == {  # type: ignore[index]
        name: f"PENDING: {bars + later} more bars needed" for name, bars in needed.items()
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(2))
def test_legs_that_stand_still_or_move_as_one_are_told_in_words(method: Method, seed: int) -> None:
    moving, still = np.exp(walk(300, seed)), np.full(300, 7.0)
    how = How(60, method)
    assert plain(moving, still, how)["absent"]["ols"] == "the second leg did not move"  # type: ignore[index]
    assert plain(moving, still, how)["absent"]["coint"] == "the second leg did not move"  # type: ignore[index]
    assert plain(still, moving, how)["absent"]["coint"] == "the first leg did not move"  # type: ignore[index]
    one = plain(moving, moving**2, how)
    assert "move as one" in one["absent"]["coint"]  # type: ignore[index]
    assert one["hedge_ratio"]["ols"] == pytest.approx(0.5)  # type: ignore[index]
    assert one["zscore"] is None or method == "kalman"


@settings(max_examples=60)
@given(
    st.integers(0, 10**6), st.integers(0, 150), st.sampled_from([1e-300, 1e-8, 1.0, 1e8, 1e150]), st.sampled_from(METHODS), st.booleans(),
    st.sampled_from([0.0, 1e-18, 1e-3, 2.0]),
)  # fmt: skip
def test_whatever_the_prices_the_document_is_json_and_every_null_has_its_reason(
    seed: int, count: int, scale: float, method: Method, log: bool, step: float
) -> None:
    a, b = np.exp(walk(count, seed, step, 0.0)) * scale, np.exp(walk(count, seed + 1, step, 0.0))
    found = plain(a, b, How(20, method, log))
    reasons = found["absent"]
    assert isinstance(reasons, dict)
    for key in ("zscore", "half_life", "correlation", "rolling_correlation", "rolling_beta", "johansen", "hurst"):
        assert (found[key] is None) == (key in reasons), key
    for key in ("adf", "coint"):
        assert (found[key]["stat"] is None) == (key in reasons), key  # type: ignore[index]
    assert all(reasons.values())
    assert all(verdict["text"] for verdict in found["verdicts"])  # type: ignore[attr-defined]


def test_a_wide_spread_is_marked_and_says_which_leg_is_dear() -> None:
    y, x = cointegrated(500, 5)
    y[-1] += 0.02
    text, marked = said(measure(np.exp(y), np.exp(x), How()))["zscore"]
    assert marked
    assert "A is dear against B" in text
    y[-1] -= 0.04
    assert "A is cheap against B" in said(measure(np.exp(y), np.exp(x), How()))["zscore"][0]


def test_a_spread_that_left_its_cointegration_is_told_from_one_that_never_was() -> None:
    y, x = cointegrated(900, 7)
    y[600:] += np.cumsum(np.random.default_rng(1).normal(0, 2e-3, 300)) + np.linspace(0, 0.05, 300)
    text, marked = said(measure(np.exp(y), np.exp(x), How()))["coint"]
    assert text.startswith("spread left its cointegration: p = 0.")
    assert marked
    apart = said(measure(np.exp(walk(900, 8)), np.exp(walk(900, 9)), How()))["coint"]
    assert apart[0].startswith("no cointegration: p = ")
    assert not apart[1]
    assert said(measure(np.exp(cointegrated(900, 7)[0]), np.exp(cointegrated(900, 7)[1]), How()))["coint"][1]


def test_a_forecasts_errors_are_not_sold_as_a_spread_that_comes_back() -> None:
    y, x = np.exp(walk(500, 11)), np.exp(walk(500, 12))
    how = How(60, "kalman")
    assert "says little of the legs" in said(measure(y, x, how), how)["adf"][0]


def test_hedge_ratios_that_disagree_or_are_below_0_are_told() -> None:
    x = walk(600, 13)
    found = measure(np.exp(-0.5 * x + 10 + ornstein_uhlenbeck(600, 3, 14)), np.exp(x), How())
    texts = [verdict.text for verdict in verdicts(found, How(), "A", "B", "1m")]
    assert any("below 0" in text for text in texts)
    y = np.where(np.arange(600) < 300, 0.2, 1.5) * (x - x[300])
    assert any("disagree" in text for text in (v.text for v in verdicts(measure(np.exp(y), np.exp(x), How()), How(), "A", "B", "1m")))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_q_values_are_scipys(pvalues: list[float]) -> None:
    np.testing.assert_allclose(q_values(np.array(pvalues)), false_discovery_control(pvalues), atol=1e-12)


def test_a_scan_ranks_what_was_tested_and_counts_what_could_not_be() -> None:
    y, x = cointegrated(400, 21)
    legs = [closes(np.exp(values), f"x:{name}") for name, values in (("A", y), ("B", x), ("C", walk(400, 22)), ("D", np.zeros(400)))]
    rows = ranked([look(legs, a, b, window=60, log=True, carry=0) for a, b in pairs_of(len(legs))])
    assert len(rows) == 6
    assert (rows[0].a, rows[0].b) == (0, 1)
    assert [row.why for row in rows[3:]] == ["the second leg did not move"] * 3
    assert rows[0].pvalue == engle_granger(y, x).pvalue
    assert rows[0].q == pytest.approx(3 * (rows[0].pvalue or 0), abs=1e-12)
    found = json.loads(json.dumps(scan_document(legs, rows, How(), 0, 2, 0.5), allow_nan=False))
    assert (found["tested"], found["untested"], len(found["pairs"])) == (3, {"the second leg did not move": 3}, 2)
    assert found["pairs"][0]["legs"] == ["x:A", "x:B"]


def test_a_scan_of_nothing_testable_is_empty() -> None:
    legs = [closes(np.exp(walk(10, seed)), f"x:{seed}") for seed in range(3)]
    rows = ranked([look(legs, a, b, window=60, log=True, carry=0) for a, b in pairs_of(3)])
    assert [row.why for row in rows] == ["PENDING: 20 more bars needed"] * 3
