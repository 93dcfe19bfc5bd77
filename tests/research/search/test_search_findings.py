"""What a study is made into: the order of its trials, what their number leaves of the best, plateaus, folds, words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from study_rig import bars_file, here, strategy_folder, study

from core.commands import Terms
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.search.advice import best_per_strategy, best_per_symbol, sentences
from core.research.search.counting import trials_ever
from core.research.search.crew import local_crew
from core.research.search.findings import Division, Findings, document, findings
from core.research.search.montecarlo import monte_carlo
from core.research.search.plateau import mark_plateaus
from core.research.search.progress import Tried
from core.research.search.ranking import Row, rank
from core.research.search.runner import Runner
from core.research.search.trial import Jitter, Result, Series
from core.store.ledger import Ledger
from core.strategy_files import builtin_folder

FIGURES = dict(
    trades=40, net_pnl=1.0, sharpe=None, max_drawdown=1.0, max_drawdown_pct=0.1, win_rate=0.5, profit_factor=1.1, fees=0.1, fills=80
)
EDGES = list(range(1, 65))
ONE = Series("k", "", "binance:BTCUSDT", 64, True, 1, 0, 63, EDGES)


def tried(changes: np.ndarray, number: int = 0, symbol: str = ONE.symbol, strategy: str = "s", **more: Any) -> Tried:
    """A trial with these changes of equity."""
    figures = FIGURES | {"net_pnl": float(changes.sum())} | more
    return Tried(strategy, symbol, {"k": number}, Result(number, figures, changes.tobytes()))


def noise(count: int, seed: int = 1, drift: float = 0.0) -> list[Tried]:
    """Trials that are worth nothing, or all the same something."""
    rng = np.random.default_rng(seed)
    return [tried(rng.normal(drift, 1.0, 64), k) for k in range(count)]


def run(folder: Path, *ranges: str, division: Division | None = None, **more: Any) -> Findings:
    """A study, tried and judged."""
    asked = study(folder, *ranges, **more)
    runner = Runner(asked, here)
    return findings(asked, runner.progress, runner.run(folder / "trials"), asked.ask.rank_by, division=division)


def test_the_best_of_many_worthless_trials_is_called_overfit() -> None:
    ranking = rank(noise(1000), [ONE], 10_000.0, "net_pnl")
    assert ranking.rows[0].net_pnl == max(row.net_pnl or 0 for row in ranking.rows) > 0
    assert ranking.verdict == "overfit"
    assert ranking.pbo is not None and ranking.pbo > 0.3  # noqa: PT018 - one fact
    assert ranking.spa is not None
    assert ranking.reality_check is not None
    assert min(ranking.spa, ranking.reality_check) > 0.05
    assert "Verdict: overfit" in list(sentences(ranking))[-1]


def test_one_that_is_truly_better_than_the_rest_holds() -> None:
    rng = np.random.default_rng(3)
    ranking = rank([*noise(100), tried(rng.normal(1.5, 1.0, 64), 100)], [ONE], 10_000.0, "net_pnl")
    assert (ranking.rows[0].params, ranking.verdict) == ({"k": 100}, "holds")
    assert (ranking.pbo, ranking.spa) == (0.0, 0.0)
    assert ranking.independent is not None
    assert 50 < ranking.independent <= 101


def test_trials_made_before_make_the_same_result_worth_less() -> None:
    trials = [*noise(20), tried(np.random.default_rng(3).normal(0.5, 1.0, 64), 20)]
    alone, late = (rank(trials, [ONE], 10_000.0, "net_pnl", earlier).rows[0] for earlier in (0, 5000))
    assert (late.deflated_sharpe or 0) < (alone.deflated_sharpe or 0)


def test_the_order_does_not_depend_on_the_order_they_came_in_and_what_has_no_figure_comes_last() -> None:
    same = np.ones(64)
    trials = [tried(same, 3), tried(same, 1), tried(same, 2, net_pnl=None), tried(2 * same, 5)]
    forward, backward = (rank(order, [ONE], 1.0, "net_pnl") for order in (trials, trials[::-1]))
    assert [row.params["k"] for row in forward.rows] == [5, 1, 3, 2] == [row.params["k"] for row in backward.rows]


def test_a_small_drawdown_is_better_than_a_large_one() -> None:
    trials = [tried(np.ones(64), k, max_drawdown=float(10 - k)) for k in range(3)]
    assert [row.params["k"] for row in rank(trials, [ONE], 1.0, "max_drawdown").rows] == [2, 1, 0]


def test_trials_that_failed_or_never_traded_are_told_and_judged_as_that() -> None:
    failed = Tried("s", ONE.symbol, {"k": 9}, Result(9, {}, error="no idea"))
    idle = tried(np.zeros(64), 1, trades=0, fills=0, win_rate=None, profit_factor=None)
    ranking = rank([failed, idle], [ONE], 1.0, "sharpe")
    assert ranking.failed == [("s", ONE.symbol, {"k": 9}, "no idea")]
    assert (ranking.rank_by, ranking.rows[0].deflated_sharpe, ranking.pbo, ranking.verdict) == ("net_pnl", None, None, None)
    words = " ".join(sentences(ranking))
    assert "it never closed a trade" in words
    json.dumps(msgspec.to_builtins(ranking.rows), allow_nan=False)
    assert list(sentences(rank([failed], [ONE], 1.0, "sharpe"))) == ["No trial has a result."]


def test_a_lone_peak_is_told_from_a_plateau() -> None:
    def row(k: int, pnl: float) -> Row:
        return Row("s", "x", {"k": k, "name": "a"}, **{**FIGURES, "net_pnl": pnl})

    rows = [row(1, 10.0), row(2, 11.0), row(3, 9.0), row(4, 50.0), row(5, -20.0)]
    mark_plateaus(rows, [("k", [1, 2, 3, 4, 5]), ("name", ["a", "b"])], "net_pnl")
    assert [one.plateau and round(one.plateau, 3) for one in rows] == [1.1, round(9.5 / 11, 3), round(30.5 / 9, 3), -0.11, None]


def test_the_best_for_each_symbol_and_of_each_strategy() -> None:
    trials = [
        tried(k * np.ones(64), k, symbol, strategy)
        for k, (symbol, strategy) in enumerate([("x", "a"), ("x", "b"), ("y", "a"), ("y", "b"), ("z", "a")])
    ]
    ranking = rank(trials, [ONE], 1.0, "net_pnl")
    assert [(one.symbol, one.strategy) for one in best_per_symbol(ranking)] == [("z", "a"), ("y", "b"), ("x", "b")]
    assert [(one.strategy, one.symbol) for one in best_per_strategy(ranking)] == [("a", "z"), ("b", "y")]


def test_a_fold_is_judged_by_a_run_of_its_own_on_rows_nothing_was_chosen_on(tmp_path: Path) -> None:
    found = run(tmp_path, "fast=2:10:2", "slow=12:24:4", division=Division("rolling", 3))
    (one,) = found.validations
    assert len(one.folds) == 3
    for fold in one.folds:
        order = Order(
            [str(tmp_path / "BTCUSDT-1m-2023-11.csv")], "sma_crossover", [builtin_folder()], fold.params,
            from_ns=fold.test[0], to_ns=fold.test[1] + 60 * 10**9,
        )  # fmt: skip
        alone = run_backtest(order)
        assert fold.trades is not None
        assert abs(fold.trades - alone.figures["trades"]) <= 1  # a bar that straddles the end is in one of them
        assert fold.train[1] <= fold.test[0]
    assert one.test_pnl == pytest.approx(sum(fold.test_pnl for fold in one.folds))


@pytest.mark.parametrize("way", ["split", "anchored", "purged", "combinatorial"])
def test_every_way_of_judging_gives_figures_that_json_can_hold(way: str, tmp_path: Path) -> None:
    strategy_folder(tmp_path, idle="return None", plain="return float(self.n // (self.k + 3) % 2)")
    found = run(tmp_path, "k=0:3", strategies=("idle", "plain"), division=Division(way, 4))
    whole = document(found, 1.0)
    assert json.loads(json.dumps(whole, allow_nan=False))["validations"][0]["way"] == way
    assert {"trials", "pbo", "verdict", "ranking"} <= set(whole)
    assert set(whole["ranking"][0]) >= {"strategy", "symbol", "params", "trades", "net_pnl", "sharpe", "max_drawdown", "deflated_sharpe"}


async def test_runs_and_studies_on_the_same_market_and_time_are_counted(tmp_path: Path) -> None:
    asked = study(tmp_path, "fast=5", files=(bars_file(tmp_path),))
    (one,) = asked.series
    path = tmp_path / "ledger.db"
    assert trials_ever(tmp_path, one) == 0
    inside = {"symbol": one.symbol, "first_ns": one.first_ns + 5, "last_ns": one.last_ns - 5}
    other = {"symbol": "binance:ETHUSDT", "first_ns": one.first_ns, "last_ns": one.last_ns}
    before = {"symbol": one.symbol, "first_ns": 0, "last_ns": one.first_ns - 1}
    async with await Ledger.open(path) as ledger:
        rows = [
            ("backtest", {"outcome": inside}), ("backtest", {"outcome": other}), ("backtest", {"outcome": None}), ("trial", {}),
            ("optimize", {"counts": [{**inside, "trials": 40}, {**other, "trials": 7}, {**before, "trials": 3}]}),
        ]  # fmt: skip
        for number, (kind, result) in enumerate(rows):
            await ledger.add_run(f"run-{number}", 1, kind=kind, strategy="s", source="x", params="{}", result=json.dumps(result))
    assert trials_ever(tmp_path, one) == 41


def test_what_else_might_have_come_of_the_best_is_the_same_for_the_same_seed_whoever_runs_it(tmp_path: Path) -> None:
    asked = study(tmp_path, "fast=2:6:2", terms=Terms(fee_bps=2, slippage_bps=1))
    tried_ = Runner(asked, here).run(tmp_path / "trials")
    found = [
        monte_carlo(asked, Runner(asked, lambda jobs=jobs: local_crew(jobs, idle=False)), tried_[1], paths=200, runs=12, seed=seed)  # type: ignore[misc]
        for jobs, seed in ((1, 3), (2, 3), (1, 4))
    ]
    assert found[0] == found[1] != found[2]
    assert found[0].jittered is not None
    assert found[0].redrawn is not None
    assert found[0].jittered.net_pnl.p5 < found[0].jittered.net_pnl.p95
    assert found[0].redrawn.net_pnl.p5 < tried_[1].result.periods.sum() < found[0].redrawn.net_pnl.p95


def test_a_market_without_jitter_and_the_same_costs_is_the_one_that_was(tmp_path: Path) -> None:
    asked = study(tmp_path, "fast=5", terms=Terms(fee_bps=2))
    (plain,) = Runner(asked, here).run(tmp_path / "trials")
    same, dear = (
        msgspec.structs.replace(asked.trial(k, 0, 0, plain.params), jitter=Jitter(1, 0.0, cost)) for k, cost in enumerate((1.0, 3.0))
    )
    results = Runner(asked, here).once([same, dear])
    assert results[0].changes == plain.result.changes
    assert results[1].figures["fees"] == pytest.approx(3 * plain.result.figures["fees"])
