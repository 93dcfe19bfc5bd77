"""All symbols of a venue through one door: each in id order, numbered once, none delayed by another."""

from __future__ import annotations

from typing import Any

import numpy as np
from feed_doubles import ids_of, ticks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from core.feed.batch import Batch
from core.feed.intake import Intake
from core.feed.sequencer import Sequencer
from core.types import QUOTE, Origin, Symbols
from core.venues.binance import Binance
from core.venues.venue import Parsed, Quarantined


def intake(*lasts: int | None, deadline_s: float = 2.0) -> Intake:
    """One that follows symbols 0, 1, … from these ids on."""
    made = Intake(Binance(Symbols()), Sequencer(), deadline_s=deadline_s)
    for symbol, last in enumerate(lasts):
        made.follow(symbol, last=last)
    return made


def live(*runs: tuple[int, list[int]]) -> Parsed:
    return Parsed(ticks=np.concatenate([ticks_of(ids, symbol=symbol) for symbol, ids in runs]))


def taken(made: Intake) -> Batch:
    batch = made.take()
    assert batch is not None
    return batch


def test_nothing_new_makes_no_batch() -> None:
    made = intake(9)
    assert made.take() is None
    made.receive(Parsed(), 0.0)
    assert made.take() is None


def test_symbols_come_out_in_the_order_they_arrived() -> None:
    made = intake(9, 69)
    made.receive(live((0, [10]), (1, [70, 71]), (0, [11])), 0.0)
    batch = taken(made)
    assert list(zip(batch.ticks["symbol"].tolist(), ids_of(batch.ticks), strict=True)) == [(0, 10), (1, 70), (1, 71), (0, 11)]
    assert batch.ticks["seq"].tolist() == [1, 2, 3, 4]


def test_order_of_arrival_holds_where_a_print_is_out_of_line_too() -> None:
    made = intake(9, 69)
    made.receive(live((0, [10]), (1, [70]), (0, [10, 11]), (1, [71]), (0, [12])), 0.0)
    batch = taken(made)
    assert ids_of(batch.ticks) == [10, 70, 11, 71, 12]
    assert made.counters.duplicates == 1


def test_a_hold_is_reported_when_it_begins_and_when_it_ends() -> None:
    made = intake(9, 69)
    made.receive(live((0, [12])), 0.0)
    assert taken(made).held == {0}
    made.receive(live((1, [70])), 0.1)
    assert taken(made).held == {0}
    made.fetched(0, ticks_of([10, 11], origin=Origin.BACKFILL), 0.2)
    batch = taken(made)
    assert batch.held == frozenset()
    assert ids_of(batch.ticks) == [10, 11, 12]
    assert made.take() is None


def test_released_by_a_deadline_after_others_still_keeps_id_order() -> None:
    made = intake(9)
    made.receive(live((0, [12, 14])), 0.0)
    made.fetched(0, ticks_of([10, 11]), 1.9)
    made.expire(2.0)
    batch = taken(made)
    assert ids_of(batch.ticks) == [10, 11, 12, 14]
    assert batch.ticks["seq"].tolist() == [1, 2, 3, 4]


def test_prints_of_a_symbol_no_one_watches_are_counted_and_dropped() -> None:
    made = intake(9)
    made.receive(live((5, [1]), (0, [10])), 0.0)
    assert ids_of(taken(made).ticks) == [10]
    assert made.counters.unwatched == 1


def test_a_symbol_taken_up_again_goes_on_where_it_stopped() -> None:
    made = intake(9)
    made.receive(live((0, [10, 12])), 0.0)
    made.park(0)
    batch = taken(made)
    assert ids_of(batch.ticks) == [10, 12]
    assert [(gap.from_id, gap.to_id, gap.state) for gap in batch.gaps] == [(11, 11, "open")]
    assert made.counters.gaps_open == 0
    made.follow(0)
    made.receive(live((0, [15])), 5.0)
    assert made.counters.gaps_open == 1
    made.expire(7.0)
    assert [(gap.from_id, gap.to_id, gap.cause) for gap in taken(made).gaps] == [(13, 14, "not recording")]


def test_a_disconnect_is_named_as_the_cause_of_what_is_missing_after_it() -> None:
    made = intake(9)
    made.receive(live((0, [10])), 0.0)
    made.doubt(0, "disconnected", 9.0)
    made.receive(live((0, [12])), 1.0)
    made.expire(3.0)
    assert [gap.cause for gap in taken(made).gaps] == ["disconnected"]


def test_quotes_pass_through_and_are_counted() -> None:
    made = intake(9)
    made.receive(Parsed(quotes=np.zeros(3, QUOTE)), 0.0)
    assert len(taken(made).quotes) == 3
    assert made.counters.quotes == 3


def test_what_is_wanted_is_one_page_a_symbol_the_urgent_before_the_late() -> None:
    made = intake(9, 69)
    made.receive(live((0, [5000]), (1, [72, 75])), 1.0)
    made.receive(Parsed(quarantined=[Quarantined(1, 74, 0, "price 0")]), 1.0)
    wants = made.wants(1000, 1.0)
    assert [(want.symbol, want.spans, want.since) for want in wants] == [(0, ((10, 1009),), 1.0), (1, ((70, 71), (73, 73)), 1.0)]
    made.expire(3.0)
    assert [(want.symbol, want.since) for want in made.wants(1000, 3.0)] == [(0, None), (1, None)]


arrivals = st.lists(
    st.tuples(st.sampled_from(["live", "fetch", "wait", "bad"]), st.integers(0, 1), st.lists(st.integers(10, 25), min_size=1, max_size=6)),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(arrivals)
def test_numbers_rise_and_ids_of_each_symbol_rise_whatever_arrives(plan: list[tuple[str, int, list[int]]]) -> None:
    made, now = intake(9, 9), 0.0
    seqs: list[int] = []
    ids: dict[int, list[int]] = {0: [], 1: []}
    late: dict[int, list[int]] = {0: [], 1: []}

    def keep(batch: Any) -> None:
        if batch is None:
            return
        seqs.extend(batch.ticks["seq"].tolist())
        for symbol in ids:
            ids[symbol] += ids_of(batch.ticks[batch.ticks["symbol"] == symbol])
            late[symbol] += ids_of(batch.late[batch.late["symbol"] == symbol])

    for what, symbol, numbers in plan:
        now += 0.3
        if what == "live":
            made.receive(live((symbol, numbers), (1 - symbol, numbers[:2])), now)
        elif what == "fetch":
            made.fetched(symbol, ticks_of(numbers, symbol=symbol, origin=Origin.BACKFILL), now)
        elif what == "bad":
            made.receive(Parsed(quarantined=[Quarantined(symbol, numbers[0], 0, "")]), now)
        else:
            now += 1.0
        made.expire(now)
        keep(made.take())
    made.expire(now + 10)
    keep(made.take())

    assert seqs == list(range(1, len(seqs) + 1))
    for symbol in ids:
        assert ids[symbol] == sorted(set(ids[symbol]))
        assert len(late[symbol]) == len(set(late[symbol]))
        assert not set(ids[symbol]) & set(late[symbol])
    assert made.counters.ticks == len(seqs)
    assert made.next_deadline() is None
