"""How much history a strategy needs is measured by beginning it later; what it declares is held against that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from checked_strategies import FLOW, bars, flow, prints, subject, walk, warmed, write

from tests.samples import sample

BUILT_IN = ["bollinger", "macd", "mean_reversion", "momentum", "rsi", "sma_crossover"]

#: A mean of at most `window` closes, spoken of from the `speaks`th on.
WINDOW = """
def warmup(p):
    return {declared}

class Strategy:
    def __init__(self, params):
        self.closes = []

    def on_bar(self, bar):
        self.closes = [*self.closes, bar.close][-{window}:]
        self.n = getattr(self, "n", 0) + 1
        if self.n < {speaks}:
            return None
        return 1.0 if bar.close > sum(self.closes) / len(self.closes) else -1.0
"""

AVERAGE = """
def warmup(p):
    return {declared}

class Strategy:
    def __init__(self, params):
        self.average = None
        self.n = 0

    def on_bar(self, bar):
        self.n += 1
        self.average = bar.close if self.average is None else self.average + (bar.close - self.average) * {alpha}
        if self.n < {declared}:
            return None
        return 1.0 if bar.close > self.average else -1.0
"""


@pytest.mark.parametrize("name", sample(BUILT_IN, "bollinger", "macd", "momentum"))
@pytest.mark.parametrize(("source", "interval"), [("bars", "1m"), pytest.param("prints", "10s", marks=pytest.mark.slow)])
def test_a_built_in_strategy_is_warm_when_it_says_so(tmp_path: Path, name: str, source: str, interval: str) -> None:
    path = bars(tmp_path, 700) if source == "bars" else prints(tmp_path, 6000)
    found = warmed(subject(tmp_path, name, path, interval=interval))
    assert found.ok, found
    assert found.early is None


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOW)
@pytest.mark.parametrize(("interval", "rows"), [("5s", 6000), ("tick", 1500)])
def test_so_is_one_on_flow_where_there_are_sizes_sides_and_quotes(tmp_path: Path, name: str, interval: str, rows: int) -> None:
    found = warmed(subject(tmp_path, name, flow(tmp_path, rows), interval=interval, **FLOW[name]))
    assert found.ok, found
    assert found.early is None
    assert max(share.bars for share in found.shares) > 1_000


@pytest.mark.parametrize("name", sample(["bollinger", "mean_reversion", "momentum", "sma_crossover"], "mean_reversion", "sma_crossover"))
def test_one_with_a_window_is_warm_on_prints_too(tmp_path: Path, name: str) -> None:
    found = warmed(subject(tmp_path, name, prints(tmp_path, 1500), interval="tick"))
    assert found.ok, found
    assert found.needed == found.declared


@pytest.mark.parametrize(("name", "declared"), [("rsi", 15), ("macd", 34)])
def test_an_average_that_never_quite_forgets_is_given_five_times_the_prints_it_declares_and_settles(
    tmp_path: Path, name: str, declared: int
) -> None:
    found = warmed(subject(tmp_path, name, prints(tmp_path, 3000), interval="tick"))
    assert found.ok, found
    assert (found.declared, found.given) == (declared, 5 * declared)
    assert found.shares[0].differing > 0, "with the declared ones alone it would not"
    assert "settled with the" in found.words


def test_a_window_that_is_declared_is_settled_with_what_it_declares(tmp_path: Path) -> None:
    write(tmp_path, "fine", WINDOW.format(declared=20, window=20, speaks=20), interval="1m")
    found = warmed(subject(tmp_path, "fine", bars(tmp_path, 600)))
    assert (found.ok, found.declared, found.needed, found.unit) == (True, 20, 20, "bars of 1m")
    assert all(share.differing == 0 for share in found.shares)


def test_a_window_longer_than_declared_is_told_to_the_bar(tmp_path: Path) -> None:
    write(tmp_path, "short", WINDOW.format(declared=5, window=60, speaks=5), interval="1m")
    found = warmed(subject(tmp_path, "short", bars(tmp_path, 900)))
    assert not found.ok
    assert found.needed is not None
    assert 50 <= found.needed <= 60, "the last bars before the window is full may well want the same"
    assert f"declare warmup={found.needed}" in found.words
    assert f"needs {found.needed - 5} bars of 1m more than it declares" in found.words
    assert found.shares[0].differing > 0


def test_a_slow_exponential_average_with_too_little_warm_up_needs_what_two_plain_lines_say(tmp_path: Path) -> None:
    alpha, count = 0.02, 1200
    write(tmp_path, "slow", AVERAGE.format(declared=5, alpha=alpha), interval="1m")
    found = warmed(subject(tmp_path, "slow", bars(tmp_path, count)))
    assert not found.ok
    closes = walk(count)

    def wants(start: int) -> np.ndarray:
        average, out = closes[start], []
        for close in closes[start:]:
            average += (close - average) * alpha
            out.append(close > average)
        return np.array(out)

    right = wants(0)
    horizon = 10 * 5 + 200
    starts = sorted(set(np.linspace(1, count - 26, 24, dtype=int).tolist()))
    wrong = [np.flatnonzero(wants(s)[:horizon] != right[s : s + horizon]) for s in starts]
    assert found.needed == max(int(w[-1]) + 1 for w in wrong if len(w)) + 1
    assert found.needed > 25


def test_the_same_average_with_enough_warm_up_passes(tmp_path: Path) -> None:
    write(tmp_path, "patient", AVERAGE.format(declared=60, alpha=0.2), interval="1m")
    found = warmed(subject(tmp_path, "patient", bars(tmp_path, 900)))
    assert found.ok, found
    assert found.needed == 60


def test_an_opinion_before_the_declared_warm_up_is_told_with_its_bar(tmp_path: Path) -> None:
    write(tmp_path, "hasty", WINDOW.format(declared=30, window=20, speaks=7), interval="1m")
    found = warmed(subject(tmp_path, "hasty", bars(tmp_path, 600)))
    assert not found.ok
    assert found.early is not None
    assert found.early.bar == 7
    assert "gives an opinion after 7, before the 30 it declares" in found.words


def test_one_that_counts_from_its_own_beginning_never_settles(tmp_path: Path) -> None:
    body = "class Strategy:\n    def __init__(self, params):\n        self.n = 0\n\n"
    body += "    def on_tick(self, tick):\n        self.n += 1\n        return float([1, -1, -1, 1, 1, 1, -1][self.n % 7])\n"
    write(tmp_path, "counts", body)
    found = warmed(subject(tmp_path, "counts", prints(tmp_path, 900)))
    assert (found.ok, found.needed) == (False, None)
    assert "does not settle" in found.words


def test_a_position_taken_before_a_run_began_is_not_held_against_it(tmp_path: Path) -> None:
    body = """
class Strategy:
    def __init__(self, params):
        self.held = 0.0

    def on_tick(self, tick):
        if tick.id % 200 == 199:
            self.held = 1.0 - 2.0 * (tick.id // 200 % 2)
        return self.held
"""
    write(tmp_path, "holds", body)
    assert warmed(subject(tmp_path, "holds", prints(tmp_path, 2000))).ok


def test_too_few_rows_are_called_that(tmp_path: Path) -> None:
    found = warmed(subject(tmp_path, "sma_crossover", bars(tmp_path, 60)))
    assert not found.ok
    assert "cannot be told: there are too few bars of 1m" in found.words
