"""Why something was not ordered: what the account held back then, though the block is heard of when it no longer does."""

from __future__ import annotations

import pytest

from core.commands import Register, Terms
from core.engine.report_rows import block_row
from core.engine.roster import Entry
from core.kernels.records import MAX_POSITION, MAX_SPREAD, REDUCE_ONLY, STOP_NEW
from core.trading.bounds import FREE, Bound

MANY = Bound("stop_new", None, "too many positions: 1 of 1 are open")
FALLEN = Bound("reduce_only", None, "drawdown limit: 6.00 % below the peak of 5 %")
CAPPED = Bound("normal", 2.5, "leverage limit: the account")


@pytest.mark.parametrize(
    ("bounds", "why", "detail"),
    [
        ([MANY], STOP_NEW, MANY.reason),
        ([MANY, CAPPED], STOP_NEW, MANY.reason),
        ([MANY, FREE], STOP_NEW, MANY.reason),
        ([CAPPED, MANY], STOP_NEW, MANY.reason),
        ([FALLEN, CAPPED], REDUCE_ONLY, FALLEN.reason),
        ([FALLEN], STOP_NEW, FALLEN.reason),  # a position that may only get smaller does not open either
        ([MANY, CAPPED], MAX_POSITION, CAPPED.reason),
        ([CAPPED, FREE], MAX_POSITION, CAPPED.reason),
        ([CAPPED, MANY], MAX_POSITION, CAPPED.reason),
        ([MANY, CAPPED], MAX_SPREAD, ""),
        ([], STOP_NEW, ""),
    ],
)
def test_a_block_says_what_held_it_back(bounds: list[Bound], why: int, detail: str) -> None:
    entry = Entry("it", Register(name="x", symbols=["v:A"], terms=Terms()), None)
    for bound in bounds:
        entry.bind(bound)
    assert block_row(entry, "v:A", 0, 1, 7, 1.0, 100.0, why)["detail"] == detail
