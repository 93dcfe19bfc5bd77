"""Reads a strategy's TOML file: each mistake is one line that says where in the file it is and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from core.errors import StrategyError, one_line
from core.types import SECOND, interval_ns

#: A file is at most so long, in bytes.
LONGEST = 65_536

#: The longest cooldown, timeout and window, s.
LONGEST_S = 1_000_000_000

#: What a part of a file may be called: it begins names of parameters.
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

_INTERVAL = re.compile(r"tick|[1-9][0-9]{0,5}(ms|s|m|h|d|w)")


class DocumentError(StrategyError):
    """Something a file says is not allowed.

    Attributes:
        where: a table such as `[signal]`, or text that is found in the file.
        what: what is wrong there.
    """

    def __init__(self, message: str, where: str, what: str) -> None:
        super().__init__(message)
        self.where, self.what = where, what


class Document:
    """One file.

    Args:
        path: whose text it is, for who reads what is wrong with it.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def refuse(self, where: str, what: str, at: str = "") -> NoReturn:
        """Raise one line on what is wrong.

        Args:
            where: a table such as `[signal]`, a key in it (`[entry]: cooldown`, `[members]: trend: weight`), or text found in the file.
            at: what is found in the file in its place, where that is more exact.

        Raises:
            DocumentError: always.
        """
        raise DocumentError(one_line(f"{self.path}{self.line_of(at or where)}: {where}: {what}"), where, one_line(what))

    def line_of(self, where: str) -> str:
        """`:7` where a table stands in the file, or better its key or what is in a list of its; "" where it is not found."""
        lines = [line.strip() for line in self.text.splitlines()]
        table, _, inside = where.partition(": ") if where.startswith("[") else ("", "", where)
        found, first, last = _table(lines, table)
        for word in filter(None, inside.split(": ")):
            place = _word(lines, word.strip("'"), table, first, last)
            if place < 0:
                break
            found, first, last = place, place, place + 1  # what is in an inline table stands on its line
            if lines[place].startswith("["):
                found, first, last = _table(lines, lines[place])
        return f":{found + 1}" if found >= 0 else ""

    def toml(self) -> dict[str, Any]:
        """The file as it is.

        Raises:
            StrategyError: it is no TOML, or too long.
        """
        if len(self.text.encode()) > LONGEST:
            raise StrategyError(f"{self.path}: a strategy's file has {LONGEST:,} bytes at most")
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"\(at line (\d+), column \d+\)", str(error))
            raise StrategyError(one_line(f"{self.path}:{line[1] if line else 1}: no TOML: {error}")) from None

    def known(self, where: str, table: Iterable[str], allowed: Iterable[str]) -> None:
        """Refuse a key that is not one of those allowed."""
        for key in table:
            if key not in allowed:
                at = f"{where}: {key}" if where.startswith("[") else key
                self.refuse(where, f"no key {key!r} there; there are: {', '.join(allowed)}", at)

    def table(self, name: str, top: dict[str, Any]) -> dict[str, Any]:
        """A table of the file, empty where it is left out."""
        found = top.get(name, {})
        if not isinstance(found, dict):
            self.refuse(name, f"is a table: write [{name}] and its keys below it")
        return found

    def sentence(self, where: str, given: object) -> str:
        """What the strategy bets on."""
        if not isinstance(given, str) or not given.strip() or not given.isprintable() or len(given) > 400:
            self.refuse(where, "say in one line of text what the strategy bets on, 400 characters at most")
        return given.strip()

    def interval(self, where: str, given: object, *, ticks: bool = True) -> str:
        """A length of time such as 5m, or `tick` where that is allowed."""
        if not isinstance(given, str) or not _INTERVAL.fullmatch(given) or (given == "tick" and not ticks):
            self.refuse(where, f"{given!r} is not allowed: a number and ms, s, m, h, d or w, such as 5m{', or tick' if ticks else ''}")
        return given

    def seconds(self, where: str, given: object) -> float:
        """A length of time such as 5m, in seconds."""
        length = interval_ns(self.interval(where, given, ticks=False)) / SECOND
        if length > LONGEST_S:
            self.refuse(where, f"{given!r} is longer than {LONGEST_S:,} s")
        return length


def _table(lines: list[str], table: str) -> tuple[int, int, int]:
    """Where its head stands, and its lines; -1 and the whole file where it has none."""
    name = table[1:].partition("]")[0].strip()
    for place, line in enumerate(lines):
        if table and line.startswith("[") and line[1:].partition("]")[0].strip() == name:
            ends = (k for k in range(place + 1, len(lines)) if lines[k].startswith("["))
            return place, place + 1, next(ends, len(lines))
    return -1, 0, len(lines)


def _word(lines: list[str], word: str, table: str, first: int, last: int) -> int:
    """The line where a key stands, or the head of its own table, or else where it is quoted; -1 nowhere."""
    head = f"[{table[1:].partition(']')[0].strip()}.{word}]" if table else f"[{word}]"
    key = re.compile(rf"(^|[{{,]\s*){re.escape(word)}\s*=")
    for place, line in enumerate(lines):
        if line.startswith(head) or (first <= place < last and (line == word or key.search(line))):
            return place
    return next((place for place in range(first, last) if f'"{word}"' in lines[place]), -1)
