"""The generated module of one indicator: its text, and running it compiled or plain."""

from __future__ import annotations

import ctypes
import functools
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.compile.bundle import Bundle
from core.compile.machine_code import machine_code
from core.indicators import loop
from core.indicators.definition import Indicator
from core.indicators.loop import FOLLOWER
from core.kernels.bars import close_bar, close_bar_from_bar
from core.strategy import params_dtype
from core.types import BAR, TICK

#: The machine code's own signature, in the order of `entry`; returns how many ticks it took, 0 where a step raised.
PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int64, *(ctypes.c_void_p if kind == "*" else ctypes.c_int64 for kind in "*#*#*#*#*#*#*#*#"))

HEADER = '''"""Generated: the loop of indicators with one of them bundled in. Do not edit."""
import math
import numpy as np
'''

#: Functions with loops of their own: inlining them gains nothing and takes the compiler several times as long.
LARGE = ("windows__window_", "windows__time_weighted", "windows__forget", "returns__log_ratio")

COMPILED = """
def entry(ticks, count, first, ends, followers, following, states, places, mem, work, params, variants, out, lines, rows, room):
    return core_take(
        carray(ticks, count), carray(first, ends), carray(followers, following), carray(states, places), carray(mem, work),
        carray(params, variants), carray(out, lines), carray(rows, room))


def compile():
    from numba import carray, cfunc, float64, from_dtype, int64, njit, types
    options = dict(nogil=True, error_model="numpy")
    space = globals()
    for name in FUNCTIONS:
        space[name] = njit(forceinline=not name.startswith(LARGE), no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(space[name])
    space["core_take"], space["carray"] = space[FUNCTIONS[-1]], carray
    to = types.CPointer
    record = dict((key, to(from_dtype(np.dtype(descr)))) for key, descr in RECORDS.items())
    signature = int64(
        record["TICK"], int64, to(int64), int64, record["FOLLOWER"], int64, record["STATE"], int64, to(float64), int64,
        record["PARAMS"], int64, to(float64), int64, to(float64), int64)
    return cfunc(signature, cache=True, **options)(entry)
"""


#: Texts that were generated, of ticks and of bars, by the module of their indicator: a file that is loaded again has another one.
_TEXTS: WeakKeyDictionary[ModuleType, dict[bool, str]] = WeakKeyDictionary()


def generate(indicator: Indicator, *, bars: bool = False) -> str:
    """The module's text; generated once, as that takes some hundredths of a second.

    Args:
        bars: the ticks are BAR records.

    Raises:
        StrategyError: `step` uses something that cannot be compiled in.
    """
    texts = _TEXTS.setdefault(indicator.module, {})
    if bars not in texts:
        texts[bars] = _generated(indicator, bars)
    return texts[bars]


def _generated(indicator: Indicator, bars: bool) -> str:
    replace: dict[Any, Any] = {loop.step: indicator.module.step}
    if bars:
        replace[close_bar] = close_bar_from_bar
    lines = len(indicator.lines)
    bundle = Bundle(replace, {}, ((loop.__name__,), {"LINES": lines}))
    bundle.add(loop.take)  # type: ignore[arg-type]
    records = {
        "TICK": BAR if bars else TICK,
        "FOLLOWER": FOLLOWER,
        "STATE": indicator.module.STATE,
        "PARAMS": params_dtype(indicator.params_type),
    }
    literal = ",\n    ".join(f"{key!r}: {dtype.descr!r}" for key, dtype in records.items())
    text = "\n\n".join(bundle.definitions())
    return f"{HEADER}{text}\n\nLARGE = {LARGE!r}\nFUNCTIONS = {bundle.functions!r}\nRECORDS = {{\n    {literal}}}\n{COMPILED}"


def compiled(text: str, name: str) -> Any:
    """The loop as machine code, a C function of PROTOTYPE: loaded from the cache, else compiled and kept there.

    Raises:
        StrategyError: numba refuses the indicator's `step`; the message is its first telling line.
    """
    return machine_code(text, name, PROTOTYPE)


def plain(text: str) -> Any:
    """The same text run by Python itself: `loop.take` on records (`np.recarray`), slow, for checking small inputs."""
    module = ModuleType("take")
    exec(compile(text, "take.py", "exec"), module.__dict__)
    return _quiet(module.__dict__[module.__dict__["FUNCTIONS"][-1]])


def _quiet(take: Any) -> Any:
    @functools.wraps(take)
    def run(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):  # as machine code does
            return take(*arrays)

    return run
