"""Strategies on several symbols: one book a leg, one account. Every number by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from loop_rig import BARS, NO, Run, bars, prints, scripted, terms

from core.commands import SetLimits, Terms
from core.kernels.records import BLOCKED, FILL, MAX_SPREAD, PRICE_BAND, STOP_LOSS
from core.types import Records

#: What plain Python warns about on a leg without a quote is `test_plain_python_runs_without_a_warning`'s matter.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")


def both(ticks: Records, targets: Sequence[tuple[float, float]], how: Terms | None = None, *, jit: bool = False) -> Run:
    """Symbol 0 is leg 0, symbol 1 leg 1."""
    told = scripted(targets, how or terms(), jit=jit)
    told.trade({0: 0, 1: 1})
    return Run(told, told.feed(ticks))


def by_leg(run: Run) -> dict[int, list[tuple[int, float, float]]]:
    """(tick, signed quantity, price) of each fill, by leg."""
    fills: dict[int, list[tuple[int, float, float]]] = {0: [], 1: []}
    for r in run.of(FILL):
        fills[int(r["leg"])].append((int(r["tick_id"]), float(r["qty"]), float(r["price"])))
    return fills


def test_an_order_for_the_other_leg_fills_on_that_legs_next_tick() -> None:
    ticks = prints([100, 101, 10, 102, 11], symbol=[0, 0, 1, 0, 1])
    run = both(ticks, [(NO, 2)] + [(NO, NO)] * 4)
    assert by_leg(run) == {0: [], 1: [(2, 2.0, 10.0)]}
    assert [(int(r["tick_id"]), int(r["leg"])) for r in run.reports[:1]] == [(0, 1)]


def test_each_leg_fills_at_its_own_prices() -> None:
    ticks = prints([100, 10, 101, 11, 102, 12], symbol=[0, 1, 0, 1, 0, 1])
    run = both(ticks, [(1, -1)] * 6)
    assert by_leg(run) == {0: [(2, 1.0, 101.0)], 1: [(1, -1.0, 10.0)]}
    assert run.account.equity == 1000 + (102 - 101) - (12 - 10)


def test_a_leg_without_a_tick_waits() -> None:
    run = both(prints([100, 101, 102]), [(1, 1)] * 3)
    assert by_leg(run) == {0: [(1, 1.0, 101.0)], 1: []}
    assert run.instance.books[1].aim == 1.0


def test_the_latency_of_an_order_for_the_other_leg_counts_from_its_decision() -> None:
    ticks = prints([100, 10, 11, 12], at=[0, 100, 200, 300], symbol=[0, 1, 1, 1])
    run = both(ticks, [(NO, 1)] * 4, terms(latency_ms=200))
    assert by_leg(run)[1] == [(2, 1.0, 11.0)]


def test_replacing_and_cancelling_touch_their_own_leg_only() -> None:
    ticks = prints([100, 101, 10, 102], at=[0, 100, 200, 300], symbol=[0, 0, 1, 0])
    run = both(ticks, [(1, 1), (0, 1), (0, 1), (0, 1)], terms(latency_ms=150))
    assert [(int(r["leg"]), int(r["tick_id"])) for r in run.of(3)] == [(0, 1)]
    assert by_leg(run) == {0: [], 1: [(2, 1.0, 10.0)]}


def test_a_stop_closes_and_latches_its_own_leg_only() -> None:
    ticks = prints([100, 10, 100, 10, 70, 69, 10, 68, 7], symbol=[0, 1, 0, 1, 0, 0, 1, 0, 1])
    run = both(ticks, [(1, 1)] * 9, terms(stop_loss_pct=25))
    assert by_leg(run) == {0: [(2, 1.0, 100.0), (5, -1.0, 69.0)], 1: [(1, 1.0, 10.0)]}
    assert [int(b.latched) for b in run.instance.books] == [STOP_LOSS, STOP_LOSS]
    assert run.instance.books[1].aim == 0.0


def test_equity_adds_up_both_legs_and_keeps_the_others_last_mark() -> None:
    ticks = prints([100, 10, 100, 110, 13], symbol=[0, 1, 0, 0, 1])
    run = both(ticks, [(1, 2)] * 5, terms(capital=500))
    assert run.account.equity == 500 + 10 + 6
    assert [float(b.unrealised) for b in run.instance.books] == [10.0, 6.0]


def test_closing_one_leg_keeps_the_unrealised_of_the_other() -> None:
    ticks = prints([100, 10, 100, 110, 13, 120, 120], symbol=[0, 1, 0, 0, 1, 0, 0])
    run = both(ticks, [(1, 2)] * 5 + [(0, 2)] * 2)
    assert run.account.realised == 20.0
    assert run.account.equity == 1000 + 20 + 6


def test_round_trips_of_the_legs_are_their_own() -> None:
    ticks = prints([100, 10, 100, 9, 110, 9], symbol=[0, 1, 0, 1, 0, 1])
    run = both(ticks, [(1, 1), (1, 1), (1, 0), (0, 0), (0, 0), (0, 0)])
    assert (run.account.trades, run.account.wins) == (2, 1)
    assert (run.account.gross_profit, run.account.gross_loss) == (10.0, 1.0)


def test_the_symbol_table_says_which_leg_a_symbol_is() -> None:
    ticks = prints([7, 10, 8, 100, 9, 101], symbol=[2, 5, 2, 3, 0, 3])
    told = scripted([(1, NO)] * 3, terms())
    told.trade({5: 1, 3: 0})
    run = Run(told, told.feed(ticks))
    assert by_leg(run) == {0: [(3, 1.0, 100.0)], 1: []}
    assert run.account.ticks == 3


def test_a_pause_and_a_flatten_reach_every_leg() -> None:
    ticks = prints([100, 10, 100, 10, 101, 11], symbol=[0, 1, 0, 1, 0, 1])
    told = scripted([(1, -1)] * 6, terms())
    told.trade({0: 0, 1: 1})
    told.feed(ticks[:4])
    reports = [told.flatten(), told.feed(ticks[4:])]
    assert by_leg(Run(told, np.concatenate(reports))) == {0: [(4, -1.0, 101.0)], 1: [(5, 1.0, 11.0)]}
    told = scripted([(1, -1)] * 6, terms())
    told.trade({0: 0, 1: 1})
    told.feed(ticks[:1])
    assert [int(r["leg"]) for r in told.pause()] == [0, 1]


def test_limits_judge_a_leg_by_its_own_quote_and_price() -> None:
    ticks = prints([10, 100, 100], symbol=[1, 0, 0], bid=[9, 99.9, 99.9], ask=[11, 100.1, 100.1])
    told = scripted([(NO, NO), (1, 1), (1, 1)], terms())
    told.trade({0: 0, 1: 1})
    told.limit(SetLimits(max_spread_pct=5))
    run = Run(told, told.feed(ticks))
    assert [(int(r["leg"]), int(r["why"])) for r in run.of(BLOCKED)] == [(1, MAX_SPREAD)]
    assert by_leg(run) == {0: [(2, 1.0, 100.0)], 1: []}


def test_a_block_of_the_other_leg_tells_that_legs_price() -> None:
    ticks = prints([10, 100], symbol=[1, 0])
    told = scripted([(NO, NO), (NO, 1)], terms())
    told.trade({0: 0, 1: 1})
    told.limit(SetLimits(price_low=50))
    run = Run(told, told.feed(ticks))
    assert [(int(r["leg"]), int(r["why"]), float(r["price"])) for r in run.of(BLOCKED)] == [(1, PRICE_BAND, 10.0)]


def test_bars_of_two_symbols_trade_two_legs() -> None:
    rows = np.sort(np.concatenate([bars([(100,) * 4, (101,) * 4, (102,) * 4])] * 2), order=["ts"])
    rows["symbol"] = [0, 1] * 3
    told = scripted([(1, -1)] * 6, terms(), variant=BARS)
    told.trade({0: 0, 1: 1})
    run = Run(told, told.feed(rows))
    assert by_leg(run) == {0: [(1, 1.0, 101.0)], 1: [(1, -1.0, 101.0)]}


@pytest.mark.parametrize("seed", range(3))
def test_two_legs_compiled_and_plain_are_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 200
    symbol = rng.integers(0, 2, n)
    price = np.where(symbol == 0, 100.0, 10.0) + rng.integers(-8, 8, n) / 8
    ticks = prints(price, symbol=symbol, qty=rng.integers(1, 5, n) / 2, bid=price - 0.01, ask=price + 0.01)
    pairs = rng.choice([NO, -1.0, 0.0, 1.0, 2.0], (n, 2), p=[0.6, 0.1, 0.1, 0.1, 0.1])
    how = terms(fee_bps=3, slippage_bps=1, latency_ms=1500, stop_loss_pct=1.5, trailing_pct=2, participation=0.7)
    plain, fast = (both(ticks.copy(), pairs.tolist(), how, jit=jit) for jit in (False, True))
    assert len(plain.of(FILL)) > 10
    assert plain.reports.tobytes() == fast.reports.tobytes()
    assert plain.instance.snapshot() == fast.instance.snapshot()
