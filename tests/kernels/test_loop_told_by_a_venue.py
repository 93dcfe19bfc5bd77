"""What a venue did with orders, told between two ticks: executions of whatever size and time, and orders that came to nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_laws_rig import law
from loop_rig import EXTERNAL, Run, feed_in_parts, prints, scripted, terms

from core.compile.instance import Instance
from core.kernels.records import BLOCKED, CANCELLED, FILL, SPURNED
from core.lever_orders import Executed, Unplaced

TOLD = msgspec.structs.replace(EXTERNAL, features=frozenset({"venued"}))


def execute(told: Instance, qty: str, price: float = 100.0, fee: float = 0.0, order: int = 1) -> Run:
    """The venue executed so much of an order."""
    position = Decimal(repr(float(told.books[0].position))) + Decimal(qty)
    said = Executed(
        id="a", leg=0, order=order, qty=Decimal(qty), position=position, price=Decimal(repr(price)), fee=fee, client_id="c", trade_id="t",
        ts_ns=7,
    )  # fmt: skip
    return Run(told, told.pull("executed", said, 3))


def come_to_nothing(told: Instance, order: int, wait_s: float = 0.0) -> Run:
    """The venue says that an order is over."""
    return Run(told, told.pull("unplaced", Unplaced(id="a", leg=0, order=order, reason="refused", wait_s=wait_s)))


def test_an_execution_has_the_venues_fee_price_and_time_and_the_seq_it_became_known_after() -> None:
    told = scripted([1, 1], terms(fee_bps=50), variant=TOLD)
    told.feed(prints([100]))
    row = execute(told, "1", 101.0, 0.25).of(FILL)[0]
    assert (row["fee"], row["price"], row["ts"], row["seq"], row["order"], row["n"]) == (0.25, 101.0, 7, 3, 1, 1)
    assert told.account[0].fees == 0.25
    assert told.account[0].equity == 1000.0 - 0.25 - 1.0


def test_a_part_that_is_executed_leaves_the_rest_at_work() -> None:
    told = scripted([1] * 3, terms(), variant=TOLD)
    told.feed(prints([100]))
    execute(told, "0.4")
    assert (told.books[0].position, told.books[0].aim) == (0.4, 1.0)
    assert len(Run(told, told.feed(prints([100, 101, 102])[1:])).reports) == 0


def test_an_execution_after_nothing_worked_moves_the_aim_along_and_the_target_takes_it_back() -> None:
    told = scripted([1, 0, 0], terms(), variant=TOLD)
    ticks = prints([100, 100, 100])
    assert len(Run(told, told.feed(ticks[:2])).cancelled) == 1
    execute(told, "0.5")
    assert (told.books[0].position, told.books[0].aim) == (0.5, 0.5)
    assert Run(told, told.feed(ticks[2:])).placed == [(2, -0.5)]


def test_what_is_executed_beyond_the_aim_is_given_back_once_the_order_is_over() -> None:
    told = scripted([1, 1, 1], terms(), variant=TOLD)
    ticks = prints([100, 100, 100])
    told.feed(ticks[:1])
    execute(told, "1.25")
    assert Run(told, told.feed(ticks[1:2])).placed == []
    come_to_nothing(told, 1)
    assert Run(told, told.feed(ticks[2:])).placed == [(2, -0.25)]


def test_an_order_that_came_to_nothing_is_placed_again_at_once_where_nothing_is_to_be_waited_for() -> None:
    told = scripted([1, 1], terms(), variant=TOLD)
    ticks = prints([100, 100])
    told.feed(ticks[:1])
    assert come_to_nothing(told, 1).of(CANCELLED)["qty"].tolist() == [1.0]
    assert Run(told, told.feed(ticks[1:])).placed == [(1, 1.0)]


def test_the_end_of_an_older_order_says_nothing_of_the_one_that_works() -> None:
    told = scripted([1, 2], terms(), variant=TOLD)
    told.feed(prints([100, 100]))
    before = told.snapshot()
    assert len(come_to_nothing(told, 1, 5.0).reports) == 0
    assert told.snapshot() == before


def test_what_was_refused_waits_in_the_time_of_prints_and_says_why_once() -> None:
    told = scripted([1] * 5, terms(), variant=TOLD)
    ticks = prints([100] * 5)  # a second apart
    told.feed(ticks[:1])
    come_to_nothing(told, 1, 3.0)
    run = Run(told, told.feed(ticks[1:]))
    assert run.blocked == [(1, SPURNED)]
    assert run.placed == [(3, 1.0)]


@pytest.mark.parametrize(("refused", "then", "placed"), [(2, 3, False), (2, 1.5, False), (2, -1, False), (2, 0, True), (0, 0, False)])
def test_while_it_waits_only_an_order_to_flat_goes_out_unless_that_was_refused(refused: float, then: float, placed: bool) -> None:
    told = scripted([1, refused, then], terms(), variant=TOLD)
    ticks = prints([100] * 3)
    told.feed(ticks[:1])
    execute(told, "1")
    told.feed(ticks[1:2])
    come_to_nothing(told, 2, 30.0)
    run = Run(told, told.feed(ticks[2:]))
    assert bool(run.placed) == placed
    assert bool(run.of(BLOCKED).size) != placed


@pytest.mark.slow
@law(40)
@given(data=st.data())
def test_compiled_or_plain_and_however_ticks_are_split_the_same_words_leave_the_same_bits(data: st.DataObject) -> None:
    count = 24
    wanted = data.draw(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.nan]), min_size=count, max_size=count))
    ticks = prints(data.draw(st.lists(st.integers(90, 110), min_size=count, max_size=count)))
    cuts = sorted(data.draw(st.sets(st.integers(1, count - 1), max_size=6)))
    words = [data.draw(st.sampled_from(["0.5", "-0.5", "1", "-1.25", "over"])) for _ in cuts]
    found = []
    for jit in (True, False):
        told = scripted(wanted, terms(), variant=TOLD, jit=jit)
        reports = []
        for start, end, word in zip([0, *cuts], [*cuts, count], [*words, None], strict=True):
            part = ticks[start:end].copy()
            reports.append(told.feed(part) if jit else feed_in_parts(told, part, range(1, len(part))))
            if word == "over":
                reports.append(come_to_nothing(told, int(told.books[0].order), 2.0).reports)
            elif word is not None:
                reports.append(execute(told, word, 100.5, 0.1, int(told.books[0].order)).reports)
        found.append((b"".join(part.tobytes() for part in reports), told.snapshot()))
    assert found[0] == found[1]
