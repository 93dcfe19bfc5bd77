"""External mode: the loop decides and places, the venue fills, its fills come back as events into the same book."""

from __future__ import annotations

from loop_rig import EXTERNAL, NO, Run, play, prints, scripted, terms

from core.compile.instance import Instance
from core.kernels.book import execute
from core.kernels.records import FILL, PLACED, STOP_LOSS
from core.types import Records


def venue_fill(told: Instance, tick: Records, qty: float, price: float) -> None:
    """A fill reported by the venue, between two ticks."""
    book, view = told.books[0], tick.view(type(told.books))[0]
    execute(told.account[0], book, told._terms[0], told._reports, 0, view, 0, qty, float(book.position) + qty, price, price)


def test_nothing_fills_inside_the_loop() -> None:
    run = play(prints([100, 101, 102, 103]), 1, terms(), variant=EXTERNAL)
    assert run.placed == [(0, 1.0)]
    assert [int(k) for k in run.reports["kind"]] == [PLACED]
    assert run.book.position == 0.0
    assert run.account.fills == 0


def test_targets_still_replace_leave_and_cancel_the_order() -> None:
    run = play(prints([100, 101, 102, 103, 104]), [1, 2, 2, NO, 0], terms(), variant=EXTERNAL)
    assert run.placed == [(0, 1.0), (1, 2.0)]
    assert run.cancelled == [(4, 2.0)]


def test_a_venues_fill_changes_the_same_book_and_the_loop_goes_on_from_it() -> None:
    told = scripted([1, 1, 1, 0, 0], terms(), variant=EXTERNAL)
    ticks = prints([100, 101, 110, 111, 112])
    told.feed(ticks[:2])
    venue_fill(told, ticks[1:2], 1.0, 100.5)
    run = Run(told, told.feed(ticks[2:3]))
    assert len(run.reports) == 0
    assert run.account.equity == 1009.5
    run = Run(told, told.feed(ticks[3:]))
    assert run.placed == [(3, -1.0)]
    assert run.of(FILL).size == 0


def test_the_same_fills_give_the_same_book_as_the_simulated_mode() -> None:
    ticks = prints([100, 101, 110, 120, 130])
    targets = [1, 1, -1, -1, -1]
    paper = play(ticks.copy(), targets, terms(), variant=EXTERNAL)
    assert paper.fills == []
    simulated = play(ticks.copy(), targets, terms())
    told = scripted(targets, terms(), variant=EXTERNAL)
    told.feed(ticks[:1])
    venue_fill(told, ticks[1:2], 1.0, 101.0)
    told.feed(ticks[1:3])
    venue_fill(told, ticks[3:4], -2.0, 120.0)
    told.feed(ticks[3:])
    for name in ("position", "entry", "aim", "unrealised"):
        assert told.books[0][name] == simulated.book[name]
    for name in ("realised", "fees", "equity", "fills", "trades", "wins"):
        assert told.account[0][name] == simulated.account[name]


def test_stops_place_an_order_too() -> None:
    told = scripted([1, 1, 1, 1], terms(stop_loss_pct=25), variant=EXTERNAL)
    ticks = prints([100, 100, 70, 60])
    told.feed(ticks[:1])
    venue_fill(told, ticks[:1], 1.0, 100.0)
    run = Run(told, told.feed(ticks[1:]))
    assert run.placed == [(2, -1.0)]
    assert run.reasons(PLACED) == [STOP_LOSS]
    assert run.book.position == 1.0


def test_external_mode_is_the_same_compiled() -> None:
    plain, fast = (play(prints([100, 101, 102, 103]), [1, NO, 2, 0], terms(), variant=EXTERNAL, jit=jit) for jit in (False, True))
    assert plain.reports.tobytes() == fast.reports.tobytes()
