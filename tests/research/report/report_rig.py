"""Studies that were never run, and what a page holds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.commands import Terms
from core.research.search.findings import Division, Findings, findings
from core.research.search.progress import Progress, Tried
from core.research.search.question import Origin
from core.research.search.ranges import parse_range
from core.research.search.rows import keep_rows
from core.research.search.study import Ask, Study
from core.research.search.trial import Result, Series
from core.research.sources import open_sources
from core.strategy_files import builtin_folder

#: What would be script, markup or an address where it is not taken for text.
HOSTILE = "</script><script>window.hit=1</script><img src=x onerror='window.hit=1'>&\u2028\u202e"

ORIGINS = [Origin("prices.csv", "OHLCV", ["2 rows were out of order"])]


def prices(folder: Path, symbol: str = "BTCUSDT", minutes: int = 500) -> Path:
    """A file of one-minute bars."""
    closes = 100 + np.sin(np.arange(minutes) / 9).cumsum()
    rows = (f"{1_700_000_040_000 + 60_000 * k},{c:.2f},{c + 1:.2f},{c - 1:.2f},{c:.2f},5\n" for k, c in enumerate(closes.tolist()))
    path = folder / f"{symbol}_1m.csv"
    path.write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))
    return path


def asked(folder: Path, *ranges: str, symbols: Sequence[str] = ("BTCUSDT",)) -> Study:
    """A study of moving averages."""
    series = [keep_rows(open_sources([str(prices(folder, symbol))]), folder) for symbol in symbols]
    return Study(Ask(["sma_crossover"], [builtin_folder()], [parse_range(text) for text in ranges], terms=Terms(qty=0.5)), series)


def trial(
    number: int, params: dict[str, Any], series: Series, *, error: str = "", strategy: str = "sma_crossover", drift: float = 0.0
) -> Tried:
    """As if it had been run; the same number gives the same changes."""
    changes = np.random.default_rng(number).normal(drift, 10.0, len(series.edges_ns))
    sharpe = float(changes.mean() / changes.std() * np.sqrt(365))
    figures = dict(
        trades=40, net_pnl=float(changes.sum()), sharpe=sharpe, max_drawdown=55.5, max_drawdown_pct=0.6, win_rate=0.5, profit_factor=1.1,
        fees=3.21, fills=80, elapsed_s=0.01,
    )  # fmt: skip
    return Tried(strategy, series.symbol, params, Result(number, {} if error else figures, b"" if error else changes.tobytes(), error))


def judged(study: Study, tried: Sequence[Tried], division: Division | None = None) -> Findings:
    """What such trials were found to be worth."""
    return findings(study, Progress(len(tried), len(tried)), tried, "sharpe", division=division)


def grid(folder: Path, *ranges: str, symbols: Sequence[str] = ("BTCUSDT",), division: Division | None = None) -> Findings:
    """A study with a trial for every combination."""
    study = asked(folder, *(ranges or ("fast=2:6:2", "slow=10:20:5")), symbols=symbols)
    sets = [(one, values) for one in study.series for values in study.spaces[0].grid()]
    return judged(study, [trial(number, values, one) for number, (one, values) in enumerate(sets)], division)


def data_of(page: bytes) -> Any:
    """What the script of a page reads."""
    found = re.findall(rb'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return json.loads(found[0])
