"""The loop's machine code counts on it that what it is given lies apart: a store to one thing changes no other."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.commands import SetLimits, Terms
from core.compile.blueprint import blueprint, live_variant
from core.compile.instance import Instance
from core.strategy_files import load
from core.types import TICK

STRATEGIES = Path(__file__).parents[2] / "strategies"

#: What machine code is given: the place of a pointer, and the record or the number type there with how many there are.
GIVEN: dict[str, int] = {
    "TICK": 0, "legs": 3, "STATE": 5, "mem": 6, "PARAMS": 8, "out": 9, "BOOK": 10, "ACCOUNT": 11, "TERMS": 12, "LIMITS": 13,
    "REPORT": 14, "written": 16,
}  # fmt: skip


def spans(instance: Instance, call: tuple[Any, ...]) -> list[tuple[int, int, str]]:
    """(from, to, name) of all memory a call is about, by address."""
    legs = instance.plan.legs
    count = {"TICK": call[1], "legs": call[4], "mem": call[7], "out": legs, "BOOK": legs, "REPORT": call[15]}
    plain = {"legs": 4, "mem": 8, "out": 8, "written": 8}
    sizes = {name: plain.get(name) or instance.layouts[name].itemsize for name in GIVEN}
    return sorted((call[at], call[at] + sizes[name] * count.get(name, 1), name) for name, at in GIVEN.items())


@pytest.mark.parametrize("name", ["rsi", "pairs", "smart_money"])
def test_what_the_loop_is_given_lies_apart(name: str) -> None:
    terms = Terms(side="long_short", leverage=3.0, stop_loss_pct=2.0)
    plan = blueprint(load(STRATEGIES / f"{name}.py"), {}, live_variant(terms))
    instance = Instance(plan, terms, jit=False)
    calls: list[tuple[Any, ...]] = []

    def code(*call: Any) -> int:
        calls.append(call)
        return int(call[1])

    instance._jit, instance._advance = True, code
    instance.feed(np.zeros(5, TICK))
    instance.trade({leg: 2 * leg for leg in range(plan.legs)})
    instance.limit(SetLimits(id=name, max_position=3.0))
    instance.restore(instance.snapshot(), instance.layout)
    instance.begin(plan.params)
    instance.feed(np.zeros(5, TICK))
    instance.work_in(np.zeros(plan.work + 7))
    instance.feed(np.zeros(5, TICK))
    assert len(calls) == 3
    for call in calls:
        for (_, end, one), (begin, _, other) in pairwise(spans(instance, call)):
            assert end <= begin, f"{one} reaches into {other}"


def test_an_overlap_would_be_seen() -> None:
    terms = Terms()
    instance = Instance(blueprint(load(STRATEGIES / "rsi.py"), {}, live_variant(terms)), terms, jit=False)
    own = {at: 1_000_000 * (at + 1) for at in range(17)}
    own |= {1: 1, 4: 1, 7: 1, 15: 1, 10: own[9]}
    found = spans(instance, tuple(own[at] for at in range(17)))
    assert [(one, other) for (_, end, one), (begin, _, other) in pairwise(found) if end > begin] == [("out", "BOOK")]
