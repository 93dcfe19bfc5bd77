"""Known costs are found again within their standard errors; what cannot be seen is not measured, and is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calibration_rig import BTC, T0, Venue, market, record, traded

from core.research.calibration.evidence import Evidence, orders_of
from core.research.calibration.measure import LEAST, calibrate, measure
from core.research.calibration.nearby import before
from core.research.calibration.text import lines
from core.store.venue_fills import VenueFill
from core.types import SECOND

NOWHERE = Path("nowhere.db")


@pytest.mark.parametrize("seed", range(5))
async def test_fee_slippage_impact_and_latency_are_found_again(tmp_path: Path, seed: int) -> None:
    ticks = market(seed=seed, step_bps=0.5)
    venue = Venue(fee=7.5, base=1.5, impact=12.0, latency=40.0, noise=1.0)
    found = measure(BTC, traded(ticks, venue, seed=seed), await record(tmp_path, ticks))
    assert found.impact is not None
    assert found.latency is not None
    assert found.fee["unknown"].median == pytest.approx(7.5)
    assert abs(found.impact.coefficient - 12.0) < 3.5 * found.impact.error
    assert abs(found.impact.base - 1.5) < 3.5 * found.impact.base_error
    assert found.impact.error < 1.0
    assert found.latency.low <= 40.0 * 1.1
    assert found.latency.high >= 40.0 / 1.1
    assert found.latency.p95 == pytest.approx(40.0 * np.exp(0.3 * 1.645), rel=0.15)
    assert found.missing == {}
    assert set(found.terms) == {"fee_bps", "slippage_bps", "impact_bps", "impact_volume", "latency_ms"}
    assert [bucket.count > 20 for bucket in found.buckets] == [True] * 4
    medians = [bucket.median for bucket in found.buckets]
    assert medians == sorted(medians)


@pytest.mark.parametrize("seed", range(3))
async def test_the_terms_cost_as_much_on_average_as_the_fills_did(tmp_path: Path, seed: int) -> None:
    ticks = market(seed=seed)
    fills = traded(ticks, Venue(base=1.0, impact=10.0, noise=0.2), seed=seed)
    found = measure(BTC, fills, await record(tmp_path, ticks))
    assert found.impact is not None
    volume = before(tmp_path / "tape.db", BTC, orders_of(fills)["ts"]).volume
    # Of one size in all the minutes there were, by the volume of each and by the one volume of the terms.
    qty = 3.0
    truth = float(np.mean(1.0 + 10.0 * np.sqrt(qty / volume)))
    terms = found.terms
    assert terms["slippage_bps"] + terms["impact_bps"] * np.sqrt(qty / terms["impact_volume"]) == pytest.approx(truth, rel=0.05)


async def test_without_impact_slippage_is_the_mean_and_no_impact_is_made_up(tmp_path: Path) -> None:
    ticks = market()
    found = measure(BTC, traded(ticks, Venue(base=2.0, noise=0.5)), await record(tmp_path, ticks))
    assert found.slippage is not None
    assert found.impact is not None
    assert abs(found.slippage.mean - 2.0) < 3.5 * found.slippage.error
    assert found.slippage.low <= 2.0 + 0.1
    assert "impact_bps" not in found.terms
    assert found.terms["slippage_bps"] == pytest.approx(found.slippage.mean, rel=1e-3)


async def test_trading_better_than_the_print_is_not_expected_of_the_next_fill(tmp_path: Path) -> None:
    ticks = market()
    tape = await record(tmp_path, ticks)
    better = measure(BTC, traded(ticks, Venue(base=-2.0)), tape)
    assert better.terms["slippage_bps"] == 0.0
    steep = measure(BTC, traded(ticks, Venue(base=-2.0, impact=20.0)), tape)
    assert steep.impact is not None
    assert steep.impact.base == steep.terms["slippage_bps"] == 0.0
    assert 0.0 < steep.terms["impact_bps"] < 20.0


async def test_the_delay_is_in_the_shortfall_from_the_decision_and_not_in_the_slippage(tmp_path: Path) -> None:
    ticks = market()
    ticks["price"] = 100.0 * (1 + (ticks["ts"] - T0) / SECOND / 1e4)  # a basis point a second, upwards
    fills = [fill for fill in traded(ticks, Venue(base=0.0, noise=0.1, latency=2_000.0)) if fill.side == "buy"]
    found = measure(BTC, fills, await record(tmp_path, ticks))
    assert found.slippage is not None
    assert found.from_decision is not None
    assert found.slippage.mean == pytest.approx(0.0, abs=0.1)
    assert found.from_decision.median == pytest.approx(1.8, abs=0.4)


async def test_ones_own_print_on_the_tape_is_not_what_a_fill_is_held_against(tmp_path: Path) -> None:
    ticks = market(seconds=600)
    ticks["price"] = 100.0
    at = len(ticks) // 2
    fills = [VenueFill(BTC, "buy", 1.0, 100.05, 0.1, int(ticks["ts"][at]), "one", None)]
    ticks["price"][at] = 100.05
    ticks["ts"][at - 1] = ticks["ts"][at] - 1
    found = measure(BTC, fills, await record(tmp_path, ticks))
    assert found.slippage is not None
    assert found.slippage.median == pytest.approx(5.0)
    assert found.latency is None


async def test_an_order_that_took_several_prices_is_one_purchase_at_their_average(tmp_path: Path) -> None:
    ticks = market(seconds=600)
    at = T0 + 300 * SECOND
    fills = [VenueFill(BTC, "buy", qty, price, 0.0, at + k, "one", None) for k, (qty, price) in enumerate([(3.0, 100.1), (1.0, 100.5)])]
    found = measure(BTC, fills, await record(tmp_path, ticks))
    assert (found.fills, found.orders) == (2, 1)
    assert found.slippage is not None
    assert found.slippage.median == pytest.approx(20.0)


async def test_orders_behind_a_gap_have_no_slippage_and_those_in_the_minute_after_it_no_size(tmp_path: Path) -> None:
    ticks = market(seconds=1_200)
    hole = (T0 + 400 * SECOND, T0 + 420 * SECOND)
    tape = await record(tmp_path, ticks, (hole,))
    moments = T0 + np.array([399, 410, 421, 450, 490]) * SECOND
    seen = before(tape, BTC, moments)
    assert np.isfinite(seen.price).tolist() == [True, False, True, True, True]
    assert np.isfinite(seen.volume).tolist() == [True, False, False, False, True]
    assert seen.hidden.tolist() == [False, True, False, False, False]
    fills = [VenueFill(BTC, "buy", 1.0, 100.01, 0.01, int(ts), f"o{k}", None) for k, ts in enumerate(moments)]
    found = measure(BTC, fills, tape)
    assert found.missing == {"a gap of the tape before it": 1}
    assert found.slippage is not None
    assert found.slippage.count == 4
    assert sum(bucket.count for bucket in found.buckets) == 2


async def test_fills_far_from_every_print_are_counted_and_not_measured(tmp_path: Path) -> None:
    ticks = market(seconds=600)
    tape = await record(tmp_path, ticks)
    days = [VenueFill(BTC, "sell", 1.0, 100.0, 0.05, T0 + k * 86_400 * SECOND, f"o{k}", None) for k in range(1, 41)]
    found = measure(BTC, days, tape)
    assert found.slippage is None
    assert found.missing == {"no print in the minute before it": 40}
    assert set(found.terms) == {"fee_bps"}
    absent = [fill._replace(symbol="binance:ETHUSDT") for fill in days]
    assert measure("binance:ETHUSDT", absent, tape).missing == {"not on the tape": 40}
    assert measure(BTC, days, NOWHERE).missing == {"not on the tape": 40}


async def test_fills_that_rested_pay_their_own_fee_and_show_neither_slippage_nor_latency(tmp_path: Path) -> None:
    ticks = market()
    tape = await record(tmp_path, ticks)
    resting = [fill._replace(order_id=f"m{fill.order_id}") for fill in traded(ticks, Venue(fee=-1.0, base=-5.0, maker=True), seed=9)]
    taking = traded(ticks, Venue(fee=5.0, base=3.0, maker=False))
    found = measure(BTC, [*resting, *taking], tape)
    assert found.slippage is not None
    assert found.latency is not None
    assert found.slippage.count == found.latency.count == len(taking)
    assert found.missing == {"rested in the book": len(resting)}
    assert found.terms["maker_fee_bps"] == pytest.approx(-1.0)
    assert found.terms["fee_bps"] == pytest.approx(5.0)


async def test_too_few_fills_make_no_terms_and_say_so(tmp_path: Path) -> None:
    ticks = market()
    tape = await record(tmp_path, ticks)
    few = calibrate(Evidence(traded(ticks, Venue(), count=LEAST - 1)), tape, "home")
    assert few.symbols[0].slippage is not None
    assert few.symbols[0].terms == few.symbols[0].plain == {}
    assert any("a figure needs 30" in line for line in lines(few))
    enough = calibrate(Evidence(traded(ticks, Venue(), count=LEAST)), tape, "home")
    assert set(enough.symbols[0].terms) == {"fee_bps", "slippage_bps", "latency_ms"}
    assert list(lines(calibrate(Evidence([]), tape, "home"))) == ["no fills by a venue in home: terms stay as they are"]


async def test_what_is_seen_before_a_moment_does_not_depend_on_what_is_asked_together(tmp_path: Path) -> None:
    ticks = market(seconds=4_200)
    tape = await record(tmp_path, ticks)
    moments = T0 + np.concatenate([np.arange(90, 900, 61), np.arange(1_500, 4_200, 301)]) * SECOND
    together = before(tape, BTC, moments[::-1])
    alone = [before(tape, BTC, moments[k : k + 1]) for k in range(len(moments))]
    assert together.price[::-1].tolist() == [float(one.price[0]) for one in alone]
    np.testing.assert_allclose(together.volume[::-1], [float(one.volume[0]) for one in alone])
