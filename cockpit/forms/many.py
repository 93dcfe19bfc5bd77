"""Where the rows of a study, or of the legs of a strategy, come from: one source or several, every symbol they hold or some of them."""

from __future__ import annotations

import os
from typing import ClassVar

from cockpit.forms.fields import Field, Value, read_symbols
from cockpit.forms.leg_symbols import handed_out, named_twice, plain
from cockpit.forms.sources import SourceEntry, SourceSuggester, SymbolEntry, whole
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

    def __init__(self, text: str, offered: list[str]) -> None:
        super().__init__(text, offered)
        self._put = "", ""  # what stood there before something was put there, and what that was

    def suggester_of(self, offered: list[str]) -> SourceSuggester:
        return LastSuggester(offered)

    def offers(self, found: list[str]) -> list[str]:
        tapes = [one for one in found if one.startswith(_TAPE)]
        each = handed_out(tapes, self.legs) if self.legs > 1 else tapes
        return [*each, *([EVERY] if len(tapes) > 1 else []), *(one for one in found if one not in tapes)]

    @property
    def sources(self) -> list[str]:
        return [whole(one) for one in self.text.split(",") if one.strip()]

    @property
    def apart(self) -> bool:
        """Whether there is one for each leg."""
        return len(self.sources) == self.legs and EVERY not in self.sources

    def read(self) -> Value:
        found, sources = super().read(), self.sources
        if self.legs > 1:
            if len(sources) < self.legs and not self.paths and not any(name_of(one) in ("", "*") for one in sources):
                raise ValueError(f"is of {len(sources)}, and the strategy trades {self.legs} symbols: one for each with commas (ctrl+n)")
            told = [names for one in sources if len(names := self.whose.get(one, [] if one in self.paths else [name_of(one)])) == 1]
            if self.apart and (twice := named_twice(names[0] for names in told)):
                raise ValueError(twice)
        return found

    def fill_up(self, *, named: bool) -> None:
        """A tape for each leg, where one stands there; what was put there so is taken back where it is one too many.

        Args:
            named: the symbols of the legs are, and nothing is to be put there.
        """
        text = self._put[0] if self.text == self._put[1] else self.text
        self._put = text, text if named else self._for_legs(text)
        if self.text != self._put[1]:
            self.text = self._put[1]
        self.judge()

    def _for_legs(self, text: str) -> str:
        """With further tapes of the same stretch behind it, as many as there are legs; as it is where it is no single tape."""
        _, at, span = text.strip().partition("@")
        if self.legs == 1 or not text.startswith(_TAPE) or "," in text or name_of(text) in ("", "*"):
            return text
        others = [tape for tape in self.tapes or () if plain(name_of(tape)) != plain(name_of(text))][: self.legs - 1]
        return ", ".join([text.strip(), *(f"{tape}{at}{span}" for tape in others)]) if len(others) == self.legs - 1 else text

    def tapes_of(self, symbols: list[str]) -> list[str]:
        """Those that are tapes; every tape at once stands for these symbols, where there are any."""
        found = []
        for one in self.sources:
            _, at, span = one.partition("@")
            each = symbols if one.startswith(_TAPE) and name_of(one) in ("", "*") else []
            found += [f"{_TAPE}{symbol}{at}{span}" for symbol in each] or ([one] if one.startswith(_TAPE) else [])
        return found

    def judged(self, source: str) -> str:
        if self.sources.count(source) > 1:
            return "is named twice"
        name, at, span = source.partition("@")
        if name not in (EVERY, _TAPE) or not self.tapes:
            return super().judged(source)
        return super().judged(f"{self.tapes[0]}{at}{span}")  # the span alone can be wrong

    @property
    def listed(self) -> list[str]:
        every = [name_of(tape) for tape in self.tapes or ()]
        names = [name_of(one) for one in self.sources if one.startswith(_TAPE)]
        return list(dict.fromkeys(symbol for name in names for symbol in (every if name in ("", "*") else [name])))


class RunSourcesEntry(SourcesEntry):
    """Where the rows of a run come from: one source, or files of one symbol; of several legs one for each, or what holds them all."""

    DESCRIPTION: ClassVar[str] = "tape:SYMBOL[@FROM..TO], a file or a folder"

    @property
    def sources(self) -> list[str]:
        one = super(SourcesEntry, self).sources
        return one if one and os.path.exists(one[0]) else super().sources  # a comma may be part of a name

    def offers(self, found: list[str]) -> list[str]:
        return super().offers(found) if self.legs > 1 else found

    def judged(self, source: str) -> str:
        if self.legs > 1 or self.sources.count(source) > 1:
            return super().judged(source)
        if source.startswith(_TAPE) and len(self.sources) > 1:
            return "is read alone: the strategy trades one symbol"
        return super(SourcesEntry, self).judged(source)

    @property
    def listed(self) -> list[str]:
        return super().listed if self.legs > 1 else []

    def hint(self) -> str:
        return super().hint() if self.legs == 1 else "one for each leg, commas between; or a folder, or tape:*, and symbols"


def name_of(tape: str) -> str:
    """The symbol of `tape:SYMBOL[/STREAM][@FROM..TO]`."""
    return tape.partition("@")[0].removeprefix(_TAPE).partition("/")[0]


class SymbolsEntry(SymbolEntry):
    """Which of the symbols that the sources hold; none typed: all of them."""

    FIELD: ClassVar[Field] = Field(name="symbols", default=None, description="only these of what the source holds, commas between")
    EMPTY: ClassVar[str] = "all"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.add_class("-list")

    @property
    def choices(self) -> list[str]:
        return super().choices if self.legs > 1 else ["", *self.held]

    @property
    def count(self) -> int:
        """How many will be tried on; 0 nobody knows."""
        if self.legs > 1:
            return 1
        try:
            return len(self.read()) or len(self.held)
        except ValueError:
            return 0

    def read(self) -> list[str]:
        if self.legs > 1:
            return self.of_legs
        names = read_symbols(self.text) if self.text.strip() else []
        for name in names:
            if self.held and plain(name) not in map(plain, self.held):
                raise ValueError(f"has {clean(name)}, which is not in it: it holds {self.shown()}")
        return names

    def hint(self) -> str:
        if not self.held or self.legs > 1:
            return super().hint()
        some = f"{self.count} of the {len(self.held)}" if self.text.strip() else f"all {len(self.held)}"
        return f"{some} it holds: {self.shown()}"
