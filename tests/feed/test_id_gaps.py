"""Which prints of a symbol go on, which wait, which are lost: every id is accounted for once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from feed_doubles import ids_of, ticks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from core.feed.batch import GapEvent
from core.feed.gaps import STEP_BACK, Continuity, Outcome
from core.types import TICK, Origin


def continuity(last: int | None = 9, **more: Any) -> Continuity:
    """As it is in the middle of a run: all ids up to `last` are accounted for."""
    ids = Continuity(3, "aggTrade", last=last, deadline_s=2.0, **more)
    ids.cause = ""
    return ids


def rows(out: Outcome) -> list[tuple[int, int, str, str]]:
    return [(e.from_id, e.to_id, e.state, e.cause) for e in out.events]


def missing(ids: Continuity) -> list[tuple[int, int]]:
    return [(m.first, m.last) for m in ids.missing]


def test_ids_in_order_go_straight_on() -> None:
    out = continuity().receive(ticks_of([10, 11, 12]), 0.0)
    assert ids_of(out.released) == [10, 11, 12]
    assert not out.events


def test_the_first_id_ever_seen_is_where_a_symbol_begins() -> None:
    ids = continuity(last=None)
    assert ids_of(ids.receive(ticks_of([500, 501]), 0.0).released) == [500, 501]
    assert ids.last == 501


def test_a_duplicate_id_is_dropped_and_counted() -> None:
    ids = continuity()
    ids.receive(ticks_of([10, 11]), 0.0)
    out = ids.receive(ticks_of([10, 11, 11, 12, 12]), 0.0)
    assert ids_of(out.released) == [12]
    assert out.duplicates == 4


def test_a_batch_out_of_order_is_released_in_id_order() -> None:
    assert ids_of(continuity().receive(ticks_of([12, 10, 11]), 0.0).released) == [10, 11, 12]


def test_ids_ahead_wait_and_the_missing_ones_are_named() -> None:
    ids = continuity()
    out = ids.receive(ticks_of([10, 13, 14, 17]), 0.0)
    assert ids_of(out.released) == [10]
    assert missing(ids) == [(11, 12), (15, 16)]


def test_a_duplicate_of_a_held_id_is_dropped() -> None:
    ids = continuity()
    ids.receive(ticks_of([12]), 0.0)
    out = ids.receive(ticks_of([12]), 0.0)
    assert out.duplicates == 1
    assert not len(out.released)


def test_what_is_fetched_releases_what_waited_in_id_order() -> None:
    ids = continuity()
    ids.receive(ticks_of([13, 14]), 0.0)
    first = ids.receive(ticks_of([11], origin=Origin.BACKFILL), 0.5)
    assert not len(first.released)
    assert missing(ids) == [(10, 10), (12, 12)]
    out = ids.receive(ticks_of([10, 12], origin=Origin.BACKFILL), 0.6)
    assert ids_of(out.released) == [10, 11, 12, 13, 14]
    assert out.released["origin"].tolist() == [1, 1, 1, 0, 0]


def test_a_fetched_beginning_is_released_before_the_rest_is_there() -> None:
    ids = continuity()
    ids.receive(ticks_of([20]), 0.0)
    assert ids_of(ids.receive(ticks_of([10, 11, 12]), 0.1).released) == [10, 11, 12]
    assert missing(ids) == [(13, 19)]


def test_at_the_deadline_a_gap_row_opens_and_the_rest_goes_on() -> None:
    ids = continuity()
    ids.receive(ticks_of([10]), 0.0)
    ids.receive(ticks_of([13, 14]), 1.0)
    assert ids.next_deadline() == 3.0
    assert not len(ids.expire(2.9).released)
    out = ids.expire(3.0)
    assert ids_of(out.released) == [13, 14]
    assert out.events == [GapEvent(3, "aggTrade", 11, 12, 10_000_000, 13_000_000, "open", "skipped by the stream")]
    assert ids.next_deadline() is None


def test_each_missing_range_has_its_own_deadline() -> None:
    ids = continuity()
    ids.receive(ticks_of([11]), 0.0)
    ids.receive(ticks_of([13]), 1.5)
    assert ids_of(ids.expire(2.0).released) == [11]
    assert ids_of(ids.expire(3.5).released) == [13]


def test_what_comes_after_the_deadline_is_late_and_closes_the_row() -> None:
    ids = continuity()
    ids.receive(ticks_of([12]), 0.0)
    ids.expire(2.0)
    out = ids.receive(ticks_of([10], origin=Origin.BACKFILL), 5.0)
    assert ids_of(out.late) == [10]
    assert out.late["origin"].tolist() == [Origin.LATE]
    assert out.late["seq"].tolist() == [0]
    assert not out.events
    out = ids.receive(ticks_of([11]), 5.0)
    assert rows(out) == [(10, 11, "filled", "skipped by the stream")]
    assert ids.receive(ticks_of([11]), 5.0).duplicates == 1


def test_ids_unknown_to_the_venue_are_lost_and_hold_nothing_up() -> None:
    ids = continuity()
    ids.receive(ticks_of([13]), 0.0)
    out = ids.never(10, 12, "unknown to the venue", 13_000_000, 0.1)
    assert ids_of(out.released) == [13]
    assert rows(out) == [(10, 12, "lost", "unknown to the venue")]


def test_a_row_that_comes_in_part_names_what_is_lost() -> None:
    ids = continuity()
    ids.receive(ticks_of([20]), 0.0)
    ids.expire(2.0)
    ids.receive(ticks_of([10, 11, 12, 13, 14]), 3.0)
    out = ids.never(15, 19, "unknown to the venue", 0, 3.0)
    assert rows(out) == [(15, 19, "lost", "unknown to the venue"), (10, 19, "filled", "skipped by the stream")]


def test_a_row_of_which_nothing_comes_is_closed_as_lost() -> None:
    ids = continuity()
    ids.receive(ticks_of([20]), 0.0)
    ids.expire(2.0)
    assert rows(ids.never(10, 19, "unknown to the venue", 0, 3.0)) == [(10, 19, "lost", "unknown to the venue")]


def test_a_quarantined_id_is_a_row_and_not_missing() -> None:
    ids = continuity()
    out = ids.never(10, 10, "quarantined", 10_000_000, 0.0)
    assert rows(out) == [(10, 10, "lost", "quarantined")]
    assert ids_of(ids.receive(ticks_of([11]), 0.0).released) == [11]


def test_a_quarantined_id_ahead_leaves_only_the_others_missing() -> None:
    ids = continuity()
    ids.never(12, 12, "quarantined", 0, 0.0)
    assert missing(ids) == [(10, 11)]
    ids.receive(ticks_of([13]), 0.0)
    assert ids_of(ids.receive(ticks_of([10, 11]), 0.0).released) == [10, 11, 13]


def test_rows_left_open_by_an_earlier_run_are_still_wanted_and_close() -> None:
    row = GapEvent(3, "aggTrade", 4, 5, 1, 2, "open", "disconnected")
    ids = continuity(open_rows=[row])
    assert ids.rows.wanted() == [(4, 5)]
    out = ids.receive(ticks_of([4, 5], origin=Origin.BACKFILL), 0.0)
    assert ids_of(out.late) == [4, 5]
    assert out.events == [GapEvent(3, "aggTrade", 4, 5, 1, 2, "filled", "disconnected")]


def test_what_was_missed_while_not_running_is_a_gap_like_any_other() -> None:
    ids = Continuity(3, "aggTrade", last=9, deadline_s=2.0)
    ids.receive(ticks_of([15]), 0.0)
    assert missing(ids) == [(10, 14)]
    assert rows(ids.expire(2.0)) == [(10, 14, "open", "not recording")]


def test_a_cause_is_used_once() -> None:
    ids = continuity()
    ids.receive(ticks_of([10]), 0.0)
    ids.cause = "disconnected"
    assert not ids.follows(11, 0, 100.0)
    ids.receive(ticks_of([11]), 0.0)
    ids.receive(ticks_of([13]), 0.0)
    assert rows(ids.expire(2.0)) == [(12, 12, "open", "skipped by the stream")]


def test_a_step_far_back_is_a_duplicate_that_is_flagged() -> None:
    ids = continuity(last=STEP_BACK + 50)
    out = ids.receive(ticks_of([5, STEP_BACK]), 0.0)
    assert (out.duplicates, out.stepped_back) == (2, 1)


def test_a_spike_is_flagged_and_not_dropped() -> None:
    ids = continuity()
    ids.receive(ticks_of([10], price=100.0), 0.0)
    assert not ids.follows(11, 0, 151.0)
    out = ids.receive(ticks_of([11], price=151.0), 0.0)
    assert ids_of(out.released) == [11]
    assert [(s.id, s.price, s.before) for s in out.spikes] == [(11, 151.0, 100.0)]
    assert ids.follows(12, 0, 149.0)


def test_the_quick_way_and_the_full_way_agree() -> None:
    quick, full = continuity(), continuity()
    quick.receive(ticks_of([10]), 0.0)
    full.receive(ticks_of([10]), 0.0)
    assert quick.follows(11, 11_000_000, 100.0)
    full.receive(ticks_of([11]), 0.0)
    assert (quick.last, quick.ts) == (full.last, full.ts)
    assert not quick.follows(13, 0, 100.0)
    assert not quick.follows(11, 0, 100.0)


def test_ordered_ids_drop_duplicates_and_know_no_gaps() -> None:
    ids = continuity(kind="ordered")
    assert ids_of(ids.receive(ticks_of([10, 15]), 0.0).released) == [10, 15]
    out = ids.receive(ticks_of([15, 30]), 0.0)
    assert ids_of(out.released) == [30]
    assert out.duplicates == 1
    assert not ids.missing


def test_a_venue_without_ids_has_everything_released() -> None:
    ids = continuity(last=None, kind="none")
    assert ids_of(ids.receive(ticks_of([0, 0, 0]), 0.0).released) == [0, 0, 0]


@pytest.mark.parametrize("last", [9, None])
def test_nothing_in_gives_nothing_out(last: int | None) -> None:
    out = continuity(last=last).receive(np.empty(0, TICK), 0.0)
    assert not len(out.released)
    assert not out.events


steps = st.one_of(
    st.tuples(st.just("live"), st.lists(st.integers(10, 30), min_size=1, max_size=8)),
    st.tuples(st.just("fetch"), st.tuples(st.integers(0, 4), st.integers(1, 20))),
    st.tuples(st.just("never"), st.tuples(st.integers(10, 30), st.integers(0, 3))),
    st.tuples(st.just("wait"), st.floats(0.1, 2.5)),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(steps, max_size=40))
def test_any_mix_of_loss_duplicates_disorder_and_fetches_accounts_for_each_id_once(plan: list[tuple[str, Any]]) -> None:
    """The law: up to `last`, each id is released or late once and in no lost row, or it is in a gap row and came never."""
    ids, now, newest = continuity(), 0.0, 9
    released: list[int] = []
    late: list[int] = []
    table: dict[tuple[int, int], str] = {}
    refused: set[int] = set()  # ids the venue can no longer send after it said it has none
    for what, how in plan:
        out = Outcome()
        if what == "live":
            out = ids.receive(ticks_of(i for i in how if i not in refused), now)
        elif what == "fetch":
            wanted = [i for m in ids.missing for i in range(m.first, m.last + 1)] + [
                i for a, b in ids.rows.wanted() for i in range(a, b + 1)
            ]
            out = ids.receive(ticks_of(wanted[how[0] : how[0] + how[1]], origin=Origin.BACKFILL), now)
        elif what == "never":
            first, last = how[0], how[0] + how[1]
            out = ids.never(first, last, "quarantined", 0, now)
        else:
            now += how
            out = ids.expire(now)
        if what == "live":
            newest = max([newest, *(i for i in how if i not in refused)])
        elif what == "never":
            newest = max(newest, last)
        released += ids_of(out.released)
        late += ids_of(out.late)
        for e in out.events:
            table[e.from_id, e.to_id] = e.state
            if e.state == "lost":
                refused |= set(range(e.from_id, e.to_id + 1))

    assert ids.last is not None
    assert released == sorted(set(released))
    assert len(late) == len(set(late))
    assert not set(released) & set(late)
    stored = set(released) | set(late)
    lost = {i for (a, b), state in table.items() if state == "lost" for i in range(a, b + 1)}
    unfilled = {i for a, b in ids.rows.wanted() for i in range(a, b + 1)}
    open_rows = {i for (a, b), state in table.items() if state == "open" for i in range(a, b + 1)}
    assert not stored & lost
    assert unfilled <= open_rows
    assert {i for i in range(10, ids.last + 1)} <= stored | lost | unfilled
    held = ids.expire(now + 10.0)
    after = released + ids_of(held.released)
    assert after == sorted(set(after))
    assert not ids.missing
    assert ids.last == newest
