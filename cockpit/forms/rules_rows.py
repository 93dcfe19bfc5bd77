"""The rows of the dialog of conditions: an indicator, a condition, a length of time; and the process that says what is wrong with them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from textual.suggester import Suggester

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Value
from cockpit.forms.indicators import IndicatorOffer
from cockpit.rules_file import refuse_name
from cockpit.rules_text import Draft, condition_text, indicator_line, indicator_text, nested
from cockpit.text import clean
from core.child import running
from core.codes import interval_ns
from core.errors import CockpitError, UsageError

#: Bytes of the longest answer of the process: all indicators with their parameters.
LINE = 1 << 22


class Checker:
    """The process that knows what rules may say."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def offers(self) -> dict[str, IndicatorOffer]:
        """The indicators that rules can be about.

        Raises:
            CockpitError: the process ended.
        """
        found = msgspec.convert(await self._ask({}), list[IndicatorOffer], strict=False)
        return {offer.name: offer for offer in found}

    async def check(self, texts: list[str]) -> list[tuple[str, str]]:
        """Of each file where it is wrong, and what; two empty texts where nothing is.

        Raises:
            CockpitError: the process ended.
        """
        return msgspec.convert(await self._ask({"texts": texts}), list[tuple[str, str]])

    async def check_rows(self, rows: list[RowEntry], draft: Draft) -> list[tuple[RowEntry, str, str]]:
        """Of each row what was in it, and what is wrong with that, '' nothing; those that say so by themselves are left out.

        Raises:
            CockpitError: the process ended.
        """
        asked: list[tuple[RowEntry, str, str]] = []
        for entry in rows:
            try:
                made = indicator_text(entry.row, draft) if entry.kind == "indicators" else condition_text(entry.kind, entry.row, draft)
            except ValueError:  # the row's form, or an indicator's
                continue
            asked.append((entry, entry.row, made))
        found = await self.check([text for _, _, text in asked])
        return [
            (entry, row, what if where.startswith(f"[{entry.kind}]") else "")
            for (entry, row, _), (where, what) in zip(asked, found, strict=True)
        ]

    async def _ask(self, words: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(msgspec.json.encode(words) + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise CockpitError("what checks the rules has ended: leave, and open the dialog again")
        return msgspec.json.decode(line)


@asynccontextmanager
async def checker() -> AsyncIterator[Checker]:
    """One, for as long as the block."""
    async with running("core.conditions", str(os.getpid()), line=LINE) as process:
        yield Checker(process)


class NewName(Field, frozen=True, kw_only=True):
    """A name no file of the folder has."""

    folder: str

    def read(self, text: str) -> Value:
        refuse_name(Path(self.folder), text.strip())
        return text.strip()


class LengthField(Field, frozen=True, kw_only=True):
    """A length of time, or nothing."""

    def read(self, text: str) -> Value:
        text = text.strip()
        if text:
            try:
                length = interval_ns(text)
            except UsageError:
                length = 0
            if length == 0:
                raise ValueError("is no length of time: 30s, 5m, 1h")
        return text


class RowEntry(Entry):
    """A row of rules. What is wrong with it is known a moment after it was typed."""

    def __init__(self, kind: str, text: str, meaning: Callable[[str], str], suggester: Suggester | None = None) -> None:
        """`kind` is the group it is of, or `indicators`; `meaning` says what stands beside a row that is right."""
        label = "indicator" if kind == "indicators" else "condition"
        super().__init__(Field(name=label, default=""), text, group=kind, suggester=suggester, empty="")
        self.kind = kind
        self._meaning = meaning
        self._said: tuple[str, str] = ("", "")
        self.add_class("-wide")

    def read(self) -> Value | list[str]:
        row = self.row
        if row and self.kind == "indicators":
            indicator_line(row)
        elif row:
            nested(row)
        if self._said[0] == row and self._said[1]:
            raise ValueError(self._said[1])
        return row

    @property
    def row(self) -> str:
        """What is typed, words apart by one space."""
        return " ".join(self.text.split())

    def hint(self) -> str:
        return clean(self._meaning(self.row))

    def say(self, row: str, what: str) -> None:
        """What is wrong with this row, '' nothing; it may be another one by now."""
        if self._said != (row, what):
            self._said = (row, clean(what))
            self.judge()


class WordSuggester(Suggester):
    """Completes the last word of a row."""

    def __init__(self, words: Callable[[str], list[str]]) -> None:
        """`words` are those that can come after what is typed before the last one."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        head = value[: value.rfind(" ") + 1]
        typed = value[len(head) :]
        found = next((word for word in self._words(head) if typed and word.startswith(typed) and word != typed), None)
        return None if found is None else head + found
