"""Loading strategy files: what a file must hold, how a broken one is reported, what its parameters accept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from strategy_text import HEAD, bought, kernel, line_of, plain

from core.compile.blueprint import blueprint
from core.compile.module import Variant
from core.errors import StrategyError
from core.strategy import describe_fields, params_record
from core.strategy_files import discover, load
from core.types import MINUTE


def complaint(path: Path) -> str:
    """The one line a file is refused with."""
    with pytest.raises(StrategyError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "\x1b" not in message
    return message


def written(folder: Path, name: str, text: str) -> Path:
    """A file."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


GOOD = HEAD.format(imports="", state='STATE = np.dtype([("n", "i8")])') + "\n\ndef step(s, mem, p, tick, out):\n    out[0] = 1.0\n"


def test_a_strategy_is_its_files_name_and_its_first_sentence(tmp_path: Path) -> None:
    found = load(written(tmp_path, "mine", GOOD.replace("Bets on nothing in particular.", "Bets on\nnothing.\n\nMore words.")))
    assert (found.name, found.sentence, found.kind, found.legs) == ("mine", "Bets on nothing.", "kernel", 1)


def test_a_syntax_error_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "broken", GOOD + "\nthis is no python\n")
    assert complaint(path).startswith(f"{path}:{line_of(path, 'this is no')}: SyntaxError")


def test_an_error_while_loading_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "broken", GOOD + "\nlate = 1 / 0\n")
    assert complaint(path) == f"{path}:{line_of(path, 'late')}: ZeroDivisionError: division by zero"


def test_a_missing_import_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "broken", GOOD.replace("import numpy as np", "import numpy as np\nimport nosuchmodule"))
    assert complaint(path) == f"{path}:{line_of(path, 'nosuch')}: ModuleNotFoundError: No module named 'nosuchmodule'"


def test_an_error_in_a_helper_is_named_by_the_line_that_imports_it(tmp_path: Path) -> None:
    written(tmp_path, "helping", "x = 1\ny = 1 / 0\n")
    path = written(tmp_path, "broken", GOOD.replace("import numpy as np", "import numpy as np\nimport helping"))
    assert complaint(path).startswith(f"{path}:{line_of(path, 'import helping')}: ZeroDivisionError")


def test_an_error_of_several_lines_and_colours_is_one_clean_line(tmp_path: Path) -> None:
    complaint(written(tmp_path, "broken", GOOD + '\nraise ValueError("one\\ntwo \\x1b[31mred")\n'))


def test_a_file_that_exits_is_a_broken_file(tmp_path: Path) -> None:
    path = written(tmp_path, "leaves", GOOD + "\nraise SystemExit(3)\n")
    assert complaint(path).startswith(f"{path}:{line_of(path, 'raise SystemExit')}: ")


def test_a_file_that_is_no_text_is_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\x00\xff\xfe\x01" * 50)
    assert complaint(path).startswith(f"{path}:")


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes(b"# -*- coding: latin-1 -*-\n" + GOOD.replace("nothing", "caf\u00e9s").encode("latin-1"))
    try:
        plan = blueprint(load(path), {}, Variant())
    except StrategyError:
        return
    assert "caf\u00e9s" in plan.source


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "nosuch.py") == f"no strategy file {tmp_path / 'nosuch.py'}"


@pytest.mark.parametrize(
    ("cut", "put", "says"),
    [
        ('"""Bets on nothing in particular."""', "", "docstring"),
        (
            "class Params(Struct, frozen=True, kw_only=True):",
            "class Other(Struct, frozen=True, kw_only=True):",
            "`Params` must be a msgspec Struct",
        ),
        ("(Struct, frozen=True, kw_only=True)", "", "`Params` must be a msgspec Struct"),
        ('STATE = np.dtype([("n", "i8")])', 'STATE = [("n", "i8")]', "`STATE` must be a NumPy dtype"),
        ("def step(", "def stride(", "has neither"),
        ("def step(", "class Strategy:\n    pass\n\n\ndef step(", "has both"),
        ("def step(", 'LEGS = "two"\n\n\ndef step(', "LEGS|invalid literal"),
    ],
    ids=["docstring", "params", "a plain class", "state", "step", "step and Strategy", "legs"],
)
def test_a_missing_or_wrong_part_is_named(cut: str, put: str, says: str, tmp_path: Path) -> None:
    assert cut in GOOD
    path = written(tmp_path, "lacks", GOOD.replace(cut, put))
    message = complaint(path)
    assert message.startswith(f"{path}:")
    assert re.search(says, message)


def test_a_file_may_postpone_its_annotations(tmp_path: Path) -> None:
    path = kernel(tmp_path, "later", "out[0] = 1.0 * p.n")
    path.write_text(path.read_text().replace("from typing", "from __future__ import annotations\n\nfrom typing", 1))
    assert describe_fields(load(path).params_type)[0]["type"] == "int"
    assert bought(path, {"n": "4"}) == 4.0


def test_broken_files_are_reported_and_the_others_load(tmp_path: Path) -> None:
    written(tmp_path, "good", GOOD)
    bad = written(tmp_path, "bad", GOOD + "\n1 / 0\n")
    worse = written(tmp_path, "worse", "def (")
    written(tmp_path, "_private", "1 / 0")
    (tmp_path / "notes.txt").write_text("not a strategy")
    found = discover([tmp_path, tmp_path / "nosuch"])
    assert sorted(found.strategies) == ["good"]
    assert sorted(found.broken) == ["bad", "worse"]
    assert found.broken["bad"].startswith(f"{bad}:{line_of(bad, '1 / 0')}: ZeroDivisionError")
    assert found.broken["worse"].startswith(f"{worse}:1: SyntaxError")


def test_a_file_that_exits_stops_no_other(tmp_path: Path) -> None:
    written(tmp_path, "good", GOOD)
    written(tmp_path, "a_leaver", "import sys\nsys.exit()\n")
    assert sorted(discover([tmp_path]).strategies) == ["good"]


def test_a_later_folder_shadows_an_earlier_one_broken_or_not(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    written(first, "same", GOOD)
    written(second, "same", GOOD.replace("nothing in particular", "more"))
    assert discover([first, second])["same"].sentence == "Bets on more."
    written(second, "same", "1 / 0")
    found = discover([first, second])
    assert "same" not in found.strategies
    with pytest.raises(StrategyError, match="ZeroDivisionError"):
        found["same"]


def test_an_unknown_strategy_is_answered_with_those_there_are(tmp_path: Path) -> None:
    written(tmp_path, "good", GOOD)
    with pytest.raises(StrategyError, match=r"^no strategy 'nosuch'; there are: good$"):
        discover([tmp_path])["nosuch"]


def test_a_helper_beside_a_strategy_that_is_no_strategy_is_said_to_be_none(tmp_path: Path) -> None:
    written(tmp_path, "helping", '"""Helps."""\n\n\ndef half(x):\n    return x * 0.5\n')
    assert "has neither" in discover([tmp_path]).broken["helping"]


# Parameters.

CROSS = '    def __post_init__(self):\n        if self.n == 7:\n            raise ValueError("n must not be 7")\n'


def asked(path: Path, values: dict[str, object]) -> str:
    """The one line a parameter is refused with."""
    with pytest.raises(StrategyError) as caught:
        load(path).params(values)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_unknown_parameter_is_answered_with_those_there_are(tmp_path: Path) -> None:
    assert asked(written(tmp_path, "good", GOOD), {"m": 1}) == "good has no parameter 'm'; it has: n"


@pytest.mark.parametrize(
    ("value", "why"),
    [(0, ">= 1"), (10, "<= 9"), ("ten", "int"), (2.5, "int"), (None, "int"), (float("nan"), "int")],
)
def test_a_value_out_of_bounds_or_type_is_refused_by_name_and_reason(value: object, why: str, tmp_path: Path) -> None:
    message = asked(written(tmp_path, "good", GOOD), {"n": value})
    assert message.startswith(f"good: n={value!r} is not allowed: ")
    assert why in message


def test_text_is_converted(tmp_path: Path) -> None:
    assert load(written(tmp_path, "good", GOOD)).params({"n": "4"}).n == 4  # type: ignore[attr-defined]


def test_defaults_fill_what_is_not_given(tmp_path: Path) -> None:
    assert load(written(tmp_path, "good", GOOD)).params({}).n == 3  # type: ignore[attr-defined]


def test_a_rule_across_fields_is_answered_in_the_strategys_own_words(tmp_path: Path) -> None:
    path = written(tmp_path, "good", GOOD.replace("\nSTATE", f"\n{CROSS}\nSTATE"))
    assert asked(path, {"n": 7}) == "good: n must not be 7"


def test_a_description_holds_type_default_bounds_and_words(tmp_path: Path) -> None:
    rows = describe_fields(load(written(tmp_path, "good", GOOD)).params_type)
    assert rows == [{"name": "n", "type": "int", "default": 3, "description": "how many", "ge": 1, "le": 9}]


def test_the_record_a_step_sees_holds_integers_floats_flags_nanoseconds_and_places(tmp_path: Path) -> None:
    fields = '    x: float = 0.5\n    on: bool = True\n    interval: Interval = "5m"\n    how: Literal["a", "b"] = "b"\n'
    text = GOOD.replace("from typing import Annotated", "from typing import Annotated, Literal")
    text = text.replace("from msgspec", "from core.strategy import Interval\nfrom msgspec").replace("\nSTATE", f"\n{fields}\nSTATE")
    row = params_record(load(written(tmp_path, "rich", text)).params({}))[0]
    assert (row["n"], row["x"], row["on"], row["interval"], row["how"]) == (3, 0.5, 1, 5 * MINUTE, 1)


@pytest.mark.parametrize("interval", ["0s", "1y", "-1m", "m", "1.5m", "01m", "1M", ""])
def test_an_interval_that_is_none_is_refused(interval: str, tmp_path: Path) -> None:
    text = GOOD.replace("from msgspec", "from core.strategy import Interval\nfrom msgspec").replace(
        "\nSTATE", '\n    interval: Interval = "5m"\n\nSTATE'
    )
    assert asked(written(tmp_path, "rich", text), {"interval": interval}).startswith(f"rich: interval={interval!r} is not allowed: ")


@pytest.mark.parametrize("function", ["work", "warmup"])
def test_a_failing_work_or_warmup_is_one_line(function: str, tmp_path: Path) -> None:
    path = written(tmp_path, "fails", GOOD + f"\n\ndef {function}(p):\n    return p.nosuch\n")
    with pytest.raises(StrategyError, match=r"^\S+fails\.py: AttributeError: [^\n]*nosuch[^\n]*$"):
        blueprint(load(path), {}, Variant())


def test_a_negative_length_of_work_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, "fails", GOOD + "\n\ndef work(p):\n    return -5\n")
    with pytest.raises(StrategyError):
        blueprint(load(path), {}, Variant())


def test_a_python_strategy_is_known_as_one(tmp_path: Path) -> None:
    body = "class Strategy:\n    def __init__(self, params):\n        pass\n\n    def on_tick(self, tick):\n        return 1.0\n"
    assert load(plain(tmp_path, "mine", body)).kind == "python"
