"""The compiler process: users' files run there, its answer is one message whatever they print, and a worker only loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from strategy_text import kernel

from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.machine_code import ready
from core.compile.service import ask_compiler, build, catalogue
from core.errors import StrategyError

REPO = Path(__file__).resolve().parents[2]


async def test_the_catalogue_lists_what_loads_and_names_what_does_not(tmp_path: Path) -> None:
    kernel(tmp_path, "good", "out[0] = 1.0")
    (tmp_path / "bad.py").write_text("1 / 0\n")
    found = await catalogue([tmp_path])
    assert [row["name"] for row in found["strategies"]] == ["good"]
    assert found["strategies"][0]["params"][0]["name"] == "n"
    assert found["broken"] == {"bad": f"{tmp_path}/bad.py:1: ZeroDivisionError: division by zero"}
    assert "fee_bps" in {row["name"] for row in found["terms"]}


async def test_a_built_strategy_is_in_the_cache_and_runs_from_its_plan(tmp_path: Path) -> None:
    kernel(tmp_path, "good", "out[0] = 1.0 * p.n")
    plan = msgspec.convert(await build([tmp_path], "good", {"n": "4"}), Blueprint)
    assert ready(plan.text)
    assert plan.values == {"n": 4}
    assert plan.source == (tmp_path / "good.py").read_text()
    from strategy_text import prints

    from core.commands import Terms

    told = Instance(plan, Terms())
    told.feed(prints([100.0, 101.0]))
    assert told.books[0].position == 4.0


async def test_what_a_file_prints_does_not_reach_the_answer(tmp_path: Path) -> None:
    kernel(tmp_path, "loud", "out[0] = 1.0", before='print("hello")\nimport os\n\nos.write(1, b"bytes")')
    assert [row["name"] for row in (await catalogue([tmp_path]))["strategies"]] == ["loud"]


@pytest.mark.parametrize(
    ("values", "says"),
    [({"m": 1}, "good has no parameter 'm'; it has: n"), ({"n": 99}, "good: n=99 is not allowed: ")],
    ids=["unknown", "out of bounds"],
)
async def test_a_refused_parameter_is_one_line(values: dict[str, Any], says: str, tmp_path: Path) -> None:
    kernel(tmp_path, "good", "out[0] = 1.0")
    with pytest.raises(StrategyError) as caught:
        await build([tmp_path], "good", values)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


async def test_an_unknown_strategy_is_answered_with_those_there_are(tmp_path: Path) -> None:
    kernel(tmp_path, "good", "out[0] = 1.0")
    with pytest.raises(StrategyError, match=r"^no strategy 'nosuch'; there are: good$"):
        await build([tmp_path], "nosuch", {})


async def test_a_step_numba_refuses_is_one_line(tmp_path: Path) -> None:
    kernel(tmp_path, "mixed", "out[0] = 1.0 + (tick.price, 'a')")
    with pytest.raises(StrategyError) as caught:
        await build([tmp_path], "mixed", {})
    assert "\n" not in str(caught.value)


async def test_a_file_that_hangs_is_ended_at_the_deadline(tmp_path: Path) -> None:
    kernel(tmp_path, "hangs", "out[0] = 1.0", before="while True:\n    pass")
    with pytest.raises(StrategyError, match="hangs"):
        await ask_compiler({"type": "build", "folders": [str(tmp_path)], "name": "hangs", "params": {}}, timeout_s=5.0)


async def test_a_file_that_kills_the_process_is_one_line(tmp_path: Path) -> None:
    kernel(tmp_path, "dies", "out[0] = 1.0", before="import os\n\nos.abort()")
    with pytest.raises(StrategyError, match=r"^dies: [^\n]*ended with -6[^\n]*$"):
        await build([tmp_path], "dies", {})


def test_the_engines_side_of_the_compiler_imports_neither_numba_nor_numpy() -> None:
    code = "import sys, json, core.compile.service; print(json.dumps([m for m in ('numba', 'pandas', 'statsmodels') if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == []
