"""What a run can be made over, as a person types it: judged while typing, completed, and made whole for the engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.suggester import Suggester

from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, Value
from cockpit.forms.leg_symbols import handed_out, leg_symbols, named, plain
from cockpit.report import source_words
from cockpit.text import clean
from core.clock import parse_time
from core.errors import UsageError
from core.home import data_folder

_TAPE = "tape:"
_ENDINGS = (".csv", ".csv.gz", ".zip", ".parquet", ".json")

#: Files of one folder that are offered.
MOST_FILES = 50

#: Names of a folder that are looked through to complete a path.
MOST_NAMES = 2000


def files_at_hand(folder: Path) -> list[str]:
    """Files of market data in a folder and among the project's samples."""
    found: list[str] = []
    for place in (folder, data_folder() / "samples"):
        try:
            place = place.resolve()
            names = sorted(entry.name for entry in os.scandir(place) if entry.is_file() and entry.name.endswith(_ENDINGS))
        except OSError:
            continue
        found += [str(place / name) for name in names[:MOST_FILES]]
    return list(dict.fromkeys(found))


def whole(source: str) -> str:
    """A source as the engine takes it: it knows neither this folder nor `~`."""
    source = source.strip()
    if source.startswith(_TAPE):
        name, at, span = source.removeprefix(_TAPE).partition("@")
        return f"{_TAPE}{name.upper() if ':' not in name and '/' not in name else name}{at}{span}"
    return os.path.abspath(os.path.expanduser(source))


def problem_of(source: str, tapes: Iterable[str] | None) -> str:
    """What is wrong with a source; '' where nothing is seen to be. `tapes` are the series there are, None while nobody knows."""
    if not source.strip():
        return "needs a file, a folder or tape:SYMBOL"
    full = whole(source)
    if not full.startswith(_TAPE):
        return "" if os.path.exists(full) else "is no file or folder here"
    name, at, span = full.removeprefix(_TAPE).partition("@")
    if not name or (at and ".." not in span):
        return "reads tape:SYMBOL or tape:SYMBOL@FROM..TO"
    try:
        times = [parse_time(moment.strip()) for moment in span.split("..", 1) if moment.strip()]
    except UsageError:
        return "has a time that is none: 2024-08-09 or 2024-08-09T12:00Z"
    if len(times) == 2 and times[0] >= times[1]:
        return "has its times the wrong way round"
    if tapes is not None and not any(_same(name, tape.removeprefix(_TAPE)) for tape in tapes):
        held = ", ".join(tape.removeprefix(_TAPE) for tape in list(tapes)[:5])
        return f"is not on the tape, which holds {clean(held) or 'nothing yet'}"
    return ""


def _same(name: str, tape: str) -> bool:
    """Whether a typed series may be that one."""
    wanted, there = name.partition("/")[0].upper(), tape.partition("/")[0].upper()
    return wanted in (there, there.rpartition(":")[2])


class SourceSuggester(Suggester):
    """Completes what is offered, and paths as a shell does."""

    def __init__(self, offered: list[str]) -> None:
        """`offered` may grow later."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._offered = offered

    async def get_suggestion(self, value: str) -> str | None:
        if not value.strip():
            return None
        known = next((text for text in self._offered if text.lower().startswith(value.lower()) and text != value), None)
        if known is not None:
            return value + known[len(value) :]
        return None if value.startswith(_TAPE) else await asyncio.to_thread(_completed, value)


def _completed(value: str) -> str | None:
    """The first name that goes on like this path; folders with a slash."""
    folder, name = os.path.split(os.path.expanduser(value))
    try:
        with os.scandir(folder or ".") as entries:
            fits = [entry for _, entry in zip(range(MOST_NAMES), entries, strict=False) if entry.name.startswith(name)]
            chosen = min((entry for entry in fits if name or not entry.name.startswith(".")), key=lambda entry: entry.name, default=None)
            if chosen is None or clean(chosen.name) != chosen.name:
                return None
            return value + chosen.name[len(name) :] + ("/" if chosen.is_dir() else "")
    except OSError:
        return None


class SourceEntry(Entry):
    """Where the rows come from.

    Attributes:
        tapes: the series there are; None while nobody knows.
        refused: by path why nothing can be read there; '' where something can.
        whose: by path the symbols it is known to hold.
        legs: how many symbols the strategy trades.
    """

    DESCRIPTION: ClassVar[str] = "tape:SYMBOL[@FROM..TO], a file or a folder"

    def __init__(self, text: str, offered: list[str]) -> None:
        field = Field(name="source", default="", description=self.DESCRIPTION)
        self.tapes: list[str] | None = None
        self.refused: dict[str, str] = {}
        self.whose: dict[str, list[str]] = {}
        self.legs = 1
        super().__init__(field, text, suggester=self.suggester_of(offered))
        self.add_class("-wide")

    def suggester_of(self, offered: list[str]) -> SourceSuggester:
        """What completes it."""
        return SourceSuggester(offered)

    def offers(self, found: list[str]) -> list[str]:
        """What is gone through of what was found."""
        return found

    @property
    def sources(self) -> list[str]:
        """What is typed, as the engine takes it; empty where nothing is."""
        return [whole(self.text)] if self.text.strip() else []

    def judged(self, source: str) -> str:
        """What is wrong with one of them; '' where nothing is seen to be."""
        return problem_of(source, self.tapes) or self.refused.get(source, "").removeprefix(f"{source}: ")

    def read(self) -> Value:
        sources = self.sources
        if not sources:
            raise ValueError(problem_of("", None))
        for one in sources:
            problem = self.judged(one)
            if problem:
                raise ValueError(problem if len(sources) == 1 else f"{source_words(one)} {problem}")
        return ", ".join(sources)

    @property
    def paths(self) -> list[str]:
        """Those that are files or folders."""
        return [one for one in self.sources if not one.startswith(_TAPE)]

    @property
    def listed(self) -> list[str]:
        """Symbols that are known without looking into anything."""
        return []


class SymbolEntry(Entry):
    """Whose rows are meant, where a source holds those of several; none where it says it itself.

    Attributes:
        held: the symbols to choose from; empty where there are no two, or nobody knows.
        legs: how many the strategy trades.
        apart: whether each leg has a source of its own.
    """

    FIELD: ClassVar[Field] = Field(name="symbol", default=None, description="whose data it is, where a file's name does not say")
    EMPTY: ClassVar[str] = "as it says"

    def __init__(self, text: str) -> None:
        self.held: list[str] = []
        self.legs = 1
        self.apart = False
        super().__init__(self.FIELD, text, suggester=SymbolSuggester(lambda: self.held), empty=self.EMPTY)

    @property
    def choices(self) -> list[str]:
        """What is gone through."""
        return handed_out(self.held, self.legs) if self.legs > 1 else self.held

    def hold(self, symbols: list[str]) -> None:
        """The source holds rows of these."""
        self.held = symbols if len(symbols) > 1 or self.legs > 1 else []
        self.judge()

    def shown(self) -> str:
        """What there is to choose from."""
        return named(self.held)

    @property
    def of_legs(self) -> list[str]:
        """Those of all legs, in their order; none where each source says its own.

        Raises:
            ValueError: they are none.
        """
        return leg_symbols(self.text, self.legs, self.held, apart=self.apart)

    def hint(self) -> str:
        if self.legs == 1:
            return super().hint()
        return f"{self.legs} of what the source holds, in the order of the legs" + (", or a source for each" if not self.apart else "")

    def read(self) -> Value | list[str]:
        if self.legs > 1:
            return ",".join(self.of_legs) or None
        text = self.text.strip().upper()
        if self.held and plain(text) not in map(plain, self.held):
            raise ValueError(f"{'is not in it' if text else 'is to be chosen (ctrl+n)'}: it holds {self.shown()}")
        return text or None


class TimeEntry(Entry):
    """A moment, or none."""

    def __init__(self, name: str, description: str, text: str = "") -> None:
        super().__init__(Field(name=name, default=None, description=description), text, empty="any")

    def read(self) -> int | None:
        if not self.text.strip():
            return None
        try:
            return parse_time(self.text.strip())
        except UsageError:
            raise ValueError("is no time: 2024-08-09 or 2024-08-09T12:00Z, UTC") from None
