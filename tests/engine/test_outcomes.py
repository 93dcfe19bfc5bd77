"""What became of a target: told from the reports of the same print."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import Register, Terms
from core.engine.outcomes import Outcomes
from core.engine.roster import Entry
from core.kernels.records import BLOCKED, CANCELLED, FILL, MAX_POSITION, MAX_SPREAD, MINIMUM, PLACED, SIGNAL, SIGNALLED, STOP_LOSS
from core.workers.frames import Lever


def report(kind: int, why: int = 0, *, seq: int = 7, qty: float = 1.0, aim: float = 0.0, leg: int = 0) -> tuple[Any, ...]:
    return (1, seq, 1, 0, 1, qty, 100.0, 0.0, 0.0, 0.0, aim, 0.0, kind, why, leg)


def entry(*levers: str, **terms: Any) -> Entry:
    made = Entry("it", Register(name="x", symbols=["v:A", "v:B"], terms=Terms(**terms)), None)
    for number, lever in enumerate(levers, start=1):
        made.tell(0, Lever(id="it", lever=lever, number=number))
    return made


WANTED = report(SIGNALLED)


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ([report(PLACED, SIGNAL)], "ordered"),
        ([report(BLOCKED, MAX_SPREAD)], "blocked: spread limit"),
        ([report(BLOCKED, MAX_POSITION), report(PLACED, SIGNAL)], "ordered in part: position limit"),
        ([report(CANCELLED)], "the working order was cancelled"),
        ([report(BLOCKED, MAX_SPREAD), report(CANCELLED)], "blocked: spread limit"),
        ([report(PLACED, STOP_LOSS)], "nothing to do"),
        ([report(PLACED, SIGNAL, seq=8)], "nothing to do"),
        ([report(PLACED, SIGNAL, leg=1)], "nothing to do"),
        ([], "nothing to do"),
    ],
)
def test_it_is_what_the_loop_did_next_on_that_print(more: list[tuple[Any, ...]], outcome: str) -> None:
    assert Outcomes().of(entry(), [report(FILL), report(CANCELLED), WANTED, *more]) == {(7, 0): outcome}


@pytest.mark.parametrize(
    ("levers", "outcome"),
    [(["pause"], "paused"), (["pause", "resume"], "nothing to do"), (["close"], "closing")],
)
def test_a_strategy_that_was_told_to_keep_still_says_so(levers: list[str], outcome: str) -> None:
    assert Outcomes().of(entry(*levers), [WANTED]) == {(7, 0): outcome}


def test_an_order_that_stays_too_small_is_blocked_each_time_though_the_loop_says_it_once() -> None:
    outcomes, it = Outcomes(), entry()
    assert outcomes.of(it, [WANTED, report(BLOCKED, MINIMUM)]) == {(7, 0): "blocked: below the least order"}
    assert outcomes.of(it, [report(SIGNALLED, seq=8, qty=1.1)]) == {(8, 0): "blocked: below the least order"}
    assert outcomes.of(it, [report(SIGNALLED, seq=9, qty=0.0)]) == {(9, 0): "nothing to do"}
    assert outcomes.of(it, [report(SIGNALLED, seq=10, qty=2.0), report(PLACED, SIGNAL, seq=10)]) == {(10, 0): "ordered"}
    assert outcomes.of(it, [report(SIGNALLED, seq=11, qty=2.1, aim=2.1)]) == {(11, 0): "nothing to do"}
    assert outcomes.of(it, [report(SIGNALLED, seq=12, qty=2.2)]) == {(12, 0): "nothing to do"}
