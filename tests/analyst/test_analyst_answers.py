"""What the analyst says of bars: what the same bars say through the commands, without NaN, and in words where there are too few."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analyst.answers import answer
from core.analyst.desk import plain
from core.analyst.words import Question, Series
from core.analytics.bars import OHLCV
from core.analytics.pairs.figures import METHODS, How, measure
from core.analytics.trend import read_trend
from core.errors import UsageError
from core.types import MINUTE, Records

START = 1_700_000_000 // 60 * MINUTE


def bars(count: int, seed: int = 1, drift: float = 0.0) -> Records:
    """OHLCV records of minutes, one after the other."""
    rng = np.random.default_rng(seed)
    found = np.zeros(count, OHLCV)
    close = 100.0 * np.exp(np.cumsum(rng.normal(drift, 0.001, count)))
    found["start"] = START + np.arange(count) * MINUTE
    found["close"] = close
    found["open"] = np.concatenate(([100.0], close[:-1])) if count else close
    found["high"] = np.maximum(found["open"], close) * 1.0002
    found["low"] = np.minimum(found["open"], close) * 0.9998
    found["volume"] = 1.0
    return found


def series(records: Records, symbol: str = "binance:BTCUSDT") -> Series:
    return Series(symbol, "1m", MINUTE, records.tobytes())


def two(count: int = 400) -> tuple[Records, Records]:
    """Legs that go together."""
    a = bars(count, 3)
    b = a.copy()
    b["close"] = 3.0 * a["close"] * np.exp(np.random.default_rng(4).normal(0, 0.002, count))
    return a, b


def pair(args: dict[str, Any], count: int = 400) -> dict[str, Any]:
    a, b = two(count)
    return answer(Question("pair", args, [series(a), series(b, "binance:ETHUSDT")]))


def test_a_cell_says_what_the_trend_of_these_bars_is() -> None:
    records = bars(300, drift=0.0008)
    verdict = read_trend(records, MINUTE).verdict
    assert verdict is not None
    cell = answer(Question("cell", {}, [series(records)]))
    assert (cell["trend"], cell["confidence"]) == ("uptrend", round(verdict.confidence, 4))
    assert cell["change_pct"] == pytest.approx(100 * (records["close"][-1] / records["open"][0] - 1))
    assert (cell["bars"], cell["why"]) == (300, "")


@pytest.mark.parametrize("count", [0, 1, 29])
def test_a_cell_of_too_few_bars_says_how_many_more_it_needs(count: int) -> None:
    cell = answer(Question("cell", {}, [series(bars(count))]))
    assert (cell["trend"], cell["confidence"], cell["change_pct"], cell["bars"]) == (None, None, None, count)
    assert cell["why"].startswith(f"PENDING: {30 - count} more bar")


def test_the_line_of_a_trend_is_the_least_squares_line_through_the_log_closes() -> None:
    records = bars(200, drift=0.0005)
    line = answer(Question("trend", {}, [series(records)]))["line"]
    slope, level = np.polyfit(np.arange(200), np.log(records["close"]), 1)
    assert (line["start_ns"], line["end_ns"]) == (START, START + 199 * MINUTE)
    assert line["start_price"] == pytest.approx(math.exp(level))
    assert line["end_price"] == pytest.approx(math.exp(level + 199 * slope))


def test_a_trend_names_what_bets_on_it_and_the_command_that_tries_that() -> None:
    entry = answer(Question("trend", {}, [series(bars(300, drift=0.001))]))
    first = entry["suggestions"][0]
    assert entry["trend"] == "uptrend"
    assert first["command"].startswith("cockpit backtest tape:binance:BTCUSDT --strategy sma_crossover --param interval=1m")


def test_a_trend_of_too_few_bars_has_no_line_and_says_why() -> None:
    entry = answer(Question("trend", {}, [series(bars(12))]))
    assert (entry["trend"], entry["line"], entry["changes_ns"]) == (None, None, [])
    assert entry["status"] == "PENDING: 18 more bars needed"


@pytest.mark.parametrize("method", METHODS)
def test_the_series_of_a_pair_ends_at_its_z_score(method: str) -> None:
    found = pair({"window": 40, "method": method})
    columns = found["series"]
    assert {len(column) for column in columns.values()} == {400}
    assert columns["zscore"][-1] == pytest.approx(found["zscore"])
    assert columns["upper"][-1] - columns["mean"][-1] == pytest.approx(columns["mean"][-1] - columns["lower"][-1])
    assert columns["spread"][-1] == pytest.approx(columns["mean"][-1] + found["zscore"] * (columns["upper"][-1] - columns["mean"][-1]) / 2)
    assert all(math.isnan(value) for value in columns["zscore"][:39])


def test_the_series_of_a_long_pair_is_its_newest_bars() -> None:
    columns = pair({"window": 40, "method": "ols"}, 900)["series"]
    assert {len(column) for column in columns.values()} == {500}
    assert columns["ts_ns"][-1] == START + 899 * MINUTE
    assert not any(math.isnan(value) for value in columns["zscore"])


def test_a_pair_of_too_few_bars_says_so_for_every_figure_and_has_a_series_without_numbers() -> None:
    found = pair({"window": 40, "method": "ols"}, 6)
    assert found["zscore"] is None
    assert found["absent"]["zscore"].startswith("PENDING: ")
    assert found["series"]["ts_ns"] == [START + k * MINUTE for k in range(6)]
    assert plain(found)["series"]["spread"] == [None] * 6


def test_legs_without_a_bar_in_common_have_no_series() -> None:
    a, b = bars(50), bars(50)
    b["start"] += 1000 * MINUTE
    found = answer(Question("pair", {"window": 10, "method": "ols"}, [series(a), series(b, "binance:ETHUSDT")]))
    assert found["series"] == {name: [] for name in ("ts_ns", "a", "b", "spread", "mean", "upper", "lower", "zscore")}


@pytest.mark.parametrize("method", METHODS)
def test_the_z_score_alone_is_that_of_the_whole_document(method: str) -> None:
    a, b = two()
    question = Question("zscore", {"window": 60, "method": method}, [series(a), series(b, "binance:ETHUSDT")])
    whole = measure(a["close"], b["close"], How(60, method)).zscore  # type: ignore[arg-type]
    assert answer(question) == {"value": pytest.approx(whole), "ts_ns": START + 400 * MINUTE, "why": ""}


def test_a_z_score_of_too_few_bars_is_none_and_says_why() -> None:
    found = answer(Question("zscore", {"window": 60, "method": "ols"}, [series(bars(20)), series(bars(20, 2), "binance:ETHUSDT")]))
    assert (found["value"], found["why"]) == (None, "PENDING: 40 more bars needed")


def test_correlations_are_those_of_log_returns_over_the_bars_both_have() -> None:
    first, second, short = bars(200, 1), bars(200, 2), bars(2, 5)
    found = answer(Question("correlations", {}, [series(first, "a"), series(second[50:], "b"), series(short, "c")]))
    expected = np.corrcoef(np.diff(np.log(first["close"][50:])), np.diff(np.log(second["close"][50:])))[0, 1]
    assert found["matrix"][0][1] == found["matrix"][1][0] == pytest.approx(expected)
    assert found["matrix"][0][0] == 1.0
    assert (found["matrix"][0][2], found["matrix"][2][2]) == (None, None)
    assert found["bars"] == [[200, 150, 2], [150, 150, 0], [2, 0, 2]]


def test_what_is_no_question_is_refused() -> None:
    with pytest.raises(UsageError, match="is no question"):
        answer(Question("weather"))


numbers = st.floats() | st.integers() | st.none() | st.text(max_size=3) | st.booleans()


@given(
    st.recursive(
        numbers, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4), max_leaves=12
    )
)
def test_a_plain_answer_has_every_number_there_is_and_none_that_is_not(value: Any) -> None:
    def same(before: Any, after: Any) -> bool:
        if isinstance(before, dict):
            return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
        if isinstance(before, list):
            return len(before) == len(after) and all(map(same, before, after))
        return after is None if isinstance(before, float) and not math.isfinite(before) else bool(before == after)

    assert same(value, plain(value))
