"""The built-in strategies have the names, defaults and bounds people are told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from strategy_runs import definition

from core.errors import StrategyError

DEFAULTS: dict[str, dict[str, Any]] = {
    "pairs": {"window": 60, "method": "ols", "entry_z": 2.0, "exit_z": 0.5, "stop_z": 4.0},
    "sma_crossover": {"fast": 5, "slow": 20},
    "momentum": {"lookback": 5, "threshold": 0.1},
    "mean_reversion": {"period": 20, "z": 2.0},
    "rsi": {"period": 14, "low": 30.0, "high": 70.0},
    "bollinger": {"period": 20, "k": 2.0},
    "macd": {"fast": 12, "slow": 26, "signal": 9},
    "liquidity": {"window": 30, "average": 300, "threshold": 0.5, "calm": 1.0},
    "smart_money": {"quantile": 0.95, "sample": 300, "window": 30, "enter": 0.2, "leave": 0.05},
    "volume": {"recent": 5, "average": 60, "surge": 2.0, "fade": 1.2, "move": 0.05},
    "microstructure": {"window": 30, "average": 300, "threshold": 0.4},
}
WARMUP = {
    "pairs": 60, "sma_crossover": 20, "momentum": 6, "mean_reversion": 20, "rsi": 15, "bollinger": 20, "macd": 34,
    "liquidity": 301, "smart_money": 330, "volume": 65, "microstructure": 300,
}  # fmt: skip

#: Those that live on who took and what was quoted look at seconds, the others at minutes.
SECONDS = ("liquidity", "smart_money", "microstructure")


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(name: str) -> None:
    strategy = definition(name)
    params = strategy.params({})
    assert msgspec.to_builtins(params) == {**DEFAULTS[name], "interval": "1s" if name in SECONDS else "1m"}
    assert strategy.warmup(params) == WARMUP[name]


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_says_its_bet_in_one_sentence(name: str) -> None:
    sentence = definition(name).sentence
    assert sentence.startswith("Bets that ")
    assert sentence.endswith(".")
    assert sentence.count(".") == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sma_crossover", {"fast": 20, "slow": 20}),
        ("sma_crossover", {"fast": 0}),
        ("sma_crossover", {"slow": 10_001}),
        ("macd", {"fast": 30}),
        ("macd", {"signal": 0}),
        ("momentum", {"threshold": -0.1}),
        ("mean_reversion", {"period": 1}),
        ("mean_reversion", {"z": 0}),
        ("rsi", {"low": 51}),
        ("rsi", {"high": 49}),
        ("bollinger", {"k": "nan"}),
        ("bollinger", {"interval": "fortnight"}),
    ],
)
def test_values_out_of_bounds_are_refused(name: str, values: dict[str, Any]) -> None:
    with pytest.raises(StrategyError):
        definition(name).params(values)
