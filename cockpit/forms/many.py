"""Where the rows of a study come from: one source or several, every symbol they hold or some of them."""

from __future__ import annotations

from typing import ClassVar

from cockpit.forms.fields import Field, read_symbols
from cockpit.forms.sources import SourceEntry, SourceSuggester, SymbolEntry, plain, whole
from cockpit.text import clean

_TAPE = "tape:"

#: Names every symbol of the tape.
EVERY = "tape:*"


class LastSuggester(SourceSuggester):
    """Completes the last of several sources."""

    async def get_suggestion(self, value: str) -> str | None:
        head, comma, last = value.rpartition(",")
        word = last.lstrip()
        found = await super().get_suggestion(word)
        return None if found is None else f"{head}{comma}{last[: len(last) - len(word)]}{found}"


class SourcesEntry(SourceEntry):
    """One source, or several with commas."""

    DESCRIPTION: ClassVar[str] = "files, folders, tape:SYMBOL[@FROM..TO], tape:* for all; commas between"

    def suggester_of(self, offered: list[str]) -> SourceSuggester:
        return LastSuggester(offered)

    def offers(self, found: list[str]) -> list[str]:
        tapes = [one for one in found if one.startswith(_TAPE)]
        return [*tapes, *([EVERY] if len(tapes) > 1 else []), *(one for one in found if one not in tapes)]

    @property
    def sources(self) -> list[str]:
        return [whole(one) for one in self.text.split(",") if one.strip()]

    def judged(self, source: str) -> str:
        if self.sources.count(source) > 1:
            return "is named twice"
        name, at, span = source.partition("@")
        if name not in (EVERY, _TAPE) or not self.tapes:
            return super().judged(source)
        return super().judged(f"{self.tapes[0]}{at}{span}")  # the span alone can be wrong

    @property
    def listed(self) -> list[str]:
        every = [tape.removeprefix(_TAPE).partition("/")[0] for tape in self.tapes or ()]
        names = [one.partition("@")[0].removeprefix(_TAPE).partition("/")[0] for one in self.sources if one.startswith(_TAPE)]
        return list(dict.fromkeys(symbol for name in names for symbol in (every if name in ("", "*") else [name])))


class SymbolsEntry(SymbolEntry):
    """Which of the symbols that the sources hold; none typed: all of them."""

    FIELD: ClassVar[Field] = Field(name="symbols", default=None, description="only these of what the source holds, commas between")
    EMPTY: ClassVar[str] = "all"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.add_class("-list")

    @property
    def choices(self) -> list[str]:
        return ["", *self.held]

    @property
    def count(self) -> int:
        """How many will be tried on; 0 nobody knows."""
        try:
            return len(self.read()) or len(self.held)
        except ValueError:
            return 0

    def read(self) -> list[str]:
        names = read_symbols(self.text) if self.text.strip() else []
        for name in names:
            if self.held and plain(name) not in map(plain, self.held):
                raise ValueError(f"has {clean(name)}, which is not in it: it holds {self.shown()}")
        return names

    def hint(self) -> str:
        if not self.held:
            return super().hint()
        some = f"{self.count} of the {len(self.held)}" if self.text.strip() else f"all {len(self.held)}"
        return f"{some} it holds: {self.shown()}"
