"""Six coins of 2025 on one account: against the accounts of the legs, pandas, and the same day's marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.commands import Terms
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.portfolio.document import document
from core.research.portfolio.legs import Ask, Leg
from core.research.portfolio.run import Portfolio, run_portfolio
from core.strategy_files import builtin_folder

COINS = ("BCH", "BNB", "BTC", "ETH", "LTC", "SOL")


@pytest.fixture(scope="module")
def six(shared_data: Path) -> Portfolio:
    """Momentum on each of them, one sixth of the capital each."""
    folder = shared_data / "ohlcv" / "binance_usdm_1m_2025"
    params, terms = {"lookback": 20, "interval": "1h"}, Terms(side="long_short")
    legs = [Leg(coin, "momentum", (str(folder / f"{coin}USDT_1m.csv.gz"),), params, terms, weight=1 / 6) for coin in COINS]
    return run_portfolio(Ask(legs, [builtin_folder()]))


def test_every_leg_is_the_account_of_its_own_backtest_bar_by_bar(six: Portfolio) -> None:
    for pnl, one in zip(six.marks.pnl, six.runs, strict=True):
        assert pnl[-1] == one.result.figures["net_pnl"]
        equity = 10_000 + pnl
        fall = float((np.maximum(np.maximum.accumulate(equity), 10_000) - equity).max())
        assert fall == pytest.approx(one.result.figures["max_drawdown"], rel=1e-9), "one-minute marks see every bar"
    btc = six.runs[2]
    terms = Terms(side="long_short", qty=btc.qty)
    alone = run_backtest(Order(list(btc.leg.sources), "momentum", [builtin_folder()], btc.leg.params, terms))
    assert btc.result.figures["net_pnl"] == alone.figures["net_pnl"]
    assert btc.result.figures["fills"] == alone.figures["fills"] > 50


def test_daily_figures_are_those_of_pandas(six: Portfolio) -> None:
    found = document(six)
    marks = pd.DataFrame(six.marks.pnl.T, index=pd.to_datetime(six.marks.times, utc=True), columns=list(COINS))
    ends = pd.to_datetime(six.marks.edges, utc=True)
    daily = marks.loc[ends].diff().fillna(marks.loc[ends[:1]])
    assert found["figures"]["periods"] == len(daily) == 43
    together = daily.sum(axis=1)
    shares = [part["of_variance"] for part in found["contributions"]]
    assert shares == pytest.approx([daily[coin].cov(together) / together.var() for coin in COINS])
    assert sum(shares) == pytest.approx(1)
    assert found["figures"]["diversification_ratio"] == pytest.approx(daily.std().sum() / together.std())
    both = six.marks.covered[0] & six.marks.covered[2]
    assert 28 <= both.sum() <= 31
    r = daily["BCH"][both].corr(daily["BTC"][both])
    assert found["correlation"]["matrix"][0][2] == pytest.approx(r)
    returns = together / 10_000
    assert found["figures"]["sharpe"] == pytest.approx(returns.mean() / returns.std() * 365**0.5)


def test_the_deepest_fall_is_that_of_the_common_equity_at_every_minute(six: Portfolio) -> None:
    figures = document(six)["figures"]
    equity = pd.Series(six.equity)
    assert figures["mark_s"] == 60
    assert figures["max_drawdown"] == pytest.approx((equity.cummax().clip(lower=10_000) - equity).max())
    assert figures["max_drawdown"] < sum(one.result.figures["max_drawdown"] for one in six.runs)
    assert figures["leverage_max"] > 1
    assert figures["turnover"] == pytest.approx(
        sum((one.result.executed["price"] * np.abs(one.result.executed["qty"])).sum() for one in six.runs)
        / 10_000 / ((six.marks.last_ns + 1 - six.marks.first_ns) / 86_400e9)
    )  # fmt: skip
