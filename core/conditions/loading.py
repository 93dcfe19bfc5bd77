"""From a file of rules to the strategy it defines."""

from __future__ import annotations

from pathlib import Path

from core.conditions.reading import read
from core.conditions.writing import write
from core.errors import StrategyError
from core.strategy import Definition
from core.written.loading import CONDITIONS, defined, kind_of, text_of


def load(path: Path, source: str | None = None) -> Definition:
    """Load a file of rules: its own text stays the strategy's source, its code is what was written out of it.

    Args:
        source: its text as it was kept; None: the file is read.

    Raises:
        StrategyError: it cannot be read, or what it says is not allowed; one line with file and place.
    """
    text = text_of(path) if source is None else source
    if kind_of(text) != CONDITIONS:
        raise StrategyError(f"{path}: an ensemble is no file of rules; `cockpit ensembles` reads it")
    rules = read(path, text)
    return defined(path, rules.sentence, write(rules), CONDITIONS)
