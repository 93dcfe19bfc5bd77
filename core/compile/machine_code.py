"""Generated modules as machine code: compiled by numba once, kept in a folder named by all that decides it, and loaded from there."""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib
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

import platformdirs

from core.errors import StrategyError, one_line

#: numba's variables that say where things lie, not how they are compiled.
PLACES = ("NUMBA_CACHE_DIR", "NUMBA_DEBUG_CACHE")

#: Loaded modules, so that their machine code stays where it is.
_KEEP: list[Any] = []
_LOADED: dict[Path, Any] = {}


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


def machine_code(text: str, name: str, prototype: Any) -> Any:
    """What the function `compile` of a module gives, as a C function of `prototype`: loaded from the cache, else compiled and kept there.

    Args:
        text: the module.
        name: what it is, for who reads that it does not compile.

    Raises:
        StrategyError: numba refuses it; the message is its first telling line.
    """
    place = cache_folder() / fingerprint(text)
    if place not in _LOADED:
        if not (place / "ready").exists():
            _build(text, place, name, prototype)
        _LOADED[place] = _compile(_module(place, place.name), name, prototype)
    return _LOADED[place]


def _build(text: str, place: Path, name: str, prototype: Any) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".build-", dir=place.parent))
    try:
        (work / "advance.py").write_text(text, encoding="utf-8")
        _compile(_module(work, place.name), name, prototype)
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


def _compile(module: ModuleType, name: str, prototype: Any) -> Any:
    from numba.core.errors import NumbaError

    without_scipy()
    try:
        with _collecting_later():
            entry = module.compile()
    except Exception as error:  # numba passes on what its parts raise, of any type
        raise StrategyError(f"{name} does not compile: {_telling(str(error) if isinstance(error, NumbaError) else repr(error))}") from error
    _KEEP.append(entry)  # the machine code lives as long as this object
    return prototype(entry.address)


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
