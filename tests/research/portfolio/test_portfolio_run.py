"""A portfolio against its legs run alone, by hand on a few bars, and at its edges: what fails, what does not trade, what is short."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio_rig import FREE, MINUTE_MS, START_MS, bars_file, leg, run, strategies

from core.commands import Terms
from core.errors import CockpitError, SourceError, StrategyError, UsageError
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.portfolio.document import document
from core.research.portfolio.figures import portfolio_figures
from core.research.portfolio.legs import Ask, Leg
from core.research.portfolio.marks import total
from core.research.portfolio.run import run_portfolio
from core.research.portfolio.warnings import warnings_of

COSTLY = Terms(side="long_short", fee_bps=7, slippage_bps=2, stop_loss_pct=1)


def walk(folder: Path, symbol: str = "BTCUSDT", count: int = 900, seed: int = 1, start_ms: int = START_MS) -> Path:
    rng = np.random.default_rng(seed)
    return bars_file(folder, np.round(100 + np.cumsum(rng.normal(0, 0.3, count)), 2).tolist(), symbol, start_ms)


def test_two_legs_by_hand(tmp_path: Path) -> None:
    up = bars_file(tmp_path, [100, 110, 105, 120])
    down = bars_file(tmp_path, [50, 40, 45, 30], "ETHUSDT")
    done = run(tmp_path, [leg("up", "long", up), leg("down", "short", down, terms=msgspec.structs.replace(FREE, qty=2))])
    closes = np.searchsorted(done.marks.times, (START_MS + MINUTE_MS * np.arange(1, 5)) * 1_000_000)
    assert done.marks.pnl[:, closes].tolist() == [[0, 10, 5, 20], [0, 20, 10, 40]]
    assert done.marks.value[:, closes].tolist() == [[0, 110, 105, 120], [0, -80, -90, -60]]
    assert done.equity[closes].tolist() == [10_000, 10_030, 10_015, 10_060]
    figures = portfolio_figures(done)
    assert (figures["net_pnl"], figures["fees"], figures["max_drawdown"], figures["fills"]) == (60, 0, 15, 2)
    assert figures["max_drawdown_pct"] == pytest.approx(15 / 10_030 * 100)
    assert (figures["gross_max"], figures["net_max"], figures["exposure"]) == (195, 60, 0.75)
    assert figures["turnover"] is None, "four minutes are no day"
    found = document(done)
    assert found["correlation"]["matrix"][0][1] == pytest.approx(1.0)
    assert [part["of_pnl"] for part in found["contributions"]] == pytest.approx([1 / 3, 2 / 3])
    assert "up and down are 1.00 correlated: exposure counts twice" in found["warnings"]


@pytest.mark.slow
@pytest.mark.parametrize("from_bar", [None, 400])
def test_each_leg_is_the_backtest_of_the_same_words_and_their_sum_is_the_portfolio(tmp_path: Path, from_bar: int | None) -> None:
    btc, eth = walk(tmp_path), walk(tmp_path, "ETHUSDT", seed=2)
    begin = None if from_bar is None else (START_MS + from_bar * MINUTE_MS) * 1_000_000
    legs = [
        leg("a", "sma_crossover", btc, terms=COSTLY),
        leg("b", "momentum", btc, params={"interval": "5m", "lookback": 9}, terms=msgspec.structs.replace(COSTLY, qty=3)),
        leg("c", "flips", eth, terms=COSTLY),
    ]
    done = run(tmp_path, legs, from_ns=begin)
    for one in done.runs:
        terms = msgspec.structs.replace(one.leg.terms, capital=10_000)
        alone = run_backtest(Order(list(one.leg.sources), one.leg.strategy, strategies(tmp_path), one.leg.params, terms, from_ns=begin))
        same = {name: value for name, value in alone.figures.items() if name != "elapsed_s"}
        assert {name: one.result.figures[name] for name in same} == same
        assert same["fills"] > 3
    nets = np.array([one.result.figures["net_pnl"] for one in done.runs])
    figures = portfolio_figures(done)
    assert figures["net_pnl"] == total(nets[:, None])[0] == float(np.sort(nets).sum())
    assert done.marks.pnl[:, -1].tolist() == nets.tolist(), "the last marks are the accounts'"
    assert done.marks.changes.sum(axis=1) == pytest.approx(nets)
    assert figures["trades"] == sum(one.result.figures["trades"] for one in done.runs)
    assert figures["max_drawdown"] <= sum(one.result.figures["max_drawdown"] for one in done.runs)


@pytest.mark.slow
def test_funding_is_in_the_marks_when_it_is_due(tmp_path: Path) -> None:
    path = walk(tmp_path)
    funded = msgspec.structs.replace(COSTLY, funding_bps=30, funding_hours=1, size="equity_pct", qty=40)
    done = run(
        tmp_path,
        [
            leg("a", "flips", path, terms=funded),
            leg("b", "long", path, terms=msgspec.structs.replace(FREE, funding_bps=50, funding_hours=1)),
        ],
    )
    for pnl, one in zip(done.marks.pnl, done.runs, strict=True):
        assert len(one.result.funded) > 10
        assert pnl[-1] == pytest.approx(one.result.figures["net_pnl"], abs=1e-9)
        fall = float((np.maximum(np.maximum.accumulate(10_000 + pnl), 10_000) - 10_000 - pnl).max())
        assert fall == pytest.approx(one.result.figures["max_drawdown"], abs=1e-6), "it was charged at another time"
    figures = portfolio_figures(done)
    assert figures["funding"] == pytest.approx(sum(one.result.figures["funding"] for one in done.runs))
    assert figures["net_pnl"] == pytest.approx(sum(one.result.figures["net_pnl"] for one in done.runs))


@pytest.mark.parametrize(("size", "whole"), [("units", 1000 / 321), ("quote", 1000), ("equity_pct", 100)])
def test_a_weight_is_the_same_share_in_every_unit_of_size(tmp_path: Path, size: str, whole: float) -> None:
    path = bars_file(tmp_path, [321.0, 321.0, 340.0, 350.0])
    (one,) = run(tmp_path, [leg("a", "long", path, weight=0.25, terms=msgspec.structs.replace(FREE, size=size))], capital=1000.0).runs
    assert one.qty == pytest.approx(0.25 * whole, rel=1e-5)
    assert one.result.figures["net_pnl"] == pytest.approx(250 / 321 * 29, rel=1e-4)


def test_rows_with_holes_fail_their_leg_unless_they_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-aggTrades-2023-11.csv"
    rows = [f"{k},{100 + k % 7}.00,1.5,{k},{k},{START_MS + k * 100},false" for k in range(20_000) if not 9_000 < k < 15_000]
    path.write_text("\n".join(rows) + "\n")
    legs = [leg("holes", "sma_crossover", path, params={"interval": "tick"}), leg("good", "flips", walk(tmp_path, "ETHUSDT"))]
    assert "--allow-gaps" in run(tmp_path, legs).failed["holes"]
    done = run(tmp_path, legs, allow_gaps=True)
    assert done.failed == {}
    assert any(line.startswith("holes: gaps were allowed") for line in warnings_of(done))


def test_a_portfolio_of_one_leg_has_the_figures_of_its_backtest(tmp_path: Path) -> None:
    path = walk(tmp_path, count=4000)
    (one,) = (done := run(tmp_path, [leg("a", "sma_crossover", path, terms=COSTLY)])).runs
    figures = portfolio_figures(done)
    alone = one.result.figures
    for name in ("ticks", "trades", "fills", "win_rate", "gross_profit", "fees", "net_pnl", "max_drawdown"):
        assert figures[name] == alone[name], name
    names = ("max_drawdown_pct", "sharpe", "cagr", "sortino", "calmar", "volatility", "exposure", "turnover", "best_day", "net_pnl_day")
    assert {name: figures[name] for name in names} == pytest.approx({name: alone[name] for name in names}, rel=1e-8)


def test_a_portfolio_of_ticks_is_marked_by_the_last_print_before(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT.csv"
    path.write_text("timestamp,price\n" + "".join(f"{START_MS + k * 2500},{100 + k % 7}\n" for k in range(400)))
    done = run(tmp_path, [leg("a", "sma_crossover", path, params={"interval": "tick"})])
    (one,) = done.runs
    assert done.marks.step_ns == 1_000_000_000
    assert one.result.figures["fills"] > 10
    assert done.marks.pnl[0, -1] == one.result.figures["net_pnl"]
    assert portfolio_figures(done)["max_drawdown"] == one.result.figures["max_drawdown"], "prints are further apart than marks"


def test_a_mirror_and_a_leg_that_does_not_trade(tmp_path: Path) -> None:
    path = walk(tmp_path)
    legs = [leg("one", "flips", path), leg("other", "against", path), leg("same", "flips", path), leg("none", "idle", path)]
    done = run(tmp_path, legs)
    found = document(done)
    assert found["correlation"]["matrix"] == [[1, -1, 1, None], [-1, 1, -1, None], [1, -1, 1, None], [None] * 4]
    assert found["legs"][3]["figures"]["trades"] == 0
    assert found["contributions"][3] == {"name": "none", "pnl": 0.0, "of_pnl": 0.0, "of_variance": 0.0}
    text = "\n".join(found["warnings"])
    assert "one and other are -1.00 correlated: what one makes the other loses" in text
    assert "none did not trade" in text


def test_opposite_legs_on_one_symbol_cancel_and_only_pay_fees(tmp_path: Path) -> None:
    path = walk(tmp_path)
    costs = msgspec.structs.replace(FREE, fee_bps=10)
    done = run(tmp_path, [leg("one", "flips", path, terms=costs), leg("other", "against", path, terms=costs)])
    figures, found = portfolio_figures(done), document(done)
    assert figures["net_pnl"] == pytest.approx(-figures["fees"])
    assert found["netting"]["binance:BTCUSDT"]["cancels"] == pytest.approx(1.0)
    assert any("100 % of the gross exposure cancels: one, other held opposite sides" in line for line in found["warnings"])
    assert figures["net_max"] == 0


def test_legs_on_one_symbol_read_it_once(tmp_path: Path) -> None:
    path = walk(tmp_path)
    stages: list[str] = []
    ask = Ask([leg("one", "flips", path), leg("other", "long", path)], strategies(tmp_path))
    done = run_portfolio(ask, stage=stages.append)
    assert stages == ["read 1/1", "leg 1/2", "leg 2/2"]
    assert np.shares_memory(done.runs[0].rows.rows, done.runs[1].rows.rows)


def test_unequal_spans_are_compared_where_both_were_and_told(tmp_path: Path) -> None:
    early, late = walk(tmp_path, count=900), walk(tmp_path, "ETHUSDT", 900, 2, START_MS + 450 * MINUTE_MS)
    done = run(tmp_path, [leg("early", "flips", early), leg("late", "flips", late), leg("other", "flips", early)])
    marks = done.marks
    both = marks.covered[0] & marks.covered[1]
    assert 0 < both.sum() < len(both) / 2
    matrix = document(done)["correlation"]["matrix"]
    assert matrix[0][1] == pytest.approx(np.corrcoef(marks.changes[0][both], marks.changes[1][both])[0, 1])
    ended = np.searchsorted(marks.times, done.runs[0].rows.last_ns + 1)
    assert len(set(marks.pnl[0, ended:].tolist())) == 1, "what has ended makes nothing"
    assert marks.pnl[1, marks.times < int(done.runs[1].rows.when[0])].tolist() == [0.0] * int(
        (marks.times < done.runs[1].rows.when[0]).sum()
    )
    assert any(line.startswith("early, other have rows for 67 % of the span") for line in warnings_of(done))


def test_legs_that_never_meet_are_not_correlated(tmp_path: Path) -> None:
    before, after = walk(tmp_path, count=300), walk(tmp_path, "ETHUSDT", 300, 2, START_MS + 600 * MINUTE_MS)
    done = run(tmp_path, [leg("before", "flips", before), leg("after", "flips", after)])
    assert document(done)["correlation"]["matrix"] == [[1.0, None], [None, 1.0]]


def test_a_leg_that_raises_is_named_and_the_others_are_told(tmp_path: Path) -> None:
    path = walk(tmp_path)
    done = run(tmp_path, [leg("bad", "breaks", path), leg("good", "flips", path)])
    assert list(done.failed) == ["bad"]
    assert "breaks failed: ZeroDivisionError" in done.failed["bad"]
    found = document(done)
    assert [row["name"] for row in found["legs"]] == ["bad", "good"]
    assert "error" in found["legs"][0]
    assert found["correlation"]["names"] == ["good"]
    assert found["warnings"][0].startswith("leg bad failed, and all figures are without it")
    with pytest.raises(CockpitError, match="leg bad: breaks failed"):
        run(tmp_path, [leg("bad", "breaks", path)])


def test_rows_that_cannot_be_read_fail_their_legs_only(tmp_path: Path) -> None:
    bad = walk(tmp_path, "ETHUSDT", 20_000)
    lines = bad.read_text().splitlines()
    lines[10_000] = lines[10_000].replace(",5.0,", ",oops,")
    bad.write_text("\n".join(lines) + "\n")
    done = run(tmp_path, [leg("good", "flips", walk(tmp_path)), leg("bad", "flips", bad), leg("too", "long", bad)])
    assert list(done.failed) == ["bad", "too"]
    assert ":10001: " in done.failed["bad"]


def test_words_that_cannot_work_are_refused_before_anything_runs(tmp_path: Path) -> None:
    path = walk(tmp_path)
    good = leg("good", "flips", path)
    for wrong, kind, said in [
        (leg("x", "nope", path), StrategyError, "leg x: no strategy 'nope'; there are: "),
        (leg("x", "flips", path, params={"speed": 1}), StrategyError, "leg x: flips has no parameter 'speed'"),
        (leg("x", "flips", tmp_path / "none.csv"), SourceError, "leg x: "),
        (leg("good", "long", path), UsageError, "two legs are called good"),
        (leg("x", "long", path, weight=0.0), UsageError, "leg x: weight=0: must be above 0"),
        (leg("x", "long", path, terms=Terms(max_age_s=1)), UsageError, "leg x: max_age_s=1 does nothing: long trades one symbol"),
        (leg("x", "long", path, terms=Terms(funding_hours=1)), UsageError, "leg x: funding_hours=1 does nothing without funding_bps=B"),
    ]:
        with pytest.raises(kind) as refused:
            run(tmp_path, [good, wrong])
        assert str(refused.value).startswith(said)
        assert "\n" not in str(refused.value)
    with pytest.raises(UsageError, match="a portfolio needs a leg"):
        run(tmp_path, [])


def test_a_weight_is_worth_its_share_at_the_first_price_and_can_be_typed_again(tmp_path: Path) -> None:
    path = bars_file(tmp_path, [321.0, 330.0, 340.0, 350.0])
    (one,) = run(tmp_path, [leg("a", "long", path, weight=0.25)], capital=1000.0).runs
    assert one.qty == float(f"{0.25 * 1000 / 321:.6g}")
    assert one.result.figures["net_pnl"] == pytest.approx(one.qty * (350 - 321))


def test_positions_worth_more_than_equity_are_told(tmp_path: Path) -> None:
    path = bars_file(tmp_path, [100.0, 100.0, 110.0, 90.0, 95.0])
    done = run(tmp_path, [leg("a", "long", path, weight=0.8), leg("b", "long", path, weight=0.7)], capital=1000.0)
    found = document(done)
    (stretch,) = found["overdrawn"]
    assert stretch["leverage"] == pytest.approx(15 * 90 / (1000 - 150))
    assert stretch["worst_ns"] == (START_MS + 4 * MINUTE_MS) * 1_000_000
    assert found["figures"]["leverage_max"] == stretch["leverage"]
    assert found["warnings"][0].startswith("positions were worth more than equity once")


def test_equity_that_is_gone_is_told(tmp_path: Path) -> None:
    path = bars_file(tmp_path, [100.0, 100.0, 150.0, 250.0, 100.0])
    done = run(tmp_path, [leg("a", "short", path, weight=1.0)], capital=1000.0)
    found = document(done)
    assert found["figures"]["leverage_max"] is None
    assert found["warnings"][0].startswith("equity was gone at 2023-11-14T22:18:00Z")
    assert "with no equity left" in found["warnings"][1]


def test_risk_weighs_by_the_first_third_only_and_trades_what_follows(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    steps = {"BTCUSDT": rng.normal(0, 0.1, 900), "ETHUSDT": rng.normal(0, 0.4, 900)}
    calm, wild = (bars_file(tmp_path, np.round(500 + np.cumsum(one), 2).tolist(), name) for name, one in steps.items())
    legs = [leg("calm", "flips", calm), leg("wild", "flips", wild)]
    done = run(tmp_path, legs, by_risk=True)
    weights = [one.weight for one in done.runs]
    assert sum(weights) == pytest.approx(1.0)
    assert weights[0] / weights[1] == pytest.approx(4, rel=0.25)
    assert done.measured_ns is not None
    assert done.measured_ns[1] == done.marks.first_ns == (START_MS + 300 * MINUTE_MS) * 1_000_000
    assert min(int(one.result.executed["ts"][0]) for one in done.runs) > done.measured_ns[1]
    before = np.round(500 + np.cumsum(steps["BTCUSDT"][:301]), 2)
    bars_file(tmp_path, [*before.tolist(), *np.linspace(400, 900, 599).round(2).tolist()])
    assert [one.weight for one in run(tmp_path, legs, by_risk=True).runs] == weights, "a later row was looked at"


def test_a_leg_without_volatility_cannot_be_weighed_by_risk(tmp_path: Path) -> None:
    path = walk(tmp_path)
    with pytest.raises(UsageError, match="leg none: no volatility in the first third of the span"):
        run(tmp_path, [leg("a", "flips", path), leg("none", "idle", path)], by_risk=True)
    late = walk(tmp_path, "ETHUSDT", 300, 2, START_MS + 600 * MINUTE_MS)
    with pytest.raises(UsageError, match="leg late: no rows in the first third of the span"):
        run(tmp_path, [leg("a", "flips", path), leg("late", "flips", late)], by_risk=True)


def test_sums_that_overflow_are_no_figures(tmp_path: Path) -> None:
    path = walk(tmp_path)
    huge = msgspec.structs.replace(FREE, qty=9e299)
    found = document(run(tmp_path, [leg("huge", "flips", path, terms=huge), leg("too", "long", path, terms=huge), leg("a", "long", path)]))
    assert "NaN" not in json.dumps(found)
    assert "Infinity" not in json.dumps(found)
    assert found["figures"]["diversification_ratio"] is None


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Leg]]:
    """A folder and legs on two markets, one of which fails."""
    folder = tmp_path_factory.mktemp("market")
    btc, eth = walk(folder), walk(folder, "ETHUSDT", seed=2)
    return folder, [
        leg("a", "flips", btc, weight=0.3), leg("b", "long", eth), leg("c", "against", eth, params={"k": 4}), leg("d", "breaks", btc),
    ]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=4)
@given(order=st.permutations(range(4)))
def test_the_order_of_legs_changes_nothing_but_order(order: list[int], four: tuple[Path, list[Leg]]) -> None:
    folder, legs = four
    one, other = (document(run(folder, mixed)) for mixed in (legs, [legs[k] for k in order]))
    assert _ordered(other) == _ordered(one)


def _ordered(found: dict[str, object]) -> dict[str, object]:
    """A document with its legs by name, without what a clock said."""
    again = json.loads(json.dumps(found))
    again["figures"].pop("elapsed_s")
    for row in again["legs"]:
        row.get("figures", {}).pop("elapsed_s", None)
    names = again["correlation"]["names"]
    places = sorted(range(len(names)), key=names.__getitem__)
    again["correlation"] = [[again["correlation"]["matrix"][i][j] for j in places] for i in places]
    again["legs"].sort(key=lambda row: row["name"])
    again["contributions"].sort(key=lambda row: row["name"])
    for row in again["netting"].values():
        row["legs"].sort()
    again["warnings"] = sorted(" ".join(sorted(line.replace(",", "").split())) for line in again["warnings"])
    return dict(sorted(again.items()))
