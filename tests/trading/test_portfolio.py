"""Strategies on one account: what they hold and made together, by average and by first in, first out, against sums of fractions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.trading import lots as lots_of
from core.trading.lots import Lots
from core.trading.portfolio import Fill, Net, Portfolio
from core.trading.sums import ExactSum

SYMBOLS = ("v:A", "v:B")


@st.composite
def histories(draw: st.DrawFn) -> list[Fill]:
    """Up to three strategies on two symbols: whole lots of a 64th, so that fractions and floats agree on what is flat."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("a", "b", "c")),
                st.sampled_from(SYMBOLS),
                st.integers(-200, 200).filter(bool),
                st.floats(0.5, 5e4),
                st.floats(-5, 50),
            ),
            max_size=60,
        )
    )
    return [Fill(strategy, symbol, n / 64, price, fee, at) for at, (strategy, symbol, n, price, fee) in enumerate(rows)]


def by_hand(fills: Sequence[Fill]) -> tuple[Fraction, Fraction, Fraction, Fraction, Fraction]:
    """(position, realised at average cost, realised first in first out, cost of what is left by each) without rounding."""
    net = cost = realised = fifo = Fraction(0)
    queue: list[list[Fraction]] = []
    for fill in fills:
        qty, price = Fraction(fill.qty), Fraction(fill.price)
        closing = min(abs(qty), abs(net)) if net * qty < 0 else Fraction(0)
        sign = 1 if net > 0 else -1
        if closing:
            average = cost / abs(net)
            realised += sign * closing * (price - average)
            cost -= closing * average
            left = closing
            while left:
                taken = min(left, queue[0][0])
                fifo += sign * taken * (price - queue[0][1])
                queue[0][0] -= taken
                left -= taken
                queue = [lot for lot in queue if lot[0]]
        opening = abs(qty) - closing
        net += qty
        if opening:
            cost += opening * price
            queue.append([opening, price])
    return net, realised, fifo, cost, sum((size * price for size, price in queue), Fraction(0))


def scale(fills: Sequence[Fill]) -> float:
    """What rounding is measured against: all that changed hands."""
    return 1.0 + sum(abs(fill.qty * fill.price) for fill in fills)


def fed(fills: Sequence[Fill]) -> Portfolio:
    portfolio = Portfolio()
    portfolio.take(fills)
    return portfolio


def bits(net: Net) -> tuple[object, ...]:
    parts = {id_: (one.qty, one.entry, one.realised, one.fees, one.trip_realised, one.trip_fees) for id_, one in net.parts.items()}
    money = (net.realised, net.realised_fifo, net.fees, net.funding)
    return net.position.qty, net.average, net.lots.cost, money, net.gross, net.holders, parts


@given(histories())
def test_it_is_what_fractions_say_by_either_method(fills: list[Fill]) -> None:
    for net in fed(fills):
        mine = [fill for fill in fills if fill.symbol == net.symbol]
        qty, realised, fifo, cost, queued = by_hand(mine)
        near = 1e-9 * scale(mine)
        assert net.position.qty == qty
        assert net.realised == pytest.approx(float(realised), abs=near)
        assert net.realised_fifo == pytest.approx(float(fifo), abs=near)
        assert (net.average is None, net.lots.cost is None) == (qty == 0, qty == 0)
        assert abs(qty) * Fraction(net.average or 0) == pytest.approx(float(cost), abs=near)
        assert abs(qty) * Fraction(net.lots.cost or 0) == pytest.approx(float(queued), abs=near)
        assert net.fees == math.fsum(fill.fee for fill in mine)


@given(histories(), st.floats(0.5, 5e4))
def test_both_methods_and_the_strategies_by_themselves_agree_on_what_was_made_in_all(fills: list[Fill], mark: float) -> None:
    for net in fed(fills):
        mine = [fill for fill in fills if fill.symbol == net.symbol]
        near = 1e-9 * (scale(mine) + abs(net.gross * mark))
        whole = net.realised + net.unrealised(mark)
        assert net.realised_fifo + net.unrealised_fifo(mark) == pytest.approx(whole, abs=near)
        alone = sum(part.realised + part.qty * (mark - part.entry) for part in net.parts.values())
        assert alone == pytest.approx(whole, abs=near)
        if net.position.qty == 0.0:
            assert net.realised == pytest.approx(net.realised_fifo, abs=near)


@given(histories())
def test_the_net_is_the_sum_of_the_strategies(fills: list[Fill]) -> None:
    for net in fed(fills):
        held: dict[str, float] = defaultdict(float)
        for fill in fills:
            if fill.symbol == net.symbol:
                held[fill.strategy] += fill.qty
        assert {id_: part.qty for id_, part in net.parts.items()} == dict(held)
        assert net.position.qty == math.fsum(held.values())
        assert net.gross == math.fsum(map(abs, held.values()))
        assert net.holders == sorted(id_ for id_, qty in held.items() if qty)


@given(histories(), st.lists(st.integers(0, 60), max_size=5))
def test_pieces_and_the_order_of_symbols_change_no_bit(fills: list[Fill], cuts: list[int]) -> None:
    whole, pieces = fed(fills), Portfolio()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(fills)], strict=True):
        pieces.take(fills[start:end])
    apart = fed(sorted(fills, key=lambda fill: fill.symbol))
    for symbol in SYMBOLS:
        assert bits(whole.net(symbol)) == bits(pieces.net(symbol)) == bits(apart.net(symbol))


@given(st.lists(st.floats(-1e200, 1e200), max_size=30), st.randoms(use_true_random=False))
def test_an_exact_sum_is_that_of_fsum_in_any_order_and_pieces(terms: list[float], random: object) -> None:
    mixed = list(terms)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = ExactSum(), ExactSum()
    one.add(terms)
    for term in mixed:
        other.add([term])
    assert one.value == other.value == math.fsum(terms)


def test_floats_that_cancel_but_for_rounding_are_flat() -> None:
    net = Net("v:A")
    net.take([Fill("a", "v:A", 0.1, 100.0, 0.0, 1), Fill("b", "v:A", 0.2, 100.0, 0.0, 2), Fill("c", "v:A", -0.3, 110.0, 0.0, 3)])
    assert (net.position.qty, net.average, net.lots.cost) == (0.0, None, None)
    assert net.realised == pytest.approx(3.0)
    assert net.realised_fifo == pytest.approx(3.0)
    assert net.gross == pytest.approx(0.6)


def test_the_oldest_is_closed_first() -> None:
    net = Net("v:A")
    net.take([Fill("a", "v:A", 1.0, 100.0, 0.5, 1), Fill("b", "v:A", 1.0, 120.0, 0.5, 2), Fill("a", "v:A", -1.0, 130.0, 0.5, 3)])
    assert (net.realised, net.average) == (20.0, 110.0)
    assert (net.realised_fifo, net.lots.cost) == (30.0, 120.0)
    assert net.unrealised(130.0) == 20.0
    assert net.unrealised_fifo(130.0) == 10.0


def test_funding_is_apart_from_fees_and_belongs_to_the_open_round_trip() -> None:
    net = Net("v:A")
    net.take([Fill("a", "v:A", 1.0, 100.0, 0.5, 1)])
    net.fund("a", 0.125, 0)
    net.fund("a", 0.25, 2)
    net.fund("b", -1.0, 2)
    assert (net.fees, net.funding, net.parts["a"].trip_fees) == (0.5, -0.625, 0.75)


def test_lots_are_bounded_and_cost_what_they_did() -> None:
    lots, held, spent = Lots(), 0.0, 0.0
    for n in range(3 * lots_of.MOST):
        price = 100.0 + n % 977
        lots.move(held, 0.5, held + 0.5, price)
        held += 0.5
        spent += 0.5 * price
        assert len(lots) <= lots_of.MOST
    cost = lots.cost
    assert cost is not None
    assert cost * held == pytest.approx(spent, rel=1e-12)
    assert lots.move(held, -held, 0.0, 500.0) == pytest.approx(500.0 * held - spent, rel=1e-9)
    assert len(lots) == 0
