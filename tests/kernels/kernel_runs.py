"""Runs a kernel over whole columns, compiled and as plain Python, and holds the two to the same bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from core.compile.bundle import Bundle

#: Plain Python is slow: the compiled run goes over everything, the plain one over this much of it.
PLAIN = 1_000

_compiled: dict[str, Callable[..., Any]] = {}


def load(text: str, *, jit: bool) -> Callable[..., Any]:
    """The function `drive` of a source, its functions compiled in the order they stand in."""
    if jit and text in _compiled:
        return _compiled[text]
    space: dict[str, Any] = {"math": math, "np": np}
    libraries = set(space)
    exec(compile(text, "<kernel>", "exec"), space)
    if jit:
        for name in [name for name in space if name not in libraries and callable(space[name])]:
            space[name] = njit(error_model="numpy")(space[name])
        _compiled[text] = space["drive"]
    drive: Callable[..., Any] = space["drive"]
    return drive


def build(kernel: Callable[..., Any], windowed: bool, settings: int, columns: int, fields: tuple[str, ...]) -> str:
    """Source of the kernel, all it calls, and a loop over its inputs."""
    bundle = Bundle({}, {})
    name = bundle.add(kernel)  # type: ignore[arg-type]
    fixed = [f"s{k}" for k in range(settings)]
    rows = [f"c{k}" for k in range(columns)]
    call = ", ".join(["state", *(["mem", "3"] if windowed else []), *fixed, *(f"{row}[i]" for row in rows)])
    taken = "".join(f"\n        out[{k}, i] = state.{field}" for k, field in enumerate(fields, start=1))
    head = ", ".join(["state", "mem", "out", *fixed, *rows])
    drive = f"def drive({head}):\n    for i in range(out.shape[1]):\n        out[0, i] = {name}({call}){taken}\n"
    return "\n\n".join([*bundle.definitions(), drive])


def stream(
    kernel: Callable[..., Any],
    dtype: np.dtype[Any],
    settings: tuple[Any, ...],
    *columns: Any,
    work: int = 0,
    fields: tuple[str, ...] = (),
    plain: int = PLAIN,
) -> Any:
    """What the kernel returns for each row of the columns, and `fields` of its state after it: shape (rows,) or (1 + fields, rows).

    Args:
        settings: the fixed arguments between state (and window) and the row's values.
        work: float64s of work memory, 0 when the kernel takes none.
        plain: rows to check against plain Python.
    """
    rows = [np.ascontiguousarray(column) for column in columns]
    text = build(kernel, work > 0, len(settings), len(rows), fields)
    out = run(text, dtype, work, settings, rows, len(fields), jit=True)
    checked = run(text, dtype, work, settings, [row[:plain] for row in rows], len(fields), jit=False)
    np.testing.assert_array_equal(checked.view(np.int64), out[:, :plain].copy().view(np.int64))
    return out if fields else out[0]


def run(text: str, dtype: np.dtype[Any], work: int, settings: tuple[Any, ...], rows: list[Any], fields: int, *, jit: bool) -> Any:
    """One run from the all-zeros state; the memory on both sides of the window must stay as it was."""
    state = np.zeros(1, dtype)
    mem = np.zeros(work + 6)
    mem[:3] = mem[-3:] = math.pi
    out = np.full((1 + fields, len(rows[0])), -1.0)
    load(text, jit=jit)(state[0] if jit else state.view(np.recarray)[0], mem, out, *settings, *rows)
    assert (mem[:3] == math.pi).all()
    assert (mem[-3:] == math.pi).all()
    return out
