"""Ranges of ids that did not come in time: disjoint, each id in the state last said of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.store.gaps import Gap, GapState, fill, record

IDS = st.integers(1, 30)
SAYINGS = st.lists(st.tuples(st.sampled_from(["open", "lost", "fill"]), IDS, IDS, st.sampled_from(["cut", "quarantined"])), max_size=12)


def gap(from_id: int, to_id: int, state: GapState = "open", cause: str = "cut", from_ns: int | None = 10, to_ns: int | None = 20) -> Gap:
    return Gap("binance:BTCUSDT", "aggTrade", from_id, to_id, from_ns, to_ns, state, cause)


def ranges(rows: list[Gap]) -> list[tuple[int, int, str]]:
    return [(row.from_id, row.to_id, row.state) for row in rows]


@given(SAYINGS)
def test_every_id_has_the_state_that_the_sayings_about_it_lead_to(sayings: list[tuple[str, int, int, str]]) -> None:
    rows: list[Gap] = []
    model: dict[int, tuple[str, str]] = {}
    for what, a, b, cause in sayings:
        first, last = min(a, b), max(a, b)
        new = gap(first, last, "open" if what == "open" else "lost", cause)
        rows = fill(rows, first, last) if what == "fill" else record(rows, new)
        for id_ in range(first, last + 1):
            state, why = model.get(id_, ("", ""))
            if what == "fill":
                model.update({id_: ("filled", why)} if state == "open" else {})
            elif state != "lost" and (what, state) != ("open", "open"):
                model[id_] = (what, cause)
    found = {id_: (row.state, row.cause) for row in rows for id_ in range(row.from_id, row.to_id + 1)}
    assert found == model
    assert sum(row.to_id - row.from_id + 1 for row in rows) == len(found), "an id is in two rows"
    assert all(a.to_id + 1 < b.from_id or (a.state, a.cause) != (b.state, b.cause) for a, b in pairwise(rows))


def test_a_gap_shrinks_as_its_ids_come_and_closes_with_the_last() -> None:
    rows = fill([gap(10, 19)], 10, 12)
    assert ranges(rows) == [(10, 12, "filled"), (13, 19, "open")]
    rows = fill(rows, 15, 15)
    assert ranges(rows) == [(10, 12, "filled"), (13, 14, "open"), (15, 15, "filled"), (16, 19, "open")]
    assert fill(rows, 1, 99) == [gap(10, 19, "filled")]


def test_a_lost_id_inside_a_gap_stays_lost_when_the_rest_is_filled() -> None:
    rows = record([gap(1, 9)], gap(4, 4, "lost", "quarantined"))
    assert ranges(fill(rows, 1, 9)) == [(1, 3, "filled"), (4, 4, "lost"), (5, 9, "filled")]


def test_saying_a_gap_again_changes_nothing() -> None:
    rows = record(record([], gap(1, 9)), gap(4, 4, "lost", "quarantined"))
    assert record(rows, gap(1, 9, cause="not recording")) == rows


def test_ids_that_came_without_a_gap_make_no_row() -> None:
    assert fill([], 1, 5) == []
