"""From a strategy's TOML file to the strategy it defines; `core.strategy_files` comes here for every `.toml` among strategies."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import cast

from core.errors import StrategyError, one_line
from core.strategy import KERNEL, Definition
from core.strategy_files import load_as
from core.written.keeping import kept

CONDITIONS = "conditions"
ENSEMBLE = "ensembles"

#: The table that tells an ensemble from rules.
_ENSEMBLE = re.compile(r"^[ \t]*\[[ \t]*ensemble[ \t]*\]", re.MULTILINE)


def load(path: Path, source: str | None = None) -> Definition:
    """Load a file of either kind.

    Args:
        source: its text as it was kept; None: the file is read.

    Raises:
        StrategyError: it cannot be read, or what it says is not allowed; one line with file and place.
    """
    text = text_of(path) if source is None else source
    return cast(Definition, importlib.import_module(f"core.{kind_of(text)}.loading").load(path, text))


def kind_of(text: str) -> str:
    """What a file is by its text: CONDITIONS or ENSEMBLE."""
    return ENSEMBLE if _ENSEMBLE.search(text) else CONDITIONS


def defined(path: Path, sentence: str, module: str, kind: str) -> Definition:
    """The strategy whose module was written out of a file: the file's own text stays its source.

    Args:
        module: the text that was written.

    Raises:
        StrategyError: it does not load or cannot be kept.
    """
    try:
        file = kept(module, kind)
    except OSError as error:
        raise StrategyError(one_line(f"{path}: what is written out of it cannot be kept: {error}")) from error

    def define(name: str, place: Path, loaded: ModuleType) -> Definition:
        return Definition(path.stem, sentence, path, loaded, KERNEL, loaded.Params, 1)

    return load_as("strategy", define, file)


def text_of(path: Path) -> str:
    """The file's text.

    Raises:
        StrategyError: there is none.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StrategyError(f"no strategy file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StrategyError(one_line(f"{path}: cannot be read: {error}")) from None
