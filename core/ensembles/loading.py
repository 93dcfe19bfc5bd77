"""From an ensemble's file to the strategy it defines."""

from __future__ import annotations

from pathlib import Path

from core.ensembles.reading import read
from core.ensembles.writing import write
from core.errors import StrategyError
from core.strategy import Definition
from core.written.loading import ENSEMBLE, defined, kind_of, text_of


def load(path: Path, source: str | None = None) -> Definition:
    """Load an ensemble: its own text stays the strategy's source, its code is what was written out of it, with its members' in it.

    Args:
        source: its text as it was kept; None: the file is read.

    Raises:
        StrategyError: it cannot be read, or what it says is not allowed; one line with file and place.
    """
    text = text_of(path) if source is None else source
    if kind_of(text) != ENSEMBLE:
        raise StrategyError(f"{path}: no ensemble: its file has a table [ensemble]; `cockpit conditions` reads files of rules")
    ensemble = read(path, text)
    definition = defined(path, ensemble.sentence, write(ensemble), ENSEMBLE)
    members = {f"member {name}": member.definition for name, member in ensemble.members.items()}
    definition.helpers.update({name: member.module for name, member in members.items() if member is not None})
    return definition
