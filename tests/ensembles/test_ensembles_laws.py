"""Laws of compiled ensembles: the vote of a plain evaluator, members as when alone, compiled is plain, as is any split of prints."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ensembles_rig import WHOLE, Heard, Tick, again, alone, ensemble, hear, market, plan_of, terms
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_vote import PlainVote, Said

from core.compile.instance import Instance
from core.kernels.records import DETAIL, SIGNALLED
from core.strategy import Definition
from core.types import Records
from tests.indicators.indicator_rig import walk

#: Members that are strategies, and what each is given.
MEMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "trend": ("sma_crossover", {"fast": 2, "slow": 4, "interval": "1s"}),
    "turn": ("rsi", {"period": 2, "interval": "2s"}),
    "surge": ("volume", {"recent": 1, "average": 2, "surge": 1.5, "fade": 1.0, "move": 0.0, "interval": "1s"}),
    "rules": ("rules", {}),
    "ladder": ("ladder", {}),
}

ROWS = st.builds(
    Tick, st.sampled_from([1, 300, 700, 1000, 2500, 5000]), st.integers(392, 424), st.integers(0, 40), st.sampled_from([-1, 0, 1]),
    st.sampled_from([None, 0, 1, 2]),
)  # fmt: skip
SAID = st.builds(
    Heard, st.integers(0, 59), st.sampled_from([-1.0, -0.5, 0.0, 1.0, math.nan]), st.sampled_from([0.25, 1.0]), st.integers(0, 20)
)
WEIGHTS = st.fixed_dictionaries({f"{name}_weight": st.sampled_from([0.0, 0.5, 1.0, 2.0]) for name in [*MEMBERS, "model"]})


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    leave, threshold = sorted((draw(st.sampled_from([0.0, 0.125, 0.25, 0.5])), draw(st.sampled_from([0.125, 0.25, 0.5, 1.0]))))
    weights = draw(WEIGHTS)
    return weights | {
        "threshold": threshold,
        "exit_threshold": leave,
        "quorum": min(draw(st.sampled_from([0.0, 1.0, 3.0])), sum(weights.values())),
        "side": draw(st.sampled_from(["both", "long", "short"])),
        "validators": draw(st.sampled_from([1, 1, 0])),
        "validators_unknown": draw(st.sampled_from(["hold", "pass"])),
        "validator_spread_pct": draw(st.sampled_from([0.0, 0.3, 100.0])),
        "validator_volatility_high": draw(st.sampled_from([0.5, 2.0, 1e9])),
        "validator_liquidity_quote": draw(st.sampled_from([0.0, 5000.0, 20_000.0])),
        "validator_trend_least_pct": draw(st.sampled_from([0.0, 0.5])),
        "validator_freshness_s": draw(st.sampled_from([1.0, 4.0, 1e9])),
    }


@cache
def whole() -> tuple[Definition, Instance, Path]:
    """The ensemble, compiled, and where it lies."""
    place = Path(tempfile.mkdtemp())
    definition = ensemble(place, WHOLE)
    return definition, Instance(plan_of(definition), terms()), place


@cache
def single(name: str) -> tuple[Definition, Instance]:
    """A member by itself, compiled."""
    strategy, given = MEMBERS[name]
    definition = alone(strategy, whole()[2])
    return definition, Instance(plan_of(definition, **given), terms())


def said_by(name: str, ticks: Records) -> list[Said]:
    """What a member says by itself over a market."""
    definition, made = single(name)
    again(made, definition, MEMBERS[name][1])
    sure = "confidence" in made.state.dtype.names
    found, target = [], math.nan
    for i in range(len(ticks)):
        made.feed(ticks[i : i + 1])
        now = float(made.wanted[0])
        target = now if now == now else target
        found.append(Said(target, float(made.state[0].confidence) if sure else 1.0))
    return found


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(ROWS, min_size=2, max_size=60), st.lists(SAID, max_size=4), parameters())
def test_the_vote_is_that_of_a_plain_evaluator_over_what_the_members_say_alone(
    rows: list[Tick], said: list[Heard], given: dict[str, Any]
) -> None:
    definition, made, _ = whole()
    ticks = market(rows)
    heard = sorted({one.at: one for one in said if one.at < len(ticks)}.values())
    params = definition.params(given)
    members = {name: said_by(name, ticks) for name in MEMBERS}
    plain = PlainVote(params, {name: given[f"{name}_weight"] for name in [*MEMBERS, "model"]}, ticks, heard)
    again(made, definition, given)
    for i in range(len(ticks)):
        for one in heard:
            if one.at == i:
                hear(made, one, int(ticks["ts"][i]))
        reports = made.feed(ticks[i : i + 1])
        found = plain.take(i, {name: words[i] for name, words in members.items()})
        row = made.state[0]
        assert float(made.wanted[0]) == found.target or math.isnan(found.target)
        assert math.isnan(made.wanted[0]) == math.isnan(found.target)
        numbers = dict(zip(definition.details, row.detail.tolist(), strict=True))
        assert numbers["vote"] == found.vote or math.isnan(found.vote)
        assert math.isnan(numbers["vote"]) == math.isnan(found.vote)
        got = {name: numbers[f"passed.{name}"] for name in found.verdicts}
        assert str(got) == str(found.verdicts)
        signals = reports[reports["kind"] == SIGNALLED]
        assert len(reports[reports["kind"] == DETAIL]) == len(signals) * len(definition.details)
        if found.held:
            assert [definition.reasons[why] for why in signals["why"]] == [f"held back by {found.held}"]


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(ROWS, min_size=2, max_size=60))
def test_a_member_keeps_the_very_bits_it_keeps_alone(rows: list[Tick]) -> None:
    definition, made, _ = whole()
    ticks = market(rows)
    again(made, definition, {})
    made.feed(ticks.copy())
    params: Any = definition.params({})
    derived = dict(zip(params.DERIVED, params.derived(), strict=True))
    for name in MEMBERS:
        own = f"of_{name}"
        other, by_itself = single(name)
        again(by_itself, other, MEMBERS[name][1])
        by_itself.feed(ticks.copy())
        record = made.state.view(np.ndarray)[own]
        assert record["state"].tobytes() == by_itself.state.tobytes(), name
        start = derived[f"AT_{name}"]
        end = start + other.work(other.params(MEMBERS[name][1]))
        assert made.mem[start:end].tobytes() == by_itself.mem[: end - start].tobytes(), name


LONG = walk(3000, seed=11)
HOW = terms(latency_ms=700, stop_loss_pct=0.2)
GIVEN = {"interval": "5s", "validators_unknown": "pass", "validator_freshness_s": 60.0}


def kept(made: Instance, reports: bytes) -> tuple[bytes, bytes, bytes]:
    return reports, made.state.tobytes(), made.mem.tobytes()


@cache
def compiled() -> tuple[bytes, bytes, bytes]:
    """What a compiled run over all prints at once reports and keeps."""
    made = Instance(plan_of(whole()[0], HOW, **GIVEN), HOW)
    return kept(made, made.feed(LONG.copy()).tobytes())


def test_compiled_is_plain_to_the_bit_and_trades() -> None:
    made = Instance(plan_of(whole()[0], HOW, **GIVEN), HOW, jit=False)
    reports = made.feed(LONG.copy())
    assert int(made.account[0].fills) > 6
    assert kept(made, reports.tobytes()) == compiled()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(st.integers(0, len(LONG)), max_size=6))
def test_however_the_prints_are_split_the_bits_are_the_same(cuts: list[int]) -> None:
    made = Instance(plan_of(whole()[0], HOW, **GIVEN), HOW)
    parts = [made.feed(LONG[a:b].copy()).tobytes() for a, b in pairwise([0, *sorted(cuts), len(LONG)])]
    assert kept(made, b"".join(parts)) == compiled()
