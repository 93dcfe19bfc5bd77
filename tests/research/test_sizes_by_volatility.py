"""Backtests sized by volatility: bars that are too long are refused, and what waited for it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.commands import Terms
from core.errors import UsageError
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.research.search.study import Ask, Study
from core.research.search.trial import Series
from core.research.volatility import refuse_long_bars
from core.strategy_files import builtin_folder
from core.types import MINUTE

HOURLY = 60 * MINUTE


def run(path: Path, terms: Terms, every: int) -> Result:
    """A strategy over 300 bars of so many minutes."""
    rng = np.random.default_rng(5)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, 300)))
    start = 1_700_006_400_000
    lines = [f"{start + k * every * 60_000},{c:.4f},{c * 1.001:.4f},{c * 0.999:.4f},{c:.4f},10" for k, c in enumerate(closes)]
    path.write_text("open_time,open,high,low,close,volume\n" + "\n".join(lines) + "\n", encoding="utf-8")
    params = {"fast": 3, "slow": 8, "interval": f"{every}m"}
    return run_backtest(Order([str(path)], "sma_crossover", [builtin_folder()], params, terms, "X"))


@pytest.mark.slow
def test_what_waited_is_told(tmp_path: Path) -> None:
    result = run(tmp_path / "x.csv", Terms(size="vol_pct", qty=20, side="long_short"), 5)
    assert "a target waited, volatility not known yet: 1 time" in result.source.notes
    assert result.figures["fills"] > 5


def test_bars_too_long_for_the_half_life_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        run(tmp_path / "x.csv", Terms(size="vol_pct", qty=20, vol_half_life_hours=1), 5)
    assert str(refusal.value) == (
        "size vol_pct: a half-life of 1 hours is too short for bars of 5m: vol_half_life_hours must be at least 1.25, which is 15 bars"
    )


def test_the_least_half_life_is_one_that_comes_to_be_known(tmp_path: Path) -> None:
    assert run(tmp_path / "x.csv", Terms(size="vol_pct", qty=20, vol_half_life_hours=1.25, side="long_short"), 5).figures["fills"] > 5


def test_a_study_refuses_them_too() -> None:
    bars = Series("k", "p", "X", 10, True, HOURLY, 0, 9 * HOURLY, [10 * HOURLY])
    with pytest.raises(UsageError, match="too short for bars of 1h"):
        Study(Ask(["sma_crossover"], [builtin_folder()], terms=Terms(size="vol_pct", vol_half_life_hours=2)), [bars])


def test_ticks_and_other_sizes_are_never_refused() -> None:
    refuse_long_bars(Terms(size="vol_pct", vol_half_life_hours=1e-3), 0)
    refuse_long_bars(Terms(vol_half_life_hours=1e-3), HOURLY)
