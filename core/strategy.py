"""What a strategy is: one file with a sentence, `Params`, `STATE`, `work`, `warmup` and `step`, or a plain Python class.

    \"\"\"Holds the market while its fast average is above its slow one.\"\"\"

    class Params(Struct, frozen=True, kw_only=True):
        fast: Annotated[int, Meta(ge=1, le=10_000, description="bars in the fast average")] = 5
        interval: Interval = "1m"

    STATE = np.dtype([("bar", BAR_STATE), ("fast", SMA)])

    def work(p): return p.fast            # float64s of work memory
    def warmup(p): return p.fast          # bars before it has an opinion
    def step(s, mem, p, tick, out): ...   # compiled; out[leg] = target, left alone = no opinion

In ordinary Python, instead of STATE and step: `class Strategy` with `__init__(self, params)` and
`on_tick(self, tick) -> float | None` or `on_bar(self, bar) -> float | None`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
import numpy as np
from msgspec import Meta, Struct

from core.errors import StrategyError, UsageError, one_line
from core.types import interval_ns

INTERVAL_DESCRIPTION = "bar length: tick, or a number and ms, s, m, h, d, w"

#: A bar length in words. In the compiled record it is int64 ns, `tick` 0.
Interval = Annotated[
    str, Meta(pattern=r"^(tick|[1-9][0-9]{0,5}(ms|s|m|h|d|w))$", description=INTERVAL_DESCRIPTION, extra={"interval": True})
]

KERNEL = "kernel"
PYTHON = "python"


@dataclass(frozen=True)
class Definition:
    """One loaded strategy file."""

    name: str
    sentence: str
    path: Path
    module: ModuleType
    kind: str  # KERNEL | PYTHON
    params_type: type[Struct]
    legs: int

    def params(self, values: dict[str, Any]) -> Struct:
        """Typed parameters of what a person gave (text is converted), defaults for the rest.

        Raises:
            StrategyError: a name or value that is not allowed; the message names it and what is.
        """
        fields = {f.name: f for f in msgspec.structs.fields(self.params_type)}
        for key in values:
            if key not in fields:
                raise StrategyError(f"{self.name} has no parameter {key!r}; it has: {', '.join(fields)}")
        for key, value in values.items():
            try:
                msgspec.convert(value, fields[key].type, strict=False)
            except msgspec.ValidationError as error:
                raise StrategyError(f"{self.name}: {key}={value!r} is not allowed: {_lower(error)}") from None
        try:
            return msgspec.convert(values, self.params_type, strict=False)
        except (msgspec.ValidationError, ValueError) as error:
            raise StrategyError(f"{self.name}: {_lower(error)}") from None

    def work(self, params: Struct) -> int:
        """float64s of work memory."""
        return int(self.module.work(params)) if hasattr(self.module, "work") else 0

    def warmup(self, params: Struct) -> int:
        """Bars (ticks, for interval `tick`) before it has an opinion."""
        return int(self.module.warmup(params)) if hasattr(self.module, "warmup") else 0

    def interval(self, params: Struct) -> int:
        """ns of its bars, 0 when it lives on ticks."""
        return interval_ns(str(getattr(params, "interval", "tick")))


def _lower(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


#: Bars in which nothing traded are no bars, and exponential averages gain by more history: warming looks this many times further back.
WARM_REACH = 5


def warm_from(until_ns: int, warmup: int, interval: int) -> int:
    """Where history for warming up begins, for a strategy that needs `warmup` bars before `until_ns`."""
    return max((until_ns // interval - WARM_REACH * warmup - 1) * interval, 0)


def params_dtype(params_type: type[Struct]) -> np.dtype[Any]:
    """The record compiled code sees: int -> i8, float -> f8, bool -> i1, Interval -> i8 ns, a choice -> its place."""
    return np.dtype([(f.name, _code(f.type)) for f in msgspec.structs.fields(params_type)] or [("none", "i8")])


def _code(kind: Any) -> str:
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    if plain is float:
        return "f8"
    return "i1" if plain is bool else "i8"


def params_record(params: Struct) -> np.ndarray[Any, Any]:
    """One-element array of `params_dtype`, shape (1,)."""
    record = np.zeros(1, params_dtype(type(params)))
    for field in msgspec.structs.fields(type(params)):
        value = getattr(params, field.name)
        if is_interval(field.type):
            value = interval_ns(value)
        elif isinstance(value, str):
            allowed = choices(field.type)
            if not allowed:
                raise StrategyError(f"{field.name} is text: a compiled strategy takes numbers, a Literal choice or an Interval")
            value = allowed.index(value)
        record[field.name] = value
    return record


def is_interval(kind: Any) -> bool:
    """Whether a parameter is annotated `Interval`."""
    return any(isinstance(m, Meta) and (m.extra or {}).get("interval") for m in getattr(kind, "__metadata__", ()))


def choices(kind: Any) -> list[str]:
    """The allowed words of a Literal parameter, else none."""
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    return [a for a in get_args(plain) if isinstance(a, str)]


def describe_fields(struct: type[Struct]) -> list[dict[str, Any]]:
    """Name, type, default, bounds and description of each field: what forms, `strategies` and the API are made from."""
    rows = []
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        kind = hints[field.name]
        row: dict[str, Any] = {"name": field.name, "type": _type_name(kind), "default": field.default, "description": ""}
        for meta in _metas(kind):
            row["description"] = meta.description or row["description"]
            row.update({k: getattr(meta, k) for k in ("ge", "gt", "le", "lt") if getattr(meta, k) is not None})
        if choices(kind):
            row["choices"] = choices(kind)
        rows.append(row)
    return rows


def _metas(kind: Any) -> Iterable[Meta]:
    found = [m for m in getattr(kind, "__metadata__", ()) if isinstance(m, Meta)]
    return found + [m for part in get_args(kind) for m in getattr(part, "__metadata__", ()) if isinstance(m, Meta)]


def _type_name(kind: Any) -> str:
    if is_interval(kind):
        return "interval"
    if choices(kind):
        return "choice"
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    names = {int: "int", float: "float", bool: "bool", str: "str"}
    parts = (get_args(a)[0] if hasattr(a, "__metadata__") else a for a in get_args(plain))
    return names.get(plain) or next((names[a] for a in parts if a in names), "str")


def source_hash(text: str) -> str:
    """sha256 of a strategy's source."""
    return hashlib.sha256(text.encode()).hexdigest()


class FreshLoader(SourceFileLoader):
    """Compiles the file as it is now: Python's own bytecode cache trusts a modification time of one second."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class FolderFinder(MetaPathFinder):
    """Lets a strategy file import helpers beside it, always as they are now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        file = self.folder / f"{fullname}.py"
        if "." in fullname or not file.is_file():
            return None
        return importlib.util.spec_from_file_location(fullname, file, loader=FreshLoader(fullname, str(file)))


def load(path: Path) -> Definition:
    """Load one strategy file, with its folder importable for helpers beside it.

    Raises:
        StrategyError: it does not load or lacks a part; the message names file, line and cause.
    """
    finder = FolderFinder(path.parent)
    name = f"cockpit_strategy_{path.stem}"
    before = {*sys.modules, name}
    sys.meta_path.insert(0, finder)
    try:
        module = ModuleType(name)
        module.__file__ = str(path)
        sys.modules[name] = module
        exec(FreshLoader(name, str(path)).get_code(name), module.__dict__)
        return _definition(path.stem, path, module)
    except StrategyError:
        raise
    except FileNotFoundError:
        raise StrategyError(f"no strategy file {path}") from None
    except (Exception, SystemExit) as error:  # whatever a user's file raises is a report, not our failure
        raise StrategyError(one_line(f"{path}:{_line(error, path)}: {type(error).__name__}: {error}")) from error
    finally:
        sys.meta_path.remove(finder)
        _forget_helpers(path.parent, set(sys.modules) - before)


def _forget_helpers(folder: Path, names: set[str]) -> None:
    """Let the next load read the helpers of this folder again."""
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).parent == folder:
            del sys.modules[name]


def _line(error: BaseException, path: Path) -> int:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path) and f.lineno]
    return lines[-1] if lines else 1


def _definition(name: str, path: Path, module: ModuleType) -> Definition:
    kernel, plain = hasattr(module, "step"), hasattr(module, "Strategy")
    if kernel == plain:
        raise StrategyError(
            f"{path}:1: a strategy has either a `step` function or a `Strategy` class; this file has {'both' if kernel else 'neither'}"
        )
    if not kernel and not any(callable(getattr(module.Strategy, name, None)) for name in ("on_tick", "on_bar")):
        raise StrategyError(f"{path}:1: the class `Strategy` has neither `on_tick` nor `on_bar`")
    params_type = getattr(module, "Params", None)
    if not (isinstance(params_type, type) and issubclass(params_type, Struct)):
        raise StrategyError(f"{path}:1: `Params` must be a msgspec Struct")
    if kernel and not isinstance(getattr(module, "STATE", None), np.dtype):
        raise StrategyError(f"{path}:1: `STATE` must be a NumPy dtype of the strategy's scalars")
    sentence = (module.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    if not sentence:
        raise StrategyError(f"{path}:1: the file's docstring must say in one sentence what the strategy bets on")
    return Definition(name, sentence, path, module, KERNEL if kernel else PYTHON, params_type, int(getattr(module, "LEGS", 1)))


@dataclass(frozen=True)
class Catalogue:
    """All strategies found, and what is wrong with the files that did not load."""

    strategies: dict[str, Definition]
    broken: dict[str, str]

    def __getitem__(self, name: str) -> Definition:
        if name in self.strategies:
            return self.strategies[name]
        if name in self.broken:
            raise StrategyError(self.broken[name])
        raise StrategyError(f"no strategy {name!r}; there are: {', '.join(sorted(self.strategies))}")


def builtin_folder() -> Path:
    """Where the built-in strategies lie, without importing them."""
    spec = importlib.util.find_spec("strategies")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("the built-in strategies are not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def strategy_file(name: str, folders: Iterable[Path]) -> Path | None:
    """The file a name means: the last folder that has it, so a user's file shadows a built-in."""
    found = [folder / f"{name}.py" for folder in folders if (folder / f"{name}.py").is_file()]
    return found[-1] if found else None


def discover(folders: Iterable[Path]) -> Catalogue:
    """Load every strategy file of the folders; a broken one is named and stops nothing else."""
    strategies: dict[str, Definition] = {}
    broken: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.py")) if folder.is_dir() else ():
            if path.stem.startswith("_"):
                continue
            try:
                strategies[path.stem] = load(path)
                broken.pop(path.stem, None)
            except StrategyError as error:
                broken[path.stem] = str(error)
                strategies.pop(path.stem, None)
    return Catalogue(strategies, broken)
