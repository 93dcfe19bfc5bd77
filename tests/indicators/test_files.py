"""Indicator files: a user's own, broken ones, one that shadows a built-in, and what each built-in says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from indicator_rig import FOUND, SYMBOL, ticks_of

from core.errors import StrategyError
from core.indicators.bank import Bank
from core.indicators.catalogue import described, discover
from core.indicators.definition import load
from core.indicators.loop import FOLLOWER
from core.strategy import params_dtype
from core.types import Symbols

GOOD = '''"""Twice the price. It is made up."""
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line


class Params(Struct, frozen=True, kw_only=True):
    times: Annotated[float, Meta(gt=0, le=10, description="how often")] = 2.0


LINES = (Line("double", "price", "main"),)
STATE = np.dtype([("n", "i8")])


def step(s, mem, p, tick, out):
    out[0] = p.times * tick.price
'''


def written(folder: Path, name: str, text: str = GOOD) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def test_every_built_in_loads_and_says_what_it_measures_in_what_unit() -> None:
    assert FOUND.broken == {}
    assert len(FOUND.indicators) >= 25
    for name, one in FOUND.indicators.items():
        assert one.sentence.endswith(".") or ". " in one.sentence, name
        row = described(one)
        assert all(line["unit"] and line["panel"] in ("main", "lower") for line in row["lines"]), name
        assert all(param["description"] and param["default"] is not None for param in row["params"]), name
        assert one.warmup(one.params({})) >= 0
        assert one.work(one.params({})) >= 0


def names_in(dtype: np.dtype[Any]) -> list[str]:
    return [inner for name in dtype.names or () for inner in (name, *names_in(dtype[name]))]


@pytest.mark.parametrize("name", sorted(FOUND.indicators))
def test_no_field_of_a_state_or_of_parameters_hides_behind_a_record_attribute(name: str) -> None:
    one = FOUND[name]
    fields = [*names_in(one.module.STATE), *names_in(params_dtype(one.params_type)), *names_in(FOLLOWER)]
    assert [field for field in fields if hasattr(np.void, field)] == []


def test_a_file_in_the_folder_is_an_indicator(tmp_path: Path) -> None:
    written(tmp_path, "double")
    found = discover(tmp_path)["double"]
    assert found.sentence == "Twice the price. It is made up."
    bank = Bank(Symbols([SYMBOL]))
    bank.add("it", found, {"times": "3"}, [SYMBOL])
    bank.take(ticks_of([0], [5.0]))
    assert bank.values("it", SYMBOL).tolist() == [15.0]


def test_a_users_file_shadows_a_built_in_one(tmp_path: Path) -> None:
    path = written(tmp_path, "rsi")
    assert discover(tmp_path)["rsi"].path == path
    assert discover()["rsi"].path != path


def test_a_broken_file_is_named_and_stops_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path, "broken", GOOD + "\nlate = 1 / 0\n")
    written(tmp_path, "double")
    found = discover(tmp_path)
    assert found.broken == {"broken": f"{path}:{len(GOOD.splitlines()) + 2}: ZeroDivisionError: division by zero"}
    assert {"double", "rsi"} <= set(found.indicators)
    with pytest.raises(StrategyError, match="division by zero"):
        found["broken"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def step", "def stepp", "an indicator has a `step` function; this file has none"),
        ("class Params", "class Parameters", "`Params` must be a msgspec Struct"),
        ("STATE =", "STATES =", "`STATE` must be a NumPy dtype of the indicator's scalars"),
        ('"""Twice the price. It is made up."""', "", "the file's docstring must say in one sentence what the indicator measures"),
        ("LINES = (", "OTHER = (", "`LINES` must be 1 to 16 lines"),
        ('Line("double", "price", "main")', "1", "1 is no line"),
        ('"main"', '"middle"', "line double: 'middle' is no panel: main or lower"),
        ('"double", "price"', '"double", ""', "line double: '' is no unit"),
        ('"double"', '"=2"', "'=2' is no name of a line"),
        ('Line("double", "price", "main"),', 'Line("a", "price"), Line("a", "price")', "'a' is given twice"),
        (" = 2.0\n", "\n", "every parameter must have a default"),
    ],
)
def test_a_file_that_lacks_a_part_is_refused_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(StrategyError) as caught:
        load(written(tmp_path, "mine", GOOD.replace(old, new)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_compiled_is_told_by_name_when_it_is_used(tmp_path: Path) -> None:
    found = load(written(tmp_path, "mine", GOOD.replace("p.times * tick.price", "tick.cheese")))
    with pytest.raises(StrategyError, match=r"mine does not compile: .*cheese"):
        Bank(Symbols([SYMBOL])).add("it", found, {}, [SYMBOL])


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(StrategyError, match=r"no indicator 'bolinger'; did you mean bollinger\?"):
        FOUND["bolinger"]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("sma", {"period": 0}, "sma: period=0 is not allowed: expected `int` >= 1"),
        ("sma", {"interval": "1x"}, "sma: interval='1x' is not allowed"),
        ("macd", {"fast": 30}, r"macd: fast \(30\) must be less than slow \(26\)"),
        ("price_window", {"from_s": 10, "to_s": 20}, r"price_window: to_s \(20\) must be less than from_s \(10\)"),
        ("twpa", {"window_s": 10, "resolution_s": 3}, r"twpa: window_s \(10\) must be a multiple of resolution_s \(3\)"),
        ("twpa", {"window_s": 500_000, "resolution_s": 1}, "500,000 buckets of 1 s: 100,000 at most"),
    ],
)
def test_parameters_that_cannot_be_are_refused_in_one_line(name: str, values: dict[str, object], said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        FOUND[name].params(values)
