"""Writes strategy files for the tests of the compiler, and runs them on a few prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.commands import Terms
from core.compile.blueprint import Blueprint, blueprint
from core.compile.instance import Instance
from core.compile.module import Variant
from core.compile.python import PythonInstance
from core.kernels.records import FILL
from core.strategy import PYTHON
from core.strategy_files import load
from core.types import TICK, Records

T0 = 1_700_000_000_000_000_000

HEAD = '''"""Bets on nothing in particular."""

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

{imports}

class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: Annotated[int, Meta(ge=1, le=9, description="how many")] = 3

{state}
'''
STATE = 'STATE = np.dtype([("n", "i8"), ("x", "f8")])'
STEP = "def step(s, mem, p, tick, out):\n"


def kernel(folder: Path, name: str, body: str, *, imports: str = "", before: str = "", state: str = STATE) -> Path:
    """A strategy file whose `step` has this body (indented by four)."""
    path = folder / f"{name}.py"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    path.write_text(HEAD.format(imports=imports, state=state) + f"\n{before}\n\n\n{STEP}{lines}", encoding="utf-8")
    return path


def plain(folder: Path, name: str, body: str, *, imports: str = "") -> Path:
    """A strategy file with this `Strategy` class."""
    path = folder / f"{name}.py"
    path.write_text(HEAD.format(imports=imports, state="") + f"\n\n{body}", encoding="utf-8")
    return path


def line_of(path: Path, words: str) -> int:
    """The number of the first line that holds these words."""
    return next(k for k, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if words in line)


def prints(prices: Any, *, gap_ms: float = 1000.0) -> Records:
    """TICK records, `gap_ms` apart, with their place as id."""
    ticks = np.zeros(len(prices), TICK)
    ticks["ts"] = T0 + np.arange(len(prices)) * round(gap_ms * 1e6)
    ticks["id"], ticks["seq"] = np.arange(len(prices)), np.arange(len(prices)) + 1
    ticks["price"], ticks["qty"], ticks["bid"], ticks["ask"] = prices, 1.0, np.nan, np.nan
    return ticks


def made(
    path: Path, values: dict[str, Any] | None = None, *, jit: bool = False, how: Terms | None = None, variant: Variant | None = None
) -> Instance:
    """An instance of a strategy file."""
    definition = load(path)
    plan = blueprint(definition, values or {}, variant or Variant())
    make = PythonInstance if definition.kind == PYTHON else Instance
    return make(plan, how or Terms(side="long_short", fee_bps=0.0), jit=jit)


def fills(told: Instance, ticks: Records) -> list[tuple[int, float]]:
    """(tick, signed quantity) of each fill on these ticks."""
    reports = told.feed(ticks)
    return [(int(r["tick_id"]), float(r["qty"])) for r in reports[reports["kind"] == FILL]]


def bought(path: Path, values: dict[str, Any] | None = None, *, jit: bool = False) -> float:
    """How much a strategy with a constant target holds after four prints."""
    told = made(path, values, jit=jit)
    told.feed(prints([100.0, 101.0, 102.0, 103.0]))
    return float(told.books[0].position)


def text_of(path: Path, values: dict[str, Any] | None = None, variant: Variant | None = None) -> str:
    """The generated module."""
    plan: Blueprint = blueprint(load(path), values or {}, variant or Variant())
    return plan.text
