"""The prices shown for a position's exits are those at which the loop sets them off, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compile.blueprint import terms_record
from core.engine.exit_prices import exit_prices
from core.kernels.records import BOOK, STOP_LOSS, TAKE_PROFIT, TRAILING
from core.kernels.stops import stop_hit
from core.terms import Terms

PERCENT = st.floats(0.01, 90.0)
EXITS = STOP_LOSS, TAKE_PROFIT, TRAILING


@given(PERCENT, st.sampled_from((-2.0, 0.5)), st.floats(0.01, 1e5), st.floats(0.0, 0.5), st.sampled_from(EXITS))
def test_a_print_at_the_price_sets_it_off_and_a_nearer_one_does_not(pct: float, qty: float, entry: float, way: float, why: int) -> None:
    name = {STOP_LOSS: "stop_loss_pct", TAKE_PROFIT: "take_profit_pct", TRAILING: "trailing_pct"}[why]
    terms = Terms(side="long_short", **{name: pct})
    best = entry * (1.0 + way) if qty > 0 else entry * (1.0 - way)
    price = exit_prices(terms, qty, entry, best)[EXITS.index(why)]
    book, record = np.zeros(1, BOOK).view(np.recarray)[0], terms_record(terms).view(np.recarray)[0]
    book.position, book.entry, book.high, book.low = qty, entry, best, best
    assert price is not None
    nearer = np.inf if (qty > 0) == (why != TAKE_PROFIT) else -np.inf
    assert stop_hit(book, record, price) == why
    assert stop_hit(book, record, float(np.nextafter(price, nearer))) == 0


def test_what_is_off_or_not_known_has_no_price() -> None:
    assert exit_prices(Terms(), 1.0, 100.0, 101.0) == (None, None, None)
    every = Terms(stop_loss_pct=2.0, take_profit_pct=150.0, trailing_pct=1.0)
    assert exit_prices(every, 1.0, 100.0, None) == (98.0, 250.0, None)
    assert exit_prices(every, -1.0, 100.0, 90.0) == (102.0, None, pytest.approx(90.9))
