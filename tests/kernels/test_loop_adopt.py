"""An edited strategy takes over the book of the one before it: its position and the fills since, not its orders. Every number by hand."""

from __future__ import annotations

import numpy as np
import pytest
from loop_rig import LEAN, T0, Run, definition, made, play, prints, scripted, terms

from core.compile.blueprint import blueprint
from core.errors import StoreError


def test_the_position_stays_and_the_new_strategy_trades_on_from_it() -> None:
    old = play(prints([100, 101, 110]), 1, terms()).instance
    new = made(blueprint(definition("turns"), {}, LEAN), terms(), jit=False)
    new.adopt(old.snapshot(), old.layout, [])
    assert (new.books[0].position, new.books[0].entry, new.account[0].equity) == (1.0, 101.0, 1009.0)
    with np.errstate(invalid="ignore"):
        run = Run(new, new.feed(prints([110, 109, 108], at=[5000, 6000, 7000])))
    assert run.fills == [(2, -2.0, 108.0)]
    assert run.account.realised == 7.0


def test_fills_since_the_snapshot_are_booked() -> None:
    old = play(prints([100, 101, 110], qty=1), 3, terms(participation=1, fee_bps=100)).instance
    new = scripted([3, 3], terms(participation=1, fee_bps=100))
    new.adopt(old.snapshot(), old.layout, [(0, 1.0, 3.0, 120.0, T0 + 10, 1.2)])
    book, account = new.books[0], new.account[0]
    assert book.position == 3.0
    assert book.entry == pytest.approx((101 + 110 + 120) / 3)
    assert account.fees == pytest.approx(1.01 + 1.10 + 1.20)
    assert account.fills == 3


def test_working_orders_are_dropped() -> None:
    old = play(prints([100]), 1, terms()).instance
    new = scripted([np.nan, np.nan], terms())
    new.adopt(old.snapshot(), old.layout, [])
    assert new.flat
    assert len(new.feed(prints([100, 101]))) == 0


def test_a_latch_is_taken_over_with_the_position() -> None:
    old = play(prints([100, 100, 70, 70]), 1, terms(stop_loss_pct=25)).instance
    new = scripted([1, 1, 2, 2], terms(stop_loss_pct=25))
    new.adopt(old.snapshot(), old.layout, [])
    assert Run(new, new.feed(prints([70, 71, 72, 73]))).fills == [(3, 2.0, 73.0)]


def test_books_of_another_layout_are_refused() -> None:
    old = play(prints([100, 101]), 1, terms()).instance
    new = scripted([1], terms())
    with pytest.raises(StoreError, match="other books"):
        new.adopt(old.snapshot(), old.layout.partition(".")[0] + ".0000", [])


def test_books_are_made_anew_from_the_fills_alone() -> None:
    old = play(prints([100, 101, 110, 105, 90, 95]), 1, terms(fee_bps=100))
    new = scripted([np.nan], terms(fee_bps=100))
    new.book([(0, 1.0, 1.0, 101.0, T0 + 1, 1.01), (0, -2.0, -1.0, 110.0, T0 + 2, 2.2), (0, -1.0, -2.0, 90.0, T0 + 3, 0.9)])
    book, account = new.books[0], new.account[0]
    assert (book.position, book.entry) == (-2.0, 100.0)
    assert (account.realised, account.fills, account.trades, account.wins) == (9.0, 3, 1, 1)
    assert account.fees == pytest.approx(1.01 + 2.20 + 0.90)
    assert account.equity == pytest.approx(old.instance.terms.capital + 9.0 - account.fees + 20.0)
