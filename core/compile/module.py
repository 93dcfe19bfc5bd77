"""The generated module of one strategy: its text, and running it compiled or plain."""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

from core.compile.bundle import Bundle
from core.compile.machine_code import machine_code
from core.kernels import loop, queue, resting, timed
from core.kernels.bars import close_bar, close_bar_from_bar
from core.kernels.features import ADDED, layouts
from core.kernels.paper import opened_at, opened_at_of_bar, since, since_of_bar
from core.kernels.tick_bars import close_tick
from core.strategy import KERNEL, Definition, params_dtype
from core.types import BAR, TICK

#: The machine code's own signature: addresses and counts, in the order of `entry`; returns the next tick to take.
PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int64, *(ctypes.c_void_p if kind == "*" else ctypes.c_int64 for kind in "*##*#**#*******#*"))

#: What the step of a plain Python strategy leaves behind for the loop: its targets, one a tick.
REPLAYED = np.dtype([("i", "i8")])

HEADER = '''"""Generated: the loop with one strategy bundled in. Do not edit."""
import math
import numpy as np
'''

#: Functions that run on few ticks only: inlining them would slow the others down (measured).
RARE = ("book__execute", "book__report", "book__close", "orders__")

#: The same by feature.
RARE_OF = {
    "funded": ("funding__",),
    "held": ("held__stop_out", "held__take_profit", "held__strike_bar"),
    "margined": ("margin__liquid",),
    "guarded": ("guards__note_trip", "guards__lock", "guards__hindered", "guards__guarded", "guards__begin_day"),
}

COMPILED = '''
def entry(ticks, count, start, legs, symbols, s, mem, work, p, out, books, account, terms, limits, reports, room, written):
    written[0] = -1
    i, n = core_loop(
        carray(ticks, count), start, carray(legs, symbols), carray(s, 1)[0], carray(mem, work), carray(p, 1)[0],
        carray(out, LEGS), carray(books, LEGS), carray(account, 1)[0], carray(terms, 1)[0], carray(limits, 1)[0],
        carray(reports, room))
    written[0] = n
    return i


def compile():
    from numba import carray, cfunc, float64, from_dtype, int32, int64, njit, types
    from numba.core.compiler import Compiler

    class Apart(Compiler):
        """What the loop is given lies apart: a store to one changes no other."""

        def __init__(self, *words):
            super().__init__(*words)
            self.state.flags.noalias = True

    options = dict(nogil=True, error_model="numpy")
    space = globals()
    for name in FUNCTIONS:
        rare, how = name.startswith(RARE), Apart if name == FUNCTIONS[-1] else Compiler  # helpers are given a book beside its books
        space[name] = njit(
            forceinline=not rare, pipeline_class=how, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options
        )(space[name])
    space["core_loop"], space["carray"] = space[FUNCTIONS[-1]], carray
    to = types.CPointer
    record = dict((key, to(from_dtype(np.dtype(descr)))) for key, descr in RECORDS.items())
    signature = int64(
        record["TICK"], int64, int64, to(int32), int64, record["STATE"], to(float64), int64, record["PARAMS"], to(float64),
        record["BOOK"], record["ACCOUNT"], record["TERMS"], record["LIMITS"], record["REPORT"], int64, to(int64))
    return cfunc(signature, cache=True, **options)(entry)
'''


class Variant(msgspec.Struct, frozen=True):
    """Which features are compiled in. The default has them all.

    Attributes:
        mapped: ticks of several symbols; else all are leg 0's.
        bars: the source is bars.
        ticks: the strategy lives on ticks, not on bars.
        stops, limited: stops; limits, pause and blocks.
        external: the venue fills the orders.
        signals: targets that change are told.
        features: of `core.kernels.features`, those that are asked for; the default has none.
    """

    mapped: bool = True
    bars: bool = False
    ticks: bool = False
    stops: bool = True
    limited: bool = True
    external: bool = False
    signals: bool = False
    features: frozenset[str] = frozenset()


def replayed_step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """The step of a plain Python strategy: the target it gave for this tick."""
    out[0] = mem[s.i]
    s.i += 1


def state_dtype(definition: Definition) -> np.dtype[Any]:
    """The dtype of a strategy's state record."""
    return definition.module.STATE if definition.kind == KERNEL else REPLAYED


def generate(definition: Definition, variant: Variant) -> str:
    """The module's text.

    Raises:
        StrategyError: `step` uses something that cannot be compiled in.
    """
    step = definition.module.step if definition.kind == KERNEL else replayed_step
    replace: dict[Any, Any] = {loop.step: step}
    specialise: dict[Any, tuple[Any, str]] = {}
    if variant.bars:
        replace |= {close_bar: close_bar_from_bar, since: since_of_bar, opened_at: opened_at_of_bar}
    elif variant.ticks:
        specialise[close_bar] = (close_tick, "interval")
    switches: dict[str, Any] = {key.upper(): value for key, value in msgspec.structs.asdict(variant).items() if isinstance(value, bool)}
    funded, margined, guarded = (name in variant.features for name in ("funded", "margined", "guarded"))
    told = state_dtype(definition).names or ()
    details = len(definition.details)
    room = 3 + (3 + 2 * funded + 2 * margined + 2 * guarded + variant.signals * (1 + details)) * definition.legs
    switches |= {"LEGS": definition.legs, "ROOM": room, "DETAILS": details}
    switches |= {"OWNED": "own" in told, "REASONED": {"confidence", "reason"} <= set(told)}
    features = {name.upper(): name in variant.features for name in ADDED}
    features |= {"JUDGED": variant.signals and "rejected" in told, "DETAILED": variant.signals and details > 0}
    switched = (loop.__name__, resting.__name__, queue.__name__, timed.__name__)
    bundle = Bundle(replace, specialise, (switched, switches), trim=(close_tick,), features=features)
    bundle.add(loop.advance)  # type: ignore[arg-type]
    records = {
        "TICK": BAR if variant.bars else TICK,
        "STATE": state_dtype(definition),
        "PARAMS": params_dtype(definition.params_type),
        **layouts(variant.features),
    }
    apart = getattr(definition.module, "COMPILED_APART", ())  # prefixes of names, of what was written out of rules
    rare = (*RARE, *apart, *(prefix for feature, prefixes in RARE_OF.items() if feature in variant.features for prefix in prefixes))
    literal = ",\n    ".join(f"{key!r}: {dtype.descr!r}" for key, dtype in records.items())
    return (
        HEADER
        + "\n\n".join(bundle.definitions())
        + f"\n\nRARE = {rare!r}\nLEGS = {definition.legs}\nFUNCTIONS = {bundle.functions!r}\nRECORDS = {{\n    {literal}}}\n"
        + COMPILED
    )


def compiled(text: str, name: str = "the strategy") -> Any:
    """The loop as machine code, a C function of PROTOTYPE: loaded from the cache, else compiled and kept there.

    Raises:
        StrategyError: numba refuses the strategy's `step`; the message is its first telling line.
    """
    return machine_code(text, name, PROTOTYPE)


def plain(text: str) -> Any:
    """The same text run by Python itself: `loop.advance` on records (`np.recarray`), slow, for checking small inputs."""
    module = ModuleType("advance")
    exec(compile(text, "advance.py", "exec"), module.__dict__)
    return module.__dict__[module.__dict__["FUNCTIONS"][-1]]
