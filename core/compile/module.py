"""The generated module of one strategy: its text, its folder in the cache, loading it compiled or plain."""

from __future__ import annotations

import ctypes
import functools
import gc
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import platformdirs

from core.compile.bundle import Bundle
from core.errors import StrategyError, one_line
from core.kernels import loop, resting
from core.kernels.bars import close_bar, close_bar_from_bar
from core.kernels.features import ADDED, layouts
from core.kernels.tick_bars import close_tick
from core.strategy import KERNEL, Definition, params_dtype
from core.types import BAR, TICK

#: The machine code's own signature: addresses and counts, in the order of `entry`; returns the next tick to take.
PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int64, *(ctypes.c_void_p if kind == "*" else ctypes.c_int64 for kind in "*##*#**#*******#*"))

#: What the step of a plain Python strategy leaves behind for the loop: its targets, one a tick.
REPLAYED = np.dtype([("i", "i8")])

#: numba's variables that say where things lie, not how they are compiled.
PLACES = ("NUMBA_CACHE_DIR", "NUMBA_DEBUG_CACHE")

#: Loaded modules, so that their machine code stays where it is.
_KEEP: list[Any] = []
_LOADED: dict[Path, Any] = {}

HEADER = '''"""Generated: the loop with one strategy bundled in. Do not edit."""
import math
import numpy as np
'''

#: Functions that run on few ticks only: inlining them would slow the others down (measured).
RARE = ("book__execute", "book__report", "book__close", "orders__")

COMPILED = """
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
    options = dict(nogil=True, error_model="numpy")
    space = globals()
    for name in FUNCTIONS:
        space[name] = njit(forceinline=not name.startswith(RARE), no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(space[name])
    space["core_loop"], space["carray"] = space[FUNCTIONS[-1]], carray
    to = types.CPointer
    record = dict((key, to(from_dtype(np.dtype(descr)))) for key, descr in RECORDS.items())
    signature = int64(
        record["TICK"], int64, int64, to(int32), int64, record["STATE"], to(float64), int64, record["PARAMS"], to(float64),
        record["BOOK"], record["ACCOUNT"], record["TERMS"], record["LIMITS"], record["REPORT"], int64, to(int64))
    return cfunc(signature, cache=True, **options)(entry)
"""


class Variant(msgspec.Struct, frozen=True):
    """Which features are compiled in. The default has them all.

    Attributes:
        mapped: ticks of several symbols; else all are leg 0's.
        bars: the source is bars.
        ticks: the strategy lives on ticks, not on bars.
        stops, limited: stops; limits, pause and blocks.
        external: the venue fills the orders.
        features: of `core.kernels.features`, those that are asked for; the default has none.
    """

    mapped: bool = True
    bars: bool = False
    ticks: bool = False
    stops: bool = True
    limited: bool = True
    external: bool = False
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
        replace[close_bar] = close_bar_from_bar
    elif variant.ticks:
        specialise[close_bar] = (close_tick, "interval")
    switches: dict[str, Any] = {key.upper(): value for key, value in msgspec.structs.asdict(variant).items() if isinstance(value, bool)}
    funded = "funded" in variant.features
    switches |= {"LEGS": definition.legs, "ROOM": 3 + 3 * definition.legs + 2 * definition.legs * funded}
    features = {name.upper(): name in variant.features for name in ADDED}
    bundle = Bundle(replace, specialise, ((loop.__name__, resting.__name__), switches), trim=(close_tick,), features=features)
    bundle.add(loop.advance)  # type: ignore[arg-type]
    records = {
        "TICK": BAR if variant.bars else TICK,
        "STATE": state_dtype(definition),
        "PARAMS": params_dtype(definition.params_type),
        **layouts(variant.features),
    }
    rare = (*RARE, "funding__") if funded else RARE
    literal = ",\n    ".join(f"{key!r}: {dtype.descr!r}" for key, dtype in records.items())
    return (
        HEADER
        + "\n\n".join(bundle.definitions())
        + f"\n\nRARE = {rare!r}\nLEGS = {definition.legs}\nFUNCTIONS = {bundle.functions!r}\nRECORDS = {{\n    {literal}}}\n"
        + COMPILED
    )


def cache_folder() -> Path:
    """Where generated modules lie: `COCKPIT_CACHE`, else the user's cache folder."""
    given = os.environ.get("COCKPIT_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("cockpit", appauthor=False)) / "kernels"


def fingerprint(text: str) -> str:
    """Hash of all that decides the machine code: the text, numba, llvmlite, NumPy, Python, the processor, flags."""
    parts = [text, *_versions()]
    parts += [platform.python_version(), platform.machine(), _cpu()]
    parts += sorted(f"{key}={value}" for key, value in os.environ.items() if key.startswith("NUMBA_") and key not in PLACES)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@functools.cache
def _versions() -> tuple[str, ...]:
    return tuple(importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy"))


@functools.cache
def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            lines = [line for line in file if line.startswith(("model name", "flags"))]
    except OSError:
        return platform.processor()
    return "".join(sorted(set(lines)))


def ready(text: str) -> bool:
    """Whether a compiled module of this text is in the cache."""
    return (cache_folder() / fingerprint(text) / "ready").exists()


def compiled(text: str, name: str = "the strategy") -> Any:
    """The loop as machine code, a C function of PROTOTYPE: loaded from the cache, else compiled and kept there.

    Raises:
        StrategyError: numba refuses the strategy's `step`; the message is its first telling line.
    """
    place = cache_folder() / fingerprint(text)
    if place not in _LOADED:
        if not (place / "ready").exists():
            _build(text, place, name)
        _LOADED[place] = _compile(_module(place, place.name), name)
    return _LOADED[place]


def plain(text: str) -> Any:
    """The same text run by Python itself: `loop.advance` on records (`np.recarray`), slow, for checking small inputs."""
    module = ModuleType("advance")
    exec(compile(text, "advance.py", "exec"), module.__dict__)
    return module.__dict__[module.__dict__["FUNCTIONS"][-1]]


def _build(text: str, place: Path, name: str) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".build-", dir=place.parent))
    try:
        (work / "advance.py").write_text(text, encoding="utf-8")
        _compile(_module(work, place.name), name)
        (work / "ready").touch()
        try:
            work.rename(place)
        except OSError:  # another process was first
            if not (place / "ready").exists():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _module(folder: Path, key: str) -> ModuleType:
    # numba's cache refers to the module by name: it must be the same, and importable, in every process
    spec = importlib.util.spec_from_file_location(f"cockpit_advance_{key}", folder / "advance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _compile(module: ModuleType, name: str) -> Any:
    from numba.core.errors import NumbaError

    without_scipy()
    try:
        with _collecting_later():
            entry = module.compile()
    except Exception as error:  # numba passes on what its parts raise, of any type
        raise StrategyError(f"{name} does not compile: {_telling(str(error) if isinstance(error, NumbaError) else repr(error))}") from error
    _KEEP.append(entry)  # the machine code lives as long as this object
    return PROTOTYPE(entry.address)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """numba makes a million objects and hardly a cycle: looking for some again and again took 8 % of its time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@functools.cache
def without_scipy() -> None:
    """Import the part of numba that would import scipy to see whether there is a BLAS: 0.15 s and 13 MB for every process with a loop.

    Where a strategy multiplies matrices numba asks again, and is answered.
    """
    from numba.np import linalg

    asked = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = asked


def _telling(message: str) -> str:
    """The lines of numba's message that say what is wrong, as one; its frames and hints left out."""
    lines = [one_line(line) for line in message.splitlines()]
    telling = [
        line for line in lines if line and not line.startswith(("Failed in", "-", ">", "<", "File ", "During", "* (", "def ", "^", "|"))
    ]
    return " | ".join(telling[:3])[:300] or one_line(message)
