"""A position is kept by the rule of the loop's own books: the same executions, the same bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.kernels.book import execute
from core.kernels.records import ACCOUNT, BOOK, REPORT, TERMS
from core.trading.position import Position
from core.types import TICK


@given(st.lists(st.tuples(st.sampled_from((0.0, 0.3, 1.0, -0.7, 2.1, -1.9)), st.floats(0.01, 1e5)), max_size=40))
def test_it_has_the_bits_of_the_loops_books(moves: list[tuple[float, float]]) -> None:
    book, account, terms = (np.zeros(1, layout).view(np.recarray)[0] for layout in (BOOK, ACCOUNT, TERMS))
    tick, reports = np.zeros(1, TICK).view(np.recarray)[0], np.zeros(4, REPORT).view(np.recarray)
    terms.fee_bps = 4.0
    one = Position()
    for at, (after, price) in enumerate(moves, start=1):
        qty = after - book.position
        if qty == 0.0:
            continue
        execute(account, book, terms, reports, 0, tick, 0, qty, after, price, price)
        assert one.move(qty, after, price, reports[0].fee, at) == reports[0].realised
        assert (one.qty, one.entry) == (book.position, book.entry)
        assert (one.trip_realised, one.trip_fees) == (book.trip_realised, book.trip_fees)
        assert (one.realised, one.fees) == (account.realised, account.fees)
        assert (one.opened_ns > 0) == (one.qty != 0.0)
