"""Finding and loading strategy files: built-in ones and a user's, always as they are now; a broken one is named and stops nothing else.

Files of another kind that are made in the same way are loaded here too: `load_as` is told what such a file is. Strategies that are
written as rules or ensembles (`.toml`) are loaded by `core.written`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeVar, cast

import numpy as np
from msgspec import Struct

from core.errors import StrategyError, UsageError, one_line
from core.strategy import KERNEL, PYTHON, Definition

Defined = TypeVar("Defined", bound=Definition)

#: Who loads strategy files of another form than Python, by their suffix: found by name when such a file is met, since it stands above.
FORMS = {".toml": "core.written.loading"}

#: What a strategy file's name may end with.
SUFFIXES = (".py", *FORMS)


class FreshLoader(SourceFileLoader):
    """Compiles the file as it is now: Python's own bytecode cache trusts a modification time of one second."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class KeptLoader(SourceFileLoader):
    """Compiles a text that was kept of a file, whatever has become of the file."""

    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._text, self.path)


class FolderFinder(MetaPathFinder):
    """Lets a strategy file import helpers beside it: as they are now, or, with `texts`, as they were kept."""

    def __init__(self, folder: Path, texts: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.texts = texts

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        file = self.folder / f"{fullname}.py"
        if self.texts is not None:
            if fullname not in self.texts:
                return None
            return importlib.util.spec_from_file_location(fullname, file, loader=KeptLoader(fullname, str(file), self.texts[fullname]))
        if "." in fullname or not file.is_file():
            return None
        return importlib.util.spec_from_file_location(fullname, file, loader=FreshLoader(fullname, str(file)))


def load(path: Path, source: str | None = None, helpers: Mapping[str, str] | None = None) -> Definition:
    """Load one strategy file, with its folder importable for helpers beside it.

    Args:
        source: its text as it was kept; None: the file is read.
        helpers: with `source`, the texts of the modules beside it, by name.

    Raises:
        StrategyError: it does not load or lacks a part; the message names file, line and cause.
    """
    if path.suffix in FORMS:
        if source is None and path.with_suffix(".py").is_file():
            raise StrategyError(f"{path}: {path.stem}.py has the name already: rename one of them")
        return cast(Definition, importlib.import_module(FORMS[path.suffix]).load(path, source))
    return load_as("strategy", _definition, path, source, helpers)


def load_as(
    what: str,
    define: Callable[[str, Path, ModuleType], Defined],
    path: Path,
    source: str | None = None,
    helpers: Mapping[str, str] | None = None,
) -> Defined:
    """The same for a file of any kind.

    Args:
        what: its kind, one word.
        define: makes of its name, its path and the module what it defines; what it raises is raised.
    """
    finder = FolderFinder(path.parent, None if source is None else helpers or {})
    name = f"cockpit_{what}_{path.stem}"
    before = {*sys.modules, name}
    sys.meta_path.insert(0, finder)
    try:
        module = ModuleType(name)
        module.__file__ = str(path)
        sys.modules[name] = module
        loader = FreshLoader(name, str(path)) if source is None else KeptLoader(name, str(path), source)
        exec(loader.get_code(name), module.__dict__)
        definition = define(path.stem, path, module)
        definition.helpers.update(_helpers(path.parent, set(sys.modules) - before))
        return definition
    except StrategyError:
        raise
    except FileNotFoundError:
        raise StrategyError(f"no {what} file {path}") from None
    except (Exception, SystemExit) as error:  # whatever a user's file raises is a report, not our failure
        raise StrategyError(one_line(f"{path}:{_line(error, path)}: {type(error).__name__}: {error}")) from error
    finally:
        sys.meta_path.remove(finder)
        for helper in _helpers(path.parent, set(sys.modules) - before):
            del sys.modules[helper]  # the next load reads it again


def _helpers(folder: Path, names: set[str]) -> dict[str, ModuleType]:
    """Those of these modules that lie in a folder."""
    modules = {name: sys.modules[name] for name in names}
    return {name: module for name, module in modules.items() if (file := getattr(module, "__file__", None)) and Path(file).parent == folder}


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
    sentence = sentence_of(module)
    if not sentence:
        raise StrategyError(f"{path}:1: the file's docstring must say in one sentence what the strategy bets on")
    legs, hedged = int(getattr(module, "LEGS", 1)), bool(getattr(module, "HEDGED", False))
    return Definition(name, sentence, path, module, KERNEL if kernel else PYTHON, params_type, legs, hedged=hedged)


def sentence_of(module: ModuleType) -> str:
    """The first paragraph of a file's docstring, as one line."""
    return (module.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


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


def strategy_file(name: str, folders: Sequence[Path]) -> Path:
    """The file a name means: the last folder that has it, so a user's file shadows a built-in; there the one in Python.

    Raises:
        StrategyError: none has it; the message names those there are.
    """
    found = [file for folder in folders for suffix in reversed(SUFFIXES) if (file := folder / f"{name}{suffix}").is_file()]
    if not found:
        known = sorted({path.stem for folder in folders for path in _files(folder, SUFFIXES)})
        raise StrategyError(f"no strategy {one_line(name, 60)!r}; there are: {', '.join(known)}")
    return found[-1]


def _files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """Those of a folder that end so and whose name does not begin with `_`."""
    return sorted(path for suffix in suffixes for path in folder.glob(f"[!_]*{suffix}"))


def discover(folders: Iterable[Path]) -> Catalogue:
    """Load every strategy file of the folders; a broken one is named and stops nothing else."""
    return Catalogue(*discover_as(load, folders, SUFFIXES))


def discover_as(
    load: Callable[[Path], Defined], folders: Iterable[Path], suffixes: tuple[str, ...] = (".py",)
) -> tuple[dict[str, Defined], dict[str, str]]:
    """What the files of the folders define, and what is wrong with the others, by name."""
    found: dict[str, Defined] = {}
    broken: dict[str, str] = {}
    for folder in folders:
        for path in _files(folder, suffixes) if folder.is_dir() else ():
            try:
                found[path.stem] = load(path)
                broken.pop(path.stem, None)
            except StrategyError as error:
                twin = found.get(path.stem)
                if twin is not None and twin.path == path.with_suffix(".py") != path:
                    broken[path.name] = str(error)
                else:
                    broken[path.stem] = str(error)
                    found.pop(path.stem, None)
    return found, broken
