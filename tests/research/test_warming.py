"""What a strategy is shown before it may trade is the same rows however they come, and the same in a backtest as in a fold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import Terms
from core.engine.warm import within_reach
from core.reach import MOST_PRINTS, REACH, reach_given, reached
from core.research.backtest import run_backtest
from core.research.order import Order
from core.research.search.findings import rerun
from core.research.search.progress import Tried
from core.research.search.ranges import parse_range
from core.research.search.rows import keep_rows
from core.research.search.study import Ask, Study
from core.research.search.trial import Result
from core.research.sources import open_sources
from core.research.warming import after_warming
from core.strategy_files import builtin_folder
from core.types import SECOND, TICK, Records, join

START = 1_700_000_000 * SECOND


def prints(count: int, symbol: int = 0) -> Records:
    """One a second."""
    ticks = np.zeros(count, TICK)
    ticks["id"], ticks["symbol"] = np.arange(count), symbol
    ticks["ts"] = START + SECOND * ticks["id"]
    return ticks


class Shown:
    """In the place of an instance: keeps what it is warmed up on."""

    def __init__(self) -> None:
        self.history = prints(0)

    def warm(self, ticks: Records) -> None:
        """Once only."""
        assert not len(self.history)
        self.history = ticks


def shown(rows: Records, cuts: list[int], from_ns: int, warmup: int, interval: int) -> tuple[Records, Records]:
    """(what warmed it up, what it trades) of a backtest over rows that come in these pieces."""
    pieces = [piece for piece in np.split(rows, sorted(cuts)) if len(piece)]
    source: Any = SimpleNamespace(kind="ticks", interval_ns=0, told=None)
    instance: Any = Shown()
    plan: Any = SimpleNamespace(name="x", warmup=warmup, interval=interval)
    traded: Iterator[Records] = after_warming(instance, plan, source, pieces, from_ns)
    rest = join(list(traded))
    return instance.history, rest


@given(st.lists(st.integers(0, 300), max_size=12), st.integers(0, 299), st.integers(0, 40), st.sampled_from([0, 7 * SECOND]))
def test_any_batching_shows_the_same_history_and_trades_the_rest(cuts: list[int], begin: int, warmup: int, interval: int) -> None:
    rows = prints(300)
    from_ns = START + begin * SECOND
    history, rest = shown(rows, cuts, from_ns, warmup, interval)
    assert history["id"].tolist() == reached(rows[:begin], from_ns, warmup, interval)["id"].tolist()
    assert rest["id"].tolist() == rows["id"][begin:].tolist()
    if interval == 0:
        assert len(history) == min(begin, REACH * warmup)
    elif len(history):
        assert history["ts"][0] >= (from_ns // interval - REACH * warmup - 1) * interval


def test_prints_are_given_up_to_a_bound_but_never_fewer_than_are_declared() -> None:
    assert reach_given(20, 0) == 100
    assert reach_given(MOST_PRINTS // 2, 0) == MOST_PRINTS
    assert reach_given(3 * MOST_PRINTS, 0) == 3 * MOST_PRINTS
    assert reach_given(3 * MOST_PRINTS, SECOND) == 15 * MOST_PRINTS, "bars are read from the tape as they are needed"


@pytest.mark.parametrize("interval", [0, 3 * SECOND])
def test_of_two_symbols_each_has_the_history_it_would_have_alone(interval: int) -> None:
    plan: Any = SimpleNamespace(warmup=4, interval=interval)
    alone = [prints(200), prints(90, symbol=5)]
    ticks = join(alone)
    ticks = ticks.take(np.argsort(ticks["ts"], kind="stable"))
    kept = within_reach(ticks, plan)
    for own in alone:
        wanted = reached(own, int(own["ts"][-1]), 4, interval)
        assert kept.compress(kept["symbol"] == own["symbol"][0]).tobytes() == wanted.tobytes()
    assert (np.diff(kept["ts"]) >= 0).all()


@pytest.mark.parametrize("name", ["rsi", "macd"])
def test_a_fold_on_prints_has_the_figures_of_a_backtest_of_its_stretch(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(4)
    prices = np.round(100 + np.cumsum(rng.choice([-0.02, -0.01, 0.01, 0.02], 3000)), 2)
    path = tmp_path / "BTCUSDT-aggTrades-2023-11.csv"
    lines = [f"{k},{price:.2f},1.5,{k},{k},{START // 1_000_000 + 1000 * k},true" for k, price in enumerate(prices.tolist())]
    path.write_text("\n".join(lines) + "\n")
    rows = tmp_path / "rows"
    rows.mkdir()
    one = "period=5:6:1" if name == "rsi" else "fast=5:6:1"
    terms = Terms(side="long_short")
    ask = Ask([name], [builtin_folder()], [parse_range(one)], [], {"interval": "tick"}, terms, rank_by="net_pnl")
    study = Study(ask, [keep_rows(open_sources([str(path)]), rows)])
    params = {"interval": "tick", one.partition("=")[0]: 5}
    chosen = Tried(name, "binance:BTCUSDT", params, Result(0, {}))
    from_ns, to_ns = START + 1500 * SECOND, START + 2500 * SECOND
    found = {key: value for key, value in rerun(study, 0, chosen, from_ns, to_ns).figures.items() if key != "elapsed_s"}
    order = Order([str(path)], name, [builtin_folder()], params, terms, from_ns=from_ns, to_ns=to_ns, cache=False)
    theirs = run_backtest(order).figures
    assert found == {key: theirs[key] for key in found}
    assert found["trades"] > 10
