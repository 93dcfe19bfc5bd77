"""Numerics: the compiled loop computes what Python computes, decides by plain arithmetic, and does not drift."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from loop_rig import BARS, FULL, LEAN, play, prints, scripted, terms

from core.compile.blueprint import blueprint
from core.compile.instance import Instance
from core.compile.module import Variant
from core.errors import StrategyError
from core.strategy_files import builtin_folder, discover, load

BUILTIN = sorted(path.stem for path in builtin_folder().glob("[!_]*.py"))
#: Correctly rounded by IEEE 754, or exact: the same bits on every machine.
EXACT = {"nan", "inf", "sqrt", "isnan", "isfinite", "isinf", "floor", "ceil", "fabs", "copysign", "frexp"}


def library_calls(text: str) -> set[str]:
    """What a generated module takes from math and numpy within its functions, apart from the code that compiles it."""
    functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name not in ("entry", "compile")]
    nodes = (node for function in functions for node in ast.walk(function))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in ("np", "math")}


@pytest.mark.parametrize("variant", [FULL, LEAN, BARS], ids=["full", "lean", "bars"])
@pytest.mark.parametrize("name", BUILTIN)
def test_no_transcendental_function_is_within_reach_of_a_target(name: str, variant: Variant) -> None:
    plan = blueprint(load(builtin_folder() / f"{name}.py"), {}, variant)
    assert library_calls(plan.text) <= EXACT


@pytest.mark.parametrize("name", BUILTIN)
def test_the_machine_code_is_asked_for_without_fastmath(name: str) -> None:
    text = blueprint(load(builtin_folder() / f"{name}.py"), {}, FULL).text
    assert "fastmath" not in text
    assert 'error_model="numpy"' in text


def test_there_are_built_in_strategies_and_none_is_broken() -> None:
    found = discover([builtin_folder()])
    assert found.broken == {}
    assert len(found.strategies) >= 6


def crossover(prices: list[float], **values: object) -> list[int]:
    """Ticks on which sma_crossover orders."""
    plan = blueprint(load(builtin_folder() / "sma_crossover.py"), {"interval": "tick", **values}, FULL)
    told = Instance(plan, terms(), jit=False)
    reports = told.feed(prints(prices))
    return [int(r["tick_id"]) for r in reports[reports["kind"] == 2]]


def test_averages_of_the_same_prices_are_equal_however_they_were_summed() -> None:
    assert crossover([0.1] * 300, fast=3, slow=7) == []


def test_averages_closer_than_a_part_in_a_trillion_are_equal() -> None:
    flat = [1e6] * 20
    assert crossover([*flat, 1e6 * (1 + 1e-12)], fast=2, slow=10) == []
    assert crossover([*flat, 1e6 * (1 + 1e-11)], fast=2, slow=10) == [20]


def test_a_huge_price_leaves_nothing_behind_in_a_rolling_sum() -> None:
    after = crossover([1.0] * 10 + [1e15] + [0.1] * 60, fast=3, slow=7)
    assert after[0] == 10
    assert [tick for tick in after if tick > 10 + 2 * 7] == []


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("target", [np.inf, 1e306])
def test_a_target_that_is_not_finite_is_an_error_that_names_the_strategy(target: float, jit: bool) -> None:
    with pytest.raises(StrategyError, match=r"^script gave a target that is not a finite number$"):
        play(prints([100, 101, 102]), [0, target, 0], terms(), jit=jit)


def test_what_was_traded_before_a_target_that_is_no_number_is_kept_in_any_batches() -> None:
    ticks = prints([100, 101, 102, 103])
    kept = []
    for size in (4, 1):
        told = scripted([1, 2, 2, np.inf], terms())
        reports = [told.feed(ticks[k : k + size].copy()) for k in range(0, 4 - size, size)]
        with pytest.raises(StrategyError):
            told.feed(ticks[4 - size :].copy())
        reports.append(told.reports_until_failure())
        kept.append(np.concatenate(reports).tobytes())
    assert kept[0] == kept[1]
    assert len(kept[0]) > 0


def test_a_strategy_that_gave_no_number_stands_still() -> None:
    told = scripted([1, np.inf, 1, 1], terms())
    ticks = prints([100, 101, 102, 103])
    with pytest.raises(StrategyError):
        told.feed(ticks[:2])
    before = told.snapshot()
    with pytest.raises(StrategyError):
        told.feed(ticks[2:])
    assert told.snapshot() == before


def test_tiny_and_huge_prices_and_sizes_stay_finite() -> None:
    run = play(prints([1e-12, 2e-12, 4e-12]), [1, 1, 0], terms(qty=1e12, fee_bps=1))
    assert run.account.realised == 0.0
    run = play(prints([1e12, 2e12, 4e12, 4e12]), [1, 0, 0, 0], terms(qty=1e-9, fee_bps=1))
    assert float(run.account.realised) == pytest.approx(2000.0)
    assert np.isfinite(run.account.equity)


def test_the_loop_takes_no_clock_and_no_chance() -> None:
    kernels = Path(__file__).resolve().parents[2] / "core" / "kernels"
    for path in kernels.glob("*.py"):
        imported = {
            (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert imported <= {"__future__", "typing", "math", "numpy", "core"}, path.name
