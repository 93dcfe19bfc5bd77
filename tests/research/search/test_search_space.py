"""Values to try: how people write them, which combinations there are, which the strategy refuses."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from core.errors import CockpitError, UsageError
from core.research.search.methods import method
from core.research.search.ranges import parse_range, typed
from core.research.search.space import Condition, Space
from core.strategy_files import builtin_folder, load

SMA = load(builtin_folder() / "sma_crossover.py")


def space(*ranges: str, where: tuple[str, ...] = (), **fixed: object) -> Space:
    """Combinations of the SMA crossover."""
    return Space(SMA, [parse_range(text) for text in ranges], fixed, [Condition(text) for text in where])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5:20:5", ("5", "10", "15", "20")),
        ("fast=3:5", ("3", "4", "5")),
        ("k=0.1:0.5:0.1", ("0.1", "0.2", "0.3", "0.4", "0.5")),
        ("k=1:2:0.75", ("1", "1.75")),
        ("k=-0.5:0.5:0.5", ("-0.5", "0", "0.5")),
        ("interval=1m, 5m,1m", ("1m", "5m")),
        ("fast=1e1:3e1:1e1", ("10", "20", "30")),
    ],
)
def test_a_range_is_read_as_people_write_it(text: str, values: tuple[str, ...]) -> None:
    assert parse_range(text).texts == values


@pytest.mark.parametrize(
    "text", ["fast", "fast=", "=1", "fast=a:b", "fast=5:1", "fast=1:5:0", "fast=1:5:-1", "fast=1:2:3:4", "fast=1,,2", "k=nan:2", "k=0:1e9"]
)
def test_what_is_no_range_is_one_line_that_says_what_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"--range .+") as found:
        parse_range(text)
    assert "\n" not in str(found.value)


def test_values_are_those_the_parameter_takes() -> None:
    assert typed(SMA, [parse_range("fast=5,10"), parse_range("interval=tick,1h")]) == {"fast": [5, 10], "interval": ["tick", "1h"]}
    with pytest.raises(UsageError, match=r"does not take 0: .*>= 1"):
        typed(SMA, [parse_range("fast=0:5")])
    with pytest.raises(UsageError, match="no parameter 'speed'; it has: fast, slow, interval"):
        typed(SMA, [parse_range("speed=1:2")])
    with pytest.raises(UsageError, match="given twice"):
        typed(SMA, [parse_range("fast=1:2"), parse_range("fast=3:4")])


def test_the_grid_is_every_combination_the_strategy_allows_the_last_changing_fastest() -> None:
    tried = space("fast=5:15:5", "slow=10:20:10")
    assert [(one["fast"], one["slow"]) for one in tried.grid()] == [(5, 10), (5, 20), (10, 20), (15, 20)]
    assert (tried.size, tried.refused) == (6, 2)
    assert "must be less than slow" in tried.why
    assert next(space("fast=5").grid())["interval"] == "1m"  # defaults are told too


def test_a_condition_holds_besides_the_strategys_own() -> None:
    tried = space("fast=5:15:5", "slow=10:20:10", where=("slow>=20", "fast != 10"))
    assert [(one["fast"], one["slow"]) for one in tried.grid()] == [(5, 20), (15, 20)]
    for wrong in ("fast", "fast < ", "import os", "fast < slow < 3", "fast() < 1"):
        with pytest.raises(UsageError, match="--where"):
            Condition(wrong)
    with pytest.raises(UsageError, match="no parameter 'speed'"):
        list(space("fast=5", where=("speed < 3",)).grid())
    with pytest.raises(UsageError, match="cannot be compared"):
        list(space("fast=5", where=("interval < 3",)).grid())


def test_a_parameter_is_not_both_fixed_and_a_range() -> None:
    with pytest.raises(UsageError, match="--param gives it one value"):
        space("fast=5:10", fast=3)


def test_random_gives_each_combination_once_and_the_same_for_the_same_seed() -> None:
    first = list(space("fast=1:20", "slow=10:30").random(np.random.default_rng(3)))
    again = list(space("fast=1:20", "slow=10:30").random(np.random.default_rng(3)))
    assert first == again != list(space("fast=1:20", "slow=10:30").grid())
    in_order = sorted(map(repr, first))
    assert in_order == sorted(map(repr, space("fast=1:20", "slow=10:30").grid()))


def test_a_space_too_large_to_list_is_drawn_from_and_runs_out_where_nearly_all_is_refused() -> None:
    tried = space("fast=1:9999", "slow=2:10000")
    drawn = [next(rows) for rows in [tried.random(np.random.default_rng(1))] for _ in range(50)]
    assert len({repr(one) for one in drawn}) == 50
    assert all(one["fast"] < one["slow"] for one in drawn)
    assert list(space("fast=2000:9999", "slow=2:2000", where=("slow == 2000", "fast == 1")).random(np.random.default_rng(1))) == []


def test_bayes_asks_the_same_for_the_same_seed_and_answers_and_goes_where_it_is_better() -> None:
    pytest.importorskip("optuna")

    def asked(seed: int) -> list[dict[str, object]]:
        tried = space("fast=1:100", "slow=101:200")
        way = method("bayes", tried, 96, seed)
        found: list[dict[str, object]] = []
        while sets := way.ask():
            way.tell([None if one["slow"] % 7 == 0 else -abs(one["fast"] - 60) - abs(one["slow"] - 150) for one in sets])
            found += sets
        return found

    first = asked(1)
    assert len(first) == 96 == len({msgspec.json.encode(one) for one in first})
    assert first == asked(1) != asked(2)
    off = [abs(one["fast"] - 60) + abs(one["slow"] - 150) for one in first]  # type: ignore[operator]
    assert np.mean(off[-32:]) < np.mean(off[:32])


def test_a_method_nobody_knows_is_refused() -> None:
    with pytest.raises(CockpitError, match="grid, random, bayes"):
        method("luck", space("fast=5"), None, 0)
