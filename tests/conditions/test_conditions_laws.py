"""Laws of compiled conditions: verdicts are those of a plain evaluator, compiled is plain to the bit, and so is any split of the prints."""

from __future__ import annotations

import math
import tempfile
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conditions_rig import MIXED, instance, rules, terms
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.compile.instance import Instance
from core.conditions.explain import explain
from core.strategy import Definition
from tests.indicators.indicator_rig import over, walk

COUNT = 40
TICKS = walk(COUNT, seed=5)

#: What random conditions are about: the indicator and its parameters by name; `spread` is now and then no number, others warm up.
ABOUT: dict[str, tuple[str, dict[str, Any]]] = {
    "price": ("price", {}),
    "fast": ("sma", {"period": 2, "interval": "tick"}),
    "slow": ("sma", {"period": 5, "interval": "tick"}),
    "rsi": ("rsi", {"period": 4, "interval": "tick"}),
    "spread": ("spread", {}),
}
WARMS = {"fast", "slow", "rsi"}
NUMBERS = st.sampled_from([-1.0, 0.0, 0.03, 30.0, 50.0, 70.0, 99.98, 100.0, 100.02])
SIDES = st.one_of(NUMBERS, st.sampled_from(sorted(ABOUT)))

Words = tuple[str, str, tuple[Any, ...]]


@st.composite
def conditions(draw: st.DrawFn) -> Words:
    left = draw(st.sampled_from(sorted(ABOUT)))
    op = draw(st.sampled_from(["gte", "lte", "gt", "lt", "eq", "between"]))
    if op != "between":
        return left, op, (draw(SIDES),)
    low, high = draw(SIDES), draw(SIDES)
    return left, op, tuple(sorted((low, high))) if isinstance(low, float) and isinstance(high, float) else (low, high)


TREES = st.recursive(
    conditions(), lambda inner: st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)), max_leaves=6
)


def toml(part: Any) -> str:
    """A tree as a file writes it."""
    if len(part) == 3:
        return f'"{" ".join([part[0], part[1], *map(str, part[2])])}"'
    return f"{{ {part[0]} = [{', '.join(map(toml, part[1]))}] }}"


def text_of(tree: Any) -> str:
    """A file whose signal is this tree and which never enters."""
    named = "\n".join(
        f'{name} = {{ indicator = "{indicator}"{"".join(f", {key} = {value!r}" for key, value in given.items())} }}'
        for name, (indicator, given) in ABOUT.items()
    )
    return f"""sentence = "Whatever holds."
interval = "tick"
[indicators]
{named}
[signal]
all = [{toml(tree)}]
[entry]
all = ["price lt 0"]
"""


@cache
def recorded(name: str) -> NDArray[np.float64]:
    """What the indicator said after each tick, by the loop that charts and alerts use."""
    indicator, given = ABOUT[name]
    return over(indicator, TICKS, given, jit=False)[:, 0]


def stands(side: Any, i: int) -> tuple[float, str]:
    """A number and whether it can be compared."""
    if isinstance(side, float):
        return side, "known"
    values = recorded(side)
    if math.isfinite(values[i]):
        return float(values[i]), "known"
    return float(values[i]), "ERROR" if side not in WARMS or np.isfinite(values[:i]).any() else "PENDING"


def evaluated(part: Words, i: int) -> str:
    """The verdict on a condition after tick `i`, in plain Python."""
    left, op, sides = part
    pairs = [stands(left, i), *(stands(side, i) for side in sides)]
    for wrong in ("PENDING", "ERROR"):
        if wrong in [how for _, how in pairs]:
            return wrong
    a, b = pairs[0][0], pairs[1][0]

    def order(x: float, y: float) -> int:
        return 0 if abs(x - y) <= 1e-12 * abs(y) else 1 if x > y else -1

    if op == "between":
        return str(order(a, b) >= 0 and order(a, pairs[2][0]) <= 0).upper()
    rule = {"gte": (0, 1), "lte": (0, -1), "gt": (1,), "lt": (-1,), "eq": (0,)}[op]
    return str(order(a, b) in rule).upper()


def leaves(part: Any) -> list[Words]:
    return [part] if len(part) == 3 else [leaf for inner in part[1] for leaf in leaves(inner)]


def holds(part: Any, i: int) -> bool:
    if len(part) == 3:
        return evaluated(part, i) == "TRUE"
    return (all if part[0] == "all" else any)(holds(inner, i) for inner in part[1])


def begun(part: Any, i: int) -> bool:
    """Whether every indicator it is about was known by tick `i`."""
    used = {"price", *(leaf[0] for leaf in leaves(part)), *(side for leaf in leaves(part) for side in leaf[2] if isinstance(side, str))}
    return all(name not in WARMS or np.isfinite(recorded(name)[: i + 1]).any() for name in used)


@pytest.mark.slow
@given(TREES)
def test_verdicts_and_the_signal_are_those_of_a_plain_evaluator_over_the_indicators(tree: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        definition = rules(Path(folder), text_of(tree))
        made = instance(definition)
        signalled: list[int] = []
        for i in range(COUNT):
            made.feed(TICKS[i : i + 1])
            told = [row["verdict"] for row in explain(definition, made.state) if row["group"] == "signal"]
            assert told == [evaluated(leaf, i) for leaf in leaves(tree)]
            if made.state[0].machine.detected:
                signalled.append(int(made.state[0].machine.detected))
        first = next((i for i in range(COUNT) if begun(tree, i) and holds(tree, i)), None)
        assert set(signalled) == (set() if first is None else {int(TICKS["ts"][first])})


LONG = walk(3000, seed=11)
HOW = terms(latency_ms=700, stop_loss_pct=0.2)


@lru_cache
def mixed() -> Definition:
    return rules(Path(tempfile.mkdtemp()), MIXED)


@lru_cache
def whole() -> tuple[bytes, bytes, bytes]:
    """What a compiled run over all prints at once reports and keeps."""
    made = instance(mixed(), HOW, jit=True)
    return kept(made, made.feed(LONG).tobytes())


def kept(made: Instance, reports: bytes) -> tuple[bytes, bytes, bytes]:
    return reports, made.state.tobytes(), made.mem.tobytes()


def test_compiled_is_plain_to_the_bit_and_trades() -> None:
    made = instance(mixed(), HOW, jit=False)
    reports = made.feed(LONG)
    assert int(made.account[0].fills) > 6
    assert kept(made, reports.tobytes()) == whole()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(st.integers(0, len(LONG)), max_size=6))
def test_however_the_prints_are_split_the_bits_are_the_same(cuts: list[int]) -> None:
    made = instance(mixed(), HOW, jit=True)
    parts = [made.feed(LONG[a:b]).tobytes() for a, b in pairwise([0, *sorted(cuts), len(LONG)])]
    assert kept(made, b"".join(parts)) == whole()
