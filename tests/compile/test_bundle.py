"""What the bundler takes in, what it refuses in one line, and that what it takes in means the same afterwards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from strategy_text import bought, kernel, line_of, made, prints, text_of

from core.compile.module import Variant
from core.errors import StrategyError


def refusal(path: Path) -> str:
    """The one line a file is refused with."""
    with pytest.raises(StrategyError) as caught:
        bought(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.slow
def test_helpers_constants_and_libraries_are_taken_in(tmp_path: Path) -> None:
    (tmp_path / "helping.py").write_text("HALF = 0.5\n\n\ndef half(x):\n    return x * HALF\n")
    body = "x = twice(half(3.0)) + SHIFT\nout[0] = np.sqrt(x * x) if not math.isnan(x) else 0.0"
    path = kernel(
        tmp_path, "takes", body, imports="import math\nfrom helping import half", before="SHIFT = -1\n\n\ndef twice(x):\n    return x + x"
    )
    assert bought(path) == 2.0
    assert bought(path, jit=True) == 2.0


def test_a_helper_called_through_its_module_is_taken_in(tmp_path: Path) -> None:
    (tmp_path / "helping.py").write_text("HALF = 0.5\n\n\ndef half(x):\n    return x * HALF\n")
    assert bought(kernel(tmp_path, "dotted", "out[0] = helping.half(3.0) + helping.HALF", imports="import helping")) == 2.0


def test_numpy_under_another_name_is_numpy(tmp_path: Path) -> None:
    assert bought(kernel(tmp_path, "named", "out[0] = num.sqrt(4.0)", imports="import numpy as num")) == 2.0


def test_the_module_is_self_contained(tmp_path: Path) -> None:
    (tmp_path / "helping.py").write_text("def half(x):\n    return x * 0.5\n")
    text = text_of(kernel(tmp_path, "alone", "out[0] = half(2.0)", imports="from helping import half"))
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE))
    assert imported == {"math", "numpy", "numba"}


def test_branches_that_are_switched_off_are_cut_out(tmp_path: Path) -> None:
    path = kernel(tmp_path, "lean", "out[0] = 1.0")
    texts = (text_of(path), text_of(path, variant=Variant(mapped=False, stops=False, limited=False)))
    full, lean = (text.partition("def loop__advance(")[2].partition("\ndef ")[0] for text in texts)
    for words in ("stop_hit(", "account.paused", "legs[tick.symbol]"):
        assert words in full
        assert words not in lean


def test_a_name_that_is_not_defined_is_refused_with_file_line_and_name(tmp_path: Path) -> None:
    path = kernel(tmp_path, "unknown", "x = 1.0\nout[0] = nosuch + x")
    message = refusal(path)
    assert message.startswith(f"{path}:")
    assert "step uses nosuch, a name that is not defined" in message


def test_the_line_is_the_one_of_the_use(tmp_path: Path) -> None:
    path = kernel(tmp_path, "unknown", "x = 1.0\nout[0] = nosuch + x")
    assert refusal(path).startswith(f"{path}:{line_of(path, 'nosuch')}: ")


def test_a_function_in_a_helper_that_uses_an_unknown_name_is_refused_with_the_helpers_file(tmp_path: Path) -> None:
    helper = tmp_path / "helping.py"
    helper.write_text("\n\ndef half(x):\n    return x * FACTOR\n")
    message = refusal(kernel(tmp_path, "outer", "out[0] = half(2.0)", imports="from helping import half"))
    assert message.startswith(f"{helper}:")
    assert "half uses FACTOR" in message


def test_a_closure_is_refused(tmp_path: Path) -> None:
    before = "def make(k):\n    def inner(x):\n        return x * k\n    return inner\n\n\nouter = make(2.0)"
    message = refusal(kernel(tmp_path, "closes", "out[0] = outer(1.0)", before=before))
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}/closes\.py:\d+: inner uses k, a closure, which cannot be compiled in", message)


@pytest.mark.parametrize(
    ("before", "use", "named"),
    [
        ("class Cell:\n    pass", "x = Cell()", "Cell, a type"),
        ("TABLE = {'a': 1.0}", "out[0] = TABLE['a']", "TABLE, a dict"),
        ("ROWS = [1.0, 2.0]", "out[0] = ROWS[0]", "ROWS, a list"),
        ("WEIGHTS = np.ones(3)", "out[0] = WEIGHTS[0]", "WEIGHTS, a ndarray"),
        ("import os", "out[0] = os.getpid()", "getpid, a builtin_function_or_method"),
        ("import random", "out[0] = random.random()", "random, a builtin_function_or_method"),
        ("import os", "x = os\nout[0] = 1.0", "os, a module other than math and numpy"),
        ("from math import sqrt", "out[0] = sqrt(4.0)", "sqrt, a builtin_function_or_method"),
    ],
)
def test_what_cannot_be_compiled_in_is_refused_by_name(tmp_path: Path, before: str, use: str, named: str) -> None:
    path = kernel(tmp_path, "uses", use, before=before)
    message = refusal(path)
    assert re.match(rf"{re.escape(str(path))}:\d+: step uses {re.escape(named)}", message)


def test_a_lambda_for_a_step_is_refused(tmp_path: Path) -> None:
    path = kernel(tmp_path, "short", "pass", before="")
    path.write_text(path.read_text().partition("def step")[0] + "step = lambda s, mem, p, tick, out: None\n")
    assert "only plain functions at the top of a module" in refusal(path)


# What is taken in must mean the same afterwards.


@pytest.mark.parametrize("name", ["BARS", "STOPS", "LIMITED", "MAPPED", "EXTERNAL", "TICKS", "ROOM"])
def test_a_strategys_own_constant_may_have_the_name_of_a_switch(tmp_path: Path, name: str) -> None:
    assert bought(kernel(tmp_path, "own", f"out[0] = 1.0 * {name}", before=f"{name} = 5")) == 5.0


def test_a_negative_constant_is_a_number_not_a_minus_sign(tmp_path: Path) -> None:
    assert bought(kernel(tmp_path, "square", "out[0] = SLOPE ** 2", before="SLOPE = -2.0")) == 4.0


def test_constants_that_are_not_finite_stay_what_they_are(tmp_path: Path) -> None:
    body = "if ABSENT != ABSENT and 1e300 < ENDLESS:\n    out[0] = 2.0"
    assert bought(kernel(tmp_path, "odd", body, before='ABSENT = float("nan")\nENDLESS = float("inf")')) == 2.0


@pytest.mark.parametrize(("module", "function"), [("book", "mark"), ("orders", "cancel"), ("stops", "stretch"), ("loop", "advance")])
def test_a_helper_may_have_the_name_of_one_of_the_loops_own(tmp_path: Path, module: str, function: str) -> None:
    (tmp_path / f"{module}.py").write_text(f"def {function}(x):\n    return x + 1.0\n")
    assert bought(kernel(tmp_path, "same", f"out[0] = {function}(1.0)", imports=f"from {module} import {function}")) == 2.0


def test_two_helpers_of_the_same_name_from_two_modules_stay_two(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("def pick(x):\n    return x + 1.0\n")
    (tmp_path / "second.py").write_text("def pick(x):\n    return x + 10.0\n")
    path = kernel(tmp_path, "both", "out[0] = first.pick(1.0) + second.pick(1.0)", imports="import first\nimport second")
    assert bought(path) == 13.0


def test_a_local_name_hides_a_global_one(tmp_path: Path) -> None:
    assert bought(kernel(tmp_path, "hides", "k = 2.0\nout[0] = k", before="k = 7.0")) == 2.0


def test_the_variable_of_a_comprehension_is_local(tmp_path: Path) -> None:
    assert bought(kernel(tmp_path, "sums", "out[0] = sum([x for x in (1.0, 2.0)])", before="x = 7.0")) == 3.0


def test_a_helper_with_a_default_for_an_argument_keeps_it(tmp_path: Path) -> None:
    before = "STEP = 0.5\n\n\ndef add(x, by=STEP):\n    return x + by"
    assert bought(kernel(tmp_path, "adds", "out[0] = add(1.0) + add(1.0, 0.0)", before=before)) == 2.5


def test_docstrings_and_comments_change_nothing_in_the_module(tmp_path: Path) -> None:
    bare = text_of(kernel(tmp_path, "same", "out[0] = 1.0"))
    assert text_of(kernel(tmp_path, "same", '"""Says so."""\n# why\nout[0] = 1.0')) == bare


@pytest.mark.slow
def test_annotations_of_local_names_are_left_out(tmp_path: Path) -> None:
    imports = "from typing import Any"
    assert bought(kernel(tmp_path, "typed", "x: float = 1.0\ny: Any = x\nz: Any\nout[0] = y", imports=imports), jit=True) == 1.0


# `interval` and the bars of a strategy.

BAR_STATE = 'STATE = np.dtype([("bar", BAR_STATE), ("n", "i8")])'
BAR_IMPORT = "from core.kernels.bars import BAR_STATE, close_bar"


def test_a_strategy_with_a_bar_length_of_its_own_gets_bars_of_it(tmp_path: Path) -> None:
    body = "if close_bar(s.bar, tick, 2_000_000_000):\n    out[0] = 1.0 * s.bar.trades"
    path = kernel(tmp_path, "fixed", body, imports=BAR_IMPORT, state=BAR_STATE)
    told = made(path)
    told.feed(prints([100.0] * 6))
    assert int(told.state[0].bar.count) == 2
    assert float(told.books[0].position) == 2.0


@pytest.mark.slow
def test_what_a_strategy_reads_of_a_bar_by_name_is_there(tmp_path: Path) -> None:
    body = 'if close_bar(s.bar, tick, 0):\n    out[0] = s.bar["volume"]'
    path = kernel(tmp_path, "named", body, imports=BAR_IMPORT, state=BAR_STATE)
    assert bought(path, jit=True) == 1.0
    assert bought(path) == 1.0
