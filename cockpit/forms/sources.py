"""What a run can be made over, as a person types it: judged while typing, completed, and made whole for the engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from textual.suggester import Suggester

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Value
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
    """Where the rows come from."""

    def __init__(self, text: str, offered: list[str]) -> None:
        field = Field(name="source", default="", description="tape:SYMBOL[@FROM..TO], a file or a folder")
        self.tapes: list[str] | None = None
        super().__init__(field, text, suggester=SourceSuggester(offered))
        self.add_class("-wide")

    def read(self) -> Value:
        problem = problem_of(self.text, self.tapes)
        if problem:
            raise ValueError(problem)
        return whole(self.text)


class TimeEntry(Entry):
    """A moment, or none."""

    def __init__(self, name: str, description: str, text: str = "") -> None:
        super().__init__(Field(name=name, default=None, description=description), text, empty="any")

    def read(self) -> Value:
        if not self.text.strip():
            return None
        try:
            return parse_time(self.text.strip())
        except UsageError:
            raise ValueError("is no time: 2024-08-09 or 2024-08-09T12:00Z, UTC") from None
