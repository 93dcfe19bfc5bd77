"""Limit orders that stand in a queue: what is ahead of them, what uses it up, and what of a print is theirs."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_cases import markets, realistic_cases
from loop_laws_rig import Case, law, no_warning, random_bars
from loop_rig import BARS, FULL, NO, Run, play, prints, scripted, terms
from test_loop_reference import agree

from core.commands import Terms
from core.kernels.features import FLOW
from core.kernels.records import TAKE_PROFIT
from core.types import Records

pytestmark = no_warning


def behind(ahead: float | None = 3.0, **given_: Any) -> Terms:
    """Bids and asks at the decision's price, so much ahead of them."""
    return terms(**({"entry": "limit", "limit_fill": "queue", "queue_ahead": ahead} | given_))


def rests(ahead: float | None = 3.0, **given_: Any) -> Terms:
    """A take-profit of 5 % at the venue, so much ahead of it."""
    return terms(**({"exits": "resting", "take_profit_pct": 5, "limit_fill": "queue", "queue_ahead": ahead} | given_))


def sided(sides: list[int], prices: list[float], **given_: Any) -> Records:
    """Prints that sellers (-1) or buyers (1) made."""
    ticks = prints(prices, **given_)
    ticks["side"] = sides
    return ticks


def test_prints_at_the_limit_use_up_what_is_ahead_and_then_fill() -> None:
    assert play(prints([100] * 5, qty=[9, 2, 0.5, 2, 2]), 2, behind()).fills == [(3, 1.5, 100.0), (4, 0.5, 100.0)]
    assert play(prints([100] * 5, qty=[9, 2, 0.5, 2, 2]), -2, behind()).fills == [(3, -1.5, 100.0), (4, -0.5, 100.0)]


def test_a_print_beyond_the_limit_fills_all_of_it() -> None:
    assert play(prints([100, 100, 99.5], qty=1), 2, behind(1000)).fills == [(2, 2.0, 100.0)]


def test_what_was_traded_through_is_not_ahead_any_more() -> None:
    ticks = prints([100, 99, 100, 100], qty=[9, 1, 4, 4])
    assert play(ticks, 2, behind(1000, participation=0.5)).fills == [(1, 0.5, 100.0), (2, 1.5, 100.0)]


def test_the_share_of_a_print_and_what_gets_past_the_queue_both_bound_a_fill() -> None:
    ticks = prints([100] * 3, qty=[9, 4, 4])
    assert play(ticks, 9, behind(3, participation=0.5)).fills == [(1, 1.0, 100.0), (2, 2.0, 100.0)]
    assert play(ticks, 9, behind(3)).fills == [(1, 1.0, 100.0), (2, 4.0, 100.0)]
    assert play(prints([100] * 3, qty=[9, 3.55, 4]), 9, behind(3, lot=0.1)).fills == [(1, 0.5, 100.0), (2, 4.0, 100.0)]


def test_a_print_of_unknown_quantity_fills_who_is_first_and_nobody_else() -> None:
    assert play(prints([100] * 3, qty=[9, 0, 3]), 2, behind()).fills == []
    assert play(prints([100] * 3, qty=[9, 3, 0]), 2, behind()).fills == [(2, 2.0, 100.0)]


def test_only_who_takes_from_its_side_uses_a_queue_up() -> None:
    assert play(sided([0, 1, -1], [100] * 3, qty=9.0), 2, behind()).fills == [(2, 2.0, 100.0)]
    assert play(sided([0, -1, 1], [100] * 3, qty=9.0), -2, behind()).fills == [(2, -2.0, 100.0)]


def test_it_joins_when_it_is_at_the_venue_and_a_new_order_joins_anew() -> None:
    ticks = prints([100] * 5, qty=2.0)
    assert play(ticks, 1, behind(2, latency_ms=2000)).fills == [(3, 1.0, 100.0)]
    assert play(ticks, [1, 2, 1, 1, 1], behind(2)).fills == [(4, 1.0, 100.0)]


def test_quotes_worse_than_the_limit_say_that_nothing_is_ahead() -> None:
    quoted = prints([100, 101, 100], qty=1.0, bid=[100, 99.5, 100], ask=[101, 101, 101])
    assert play(quoted, 1, behind()).fills == []
    assert play(quoted, 1, behind(queue_model="quotes")).fills == [(2, 1.0, 100.0)]
    quoted = prints([100, 99, 100], qty=1.0, bid=[99, 99, 99], ask=[100, 100.5, 100])
    assert play(quoted, -1, behind(queue_model="quotes")).fills == [(2, -1.0, 100.0)]
    unknown = prints([100, 101, 100], qty=1.0)
    assert play(unknown, 1, behind(queue_model="quotes")).fills == []


def test_what_is_ahead_is_by_default_what_is_printed_at_a_price_before_prints_go_beyond_it() -> None:
    prices = [100, 100, 99, 99, 98, 98, 98]
    told = play(prints(prices, qty=[1, 2, 1, 4, 1, 50, 50]), [NO] * 4 + [1] * 3, behind(None))
    kept = 1 - 2**-10
    printed = 1.0
    for qty in (2, 1, 4, 1):
        printed = printed * kept + qty
    ahead = printed / (kept**2 + 1)  # two of them went lower, the newest two prints apart
    assert told.fills == [(5, 1.0, 98.0)]
    told = play(prints(prices, qty=[1, 2, 1, 4, 1, ahead, 50]), [NO] * 4 + [1] * 3, behind(None))
    assert told.fills == [(6, 1.0, 98.0)]


def test_where_nothing_tells_only_prints_beyond_the_limit_fill() -> None:
    assert play(prints([100, 100, 100, 99], qty=1e9), 1, behind(None)).fills == [(3, 1.0, 100.0)]


def test_a_take_profit_stands_in_its_queue() -> None:
    ticks = prints([100, 100, 105, 105, 105], qty=[1, 1, 2, 1.5, 9])
    run = play(ticks, 1, rests(maker_fee_bps=1))
    assert run.fills == [(1, 1.0, 100.0), (3, -0.5, 105.0), (4, -0.5, 105.0)]
    assert run.reasons() == [0, TAKE_PROFIT, TAKE_PROFIT]
    assert play(prints([100, 100, 105, 106], qty=1), 1, rests()).fills[1:] == [(3, -1.0, 105.0)]


def test_a_take_profit_at_another_price_joins_anew() -> None:
    ticks = prints([100, 100, 105, 90, 99.75, 99.75], qty=[9, 9, 3, 9, 2, 2])
    assert play(ticks, [1, 1, 2, 2, 2, 2], rests()).fills == [(1, 1.0, 100.0), (3, 1.0, 90.0), (5, -1.0, 99.75)]


def test_an_exit_that_took_its_place_gives_it_back_at_the_end_of_the_queue() -> None:
    ticks = prints([100, 100, 105, 104, 105, 105], qty=[10, 10, 3, 1, 3, 2])
    how = rests(4, participation=0.1)
    assert play(ticks, 1, how).fills[1] == (4, pytest.approx(-0.3), 105.0)
    left = play(ticks, [1, 1, 0, 0.9, 0.9, 0.9], how).fills
    assert left[1:] == [(3, -0.1, 104.0), (5, pytest.approx(-0.2), 105.0)]


@law(40)
@given(data=st.data())
def test_of_one_order_a_touch_fills_most_and_a_print_beyond_least(data: st.DataObject) -> None:
    ticks = data.draw(markets())
    side, share = data.draw(st.sampled_from([2.0, -2.0])), data.draw(st.sampled_from([None, 0.1]))
    how = behind(
        data.draw(st.sampled_from([None, 0.0, 0.75])), participation=share, queue_model=data.draw(st.sampled_from(["trades", "quotes"]))
    )
    at_limit = ticks["price"] == ticks["price"][0]
    filled = []
    for fill in ("through", "queue", "touch"):
        plain = {} if fill == "queue" else {"queue_ahead": None, "queue_model": "trades"}
        run = play(ticks.copy(), side, msgspec.structs.replace(how, limit_fill=fill, **plain))
        filled.append(np.cumsum(_by_tick(run, len(ticks))))
        if fill == "queue":
            sizes = np.where(ticks["qty"] > 0, ticks["qty"], np.inf)
            assert (_by_tick(run, len(ticks))[at_limit] <= sizes[at_limit]).all()
    assert (filled[0] <= filled[1] + 1e-12).all()
    assert (filled[1] <= filled[2] + 1e-12).all()


def _by_tick(run: Run, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    quantities = np.zeros(count)
    for tick, qty, _ in run.fills:
        quantities[tick] += abs(qty)
    return quantities


@law(20)
@given(data=st.data())
def test_inside_bars_it_is_filled_as_by_prints_beyond_it(data: st.DataObject) -> None:
    rows = random_bars(data)
    how = rests(entry="limit", participation=0.001, stop_loss_pct=3)
    wanted = data.draw(st.lists(st.sampled_from([NO, 1.0, -1.0, 0.0]), min_size=len(rows), max_size=len(rows)))
    plain = msgspec.structs.replace(how, limit_fill="through", queue_ahead=None)
    runs = [play(rows.copy(), wanted, terms_, variant=BARS) for terms_ in (how, plain)]
    assert runs[0].reports.tobytes() == runs[1].reports.tobytes()


@pytest.mark.slow
@law(60)
@given(case=realistic_cases("queued"))
def test_a_second_loop_written_from_words_gives_the_same_fills(case: Case) -> None:
    agree(*case)


def test_what_prints_tell_stays_through_the_warm_up() -> None:
    told = scripted([1] * 3, behind(None), variant=FULL)
    told.warm(prints([100, 99, 98, 97], qty=2.0))
    assert told.books[0].lower > 2.9
    assert told.books[0].position == 0.0
    assert all(told.books[0][name] != 0.0 for name, _ in FLOW if name.startswith(("sold", "bought")))


@pytest.mark.parametrize("how", [terms(entry="stop", limit_fill="queue"), terms(limit_fill="queue")])
def test_without_a_limit_order_there_is_no_queue(how: Terms) -> None:
    assert "ahead" not in (scripted([1], how).books.dtype.names or ())
