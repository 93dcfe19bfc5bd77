"""A strategy whose bars are shorter than the source's: refused where somebody asked for them, else warmed and told in the source's own."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import UsageError
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.research.search.ranges import parse_range
from core.research.search.rows import keep_rows
from core.research.search.study import Ask, Study
from core.research.sources import open_sources
from core.strategy_files import builtin_folder
from core.types import MINUTE

HOUR = 60 * MINUTE
START = 1_700_006_400_000_000_000 // HOUR * HOUR
COUNT = 400


@pytest.fixture
def hourly(tmp_path: Path) -> Path:
    """Bars of an hour, as a venue lists them."""
    close = np.round(100 + np.cumsum(np.random.default_rng(3).normal(0, 1, COUNT)), 2).tolist()
    path = tmp_path / "BTCUSDT-1h-2023-11.csv"
    with path.open("w", newline="") as file:
        for k, price in enumerate(close):
            opened, first = (START + k * HOUR) // 1_000_000, close[max(k - 1, 0)]
            row = [opened, first, max(first, price), min(first, price), price, 5, opened + HOUR // 1_000_000 - 1, 500, 10, 2, 200, 0]
            csv.writer(file).writerow(row)
    return path


def run(path: Path, params: dict[str, Any], **more: Any) -> Result:
    return run_backtest(Order([str(path)], "sma_crossover", [builtin_folder()], params, cache=False, **more))


def test_who_asks_for_shorter_bars_is_refused_with_both_intervals(hourly: Path) -> None:
    with pytest.raises(UsageError, match=r"^interval=1m: the source has 1h bars: interval must be 1h or longer, or tick for each bar$"):
        run(hourly, {"interval": "1m"})


def test_a_default_that_is_shorter_runs_on_the_sources_bars_and_says_so(hourly: Path) -> None:
    short, same = run(hourly, {}), run(hourly, {"interval": "1h"})
    assert short.source.notes == ["the source has 1h bars: 1m is not to be had, each source bar counts"]
    assert same.source.notes == []
    assert short.fills == same.fills
    assert len(short.fills) > 5


def test_it_is_warmed_up_on_as_many_of_the_sources_bars(hourly: Path) -> None:
    short, same = (run(hourly, {"slow": 50} | given, from_ns=START + 300 * HOUR) for given in ({}, {"interval": "1h"}))
    assert short.fills == same.fills
    assert short.fills[0]["ts_ns"] < START + 340 * HOUR
    assert short.source.notes[0].startswith("the source has 1h bars: 1m is not to be had")


def test_bars_as_long_or_longer_and_each_bar_are_taken(hourly: Path) -> None:
    for interval in ("1h", "4h", "tick"):
        assert run(hourly, {"interval": interval}).source.notes == []


@pytest.mark.parametrize("asked", [{"params": {"interval": "30m"}}, {"ranges": [parse_range("interval=30m,1h")]}], ids=["fixed", "tried"])
def test_a_study_refuses_them_too(hourly: Path, tmp_path: Path, asked: dict[str, Any]) -> None:
    rows = tmp_path / "rows"
    rows.mkdir()
    series = [keep_rows(open_sources([str(hourly)]), rows)]
    with pytest.raises(UsageError, match="interval=30m: the source has 1h bars"):
        Study(Ask(["sma_crossover"], [builtin_folder()], **asked), series)
    Study(Ask(["sma_crossover"], [builtin_folder()], [parse_range("fast=3,5")]), series)
