"""What a source says is in a strategy's hands from the next tick on: compiled, in plain Python, in a class, through a snapshot."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import Hear, SetStops, Terms
from core.compile.blueprint import Blueprint, blueprint, live_variant
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.errors import StrategyError
from core.kernels.records import SIGNALLED
from core.strategy import PYTHON
from core.strategy_files import load
from core.types import TICK, Records
from tests.compile.strategy_text import T0, kernel, plain

TERMS = Terms(side="long_short")
IMPORTS = "from core.kernels.heard import HEARD, opinion"
STATE = 'STATE = np.dtype([("heard", HEARD, (2,))])'
SOURCES = 'SOURCES = ("one", "two")'

#: The sum of two opinions; nobody's is no opinion.
STEP = """a = opinion(s.heard[0], tick.ts)
b = opinion(s.heard[1], tick.ts)
if a == a and b == b:
    out[0] = a + b
elif a == a:
    out[0] = a
elif b == b:
    out[0] = b"""

CLASS = f"""{SOURCES}


class Strategy:
    def __init__(self, params):
        pass

    def on_tick(self, tick):
        told = [opinion(heard, tick.ts) for heard in self.heard]
        told = [one for one in told if one == one]
        return sum(told) if told else None
"""


def plan_of(path: Path) -> Blueprint:
    return blueprint(load(path), {}, live_variant(TERMS))


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Blueprint]:
    folder = tmp_path_factory.mktemp("heard")
    return [
        plan_of(kernel(folder, "listener", STEP, imports=IMPORTS, before=SOURCES, state=STATE)),
        plan_of(plain(folder, "listening", CLASS, imports=IMPORTS)),
    ]


def instance(plan: Blueprint, *, jit: bool = True) -> Instance:
    return (PythonInstance if plan.kind == PYTHON else Instance)(plan, TERMS, jit=jit)


def ticks(count: int, first: int = 0) -> Records:
    found = np.zeros(count, TICK)
    found["seq"] = np.arange(first + 1, first + 1 + count)
    found["ts"] = T0 + found["seq"] * 1_000_000_000
    found["price"] = 100.0 + found["seq"] % 7
    found["qty"] = 1.0
    return found


def said(source: str, side: float, confidence: float, at: int, seconds: int = 3) -> Hear:
    """Heard before the tick of this seq, good for so many seconds."""
    return Hear(source=source, leg=0, side=side, confidence=confidence, at=T0 + at, until=T0 + (at + seconds) * 1_000_000_000)


def targets(reports: Records) -> list[tuple[int, float]]:
    rows = reports.compress(reports["kind"] == SIGNALLED)
    return list(zip(rows["seq"].tolist(), rows["qty"].tolist(), strict=True))


@pytest.mark.slow
def test_what_is_said_counts_from_the_next_tick_until_it_is_too_old(plans: list[Blueprint]) -> None:
    for runs in (instance(plans[0]), instance(plans[0], jit=False), instance(plans[1])):
        assert targets(runs.feed(ticks(5))) == []
        runs.pull("hear", said("two", 1.0, 0.5, 5))
        assert targets(runs.feed(ticks(1, 5))) == [(6, 0.5)]
        runs.pull("hear", said("one", -1.0, 0.25, 6))
        runs.pull("hear", said("nobody", 1.0, 1.0, 6))
        assert targets(runs.feed(ticks(4, 6))) == [(7, 0.25), (9, -0.25)]  # the older of the two is no longer counted
        runs.pull("hear", said("one", math.nan, 0.0, 10, 0))
        runs.pull("hear", said("two", 0.0, 1.0, 10))
        assert targets(runs.feed(ticks(1, 10))) == [(11, 0.0)]


LIVES = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["one", "two"]), st.sampled_from([-1.0, 0.0, 1.0, math.nan]), st.floats(0, 1)),
    min_size=1, max_size=8,
)  # fmt: skip


@pytest.mark.slow
@given(LIVES, st.integers(1, 6))
def test_any_split_and_a_snapshot_anywhere_gives_the_same_bits(plans: list[Blueprint], life: list[Any], piece: int) -> None:
    """Compiled and in plain Python, whole or a few ticks at a time, taken up again after each thing heard."""
    found = []
    for plan, jit, again in ((plans[0], True, False), (plans[0], True, True), (plans[0], False, False), (plans[1], True, True)):
        runs, seq, made = instance(plan, jit=jit), 0, []
        for count, source, side, confidence in life:
            part = ticks(count, seq)
            for at in range(0, count, piece if again else count):
                made += targets(runs.feed(np.ascontiguousarray(part[at : at + (piece if again else count)])))
            seq += count
            runs.pull("hear", said(source, side, confidence, seq))
            if again:
                other = instance(plan, jit=jit)
                other.restore(runs.snapshot(), runs.layout)
                other.pull("hear", said(source, side, confidence, seq))  # heard again at its place it changes nothing
                assert other.snapshot() == runs.snapshot()
                runs = other
        made += targets(runs.feed(ticks(5, seq)))
        found.append(made)
    assert found[1:] == found[:1] * 3


def test_each_leg_hears_of_its_own_symbol(tmp_path: Path) -> None:
    state = 'STATE = np.dtype([("heard", HEARD, (4,))])'
    step = "for k in range(2):\n    out[k] = opinion(s.heard[2 * k + 1], tick.ts)"
    plan = plan_of(kernel(tmp_path, "legs", step, imports=IMPORTS, before=f"{SOURCES}\nLEGS = 2", state=state))
    runs = Instance(plan, TERMS)
    runs.pull("hear", Hear(source="two", leg=1, side=1.0, confidence=0.75, at=T0, until=1 << 62))
    reports = runs.feed(ticks(1))
    rows = reports.compress(reports["kind"] == SIGNALLED)
    assert list(zip(rows["leg"].tolist(), rows["qty"].tolist(), strict=True)) == [(1, 0.75)]


@pytest.mark.parametrize(
    ("before", "state", "why"),
    [
        ('SOURCES = "one"', STATE, "SOURCES is a tuple of different names, not 'one'"),
        ('SOURCES = ("one", "one")', STATE, "SOURCES is a tuple of different names"),
        ("SOURCES = (1,)", STATE, "SOURCES is a tuple of different names, not (1,)"),
        ('SOURCES = ("one",)', STATE, 'with these SOURCES its STATE has a field ("heard", HEARD, (1,))'),
        (SOURCES, 'STATE = np.dtype([("x", "f8")])', 'with these SOURCES its STATE has a field ("heard", HEARD, (2,))'),
        (SOURCES, 'STATE = np.dtype([("heard", "f8", (2,))])', 'with these SOURCES its STATE has a field ("heard", HEARD, (2,))'),
    ],
)
def test_a_file_that_has_no_place_for_what_it_asks_for_is_refused(tmp_path: Path, before: str, state: str, why: str) -> None:
    path = kernel(tmp_path, "wrong", "out[0] = 1.0", imports=IMPORTS, before=before, state=state)
    with pytest.raises(StrategyError) as refused:
        plan_of(path)
    assert why in str(refused.value)


@pytest.mark.slow
def test_only_what_was_heard_goes_with_hear(plans: list[Blueprint]) -> None:
    with pytest.raises(StrategyError):
        instance(plans[0]).pull("hear", SetStops(id="x"))
