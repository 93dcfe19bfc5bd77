"""All indicators there are: the built-in ones and a user's, as strategies are found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.errors import StrategyError
from core.indicators.definition import Indicator, load
from core.strategy import describe_fields
from core.strategy_files import discover_as

#: Where the built-in ones lie.
BUILTIN = Path(__file__).resolve().parent / "builtin"


@dataclass(frozen=True)
class Catalogue:
    """All indicators found, and what is wrong with the files that did not load."""

    indicators: dict[str, Indicator]
    broken: dict[str, str]

    def __getitem__(self, name: str) -> Indicator:
        """The indicator of a name.

        Raises:
            StrategyError: there is none, or its file does not load.
        """
        if name in self.indicators:
            return self.indicators[name]
        if name in self.broken:
            raise StrategyError(self.broken[name])
        close = difflib.get_close_matches(name, self.indicators, n=1)
        raise StrategyError(f"no indicator {name!r}; {f'did you mean {close[0]}?' if close else f'there are: {self.names}'}")

    @property
    def names(self) -> str:
        """Every name, in a row."""
        return ", ".join(sorted(self.indicators))


def discover(folder: Path | None = None) -> Catalogue:
    """The built-in indicators and those of a user's folder, whose files shadow built-in ones; a broken file stops nothing else."""
    folders: Iterable[Path] = [BUILTIN] if folder is None else [BUILTIN, folder]
    return Catalogue(*discover_as(load, folders))


def more_of(indicator: Indicator) -> str:
    """What its file says behind the first paragraph, as one line: its formula, how it holds, where it is from."""
    paragraphs = (indicator.module.__doc__ or "").strip().split("\n\n")[1:]
    return " ".join(" ".join(paragraphs).split())


def described(indicator: Indicator) -> dict[str, Any]:
    """An indicator as plain data: what listings and forms are made from."""
    return {
        "name": indicator.name,
        "sentence": indicator.sentence,
        "more": more_of(indicator),
        "params": [
            {key: None if value is msgspec.NODEFAULT else value for key, value in row.items()}
            for row in describe_fields(indicator.params_type)
        ],
        "lines": [line._asdict() for line in indicator.lines],
        "path": str(indicator.path),
    }
