"""From a file of rules to the strategy it defines; `core.strategy_files` comes here for every `.toml` among strategies."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from core.conditions.keeping import kept
from core.conditions.reading import read
from core.conditions.writing import write
from core.errors import StrategyError, one_line
from core.strategy import KERNEL, Definition
from core.strategy_files import load_as


def load(path: Path, source: str | None = None) -> Definition:
    """Load a file of rules: its own text stays the strategy's source, its code is what was written out of it.

    Args:
        source: its text as it was kept; None: the file is read.

    Raises:
        StrategyError: it cannot be read, or what it says is not allowed; one line with file and place.
    """
    text = text_of(path) if source is None else source
    rules = read(path, text)
    try:
        file = kept(write(rules))
    except OSError as error:
        raise StrategyError(one_line(f"{path}: what is written out of it cannot be kept: {error}")) from error

    def define(name: str, place: Path, module: ModuleType) -> Definition:
        return Definition(path.stem, rules.sentence, path, module, KERNEL, module.Params, 1)

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
