"""A portfolio in a small TOML file; what is wrong in it is one line with the file, its line and what is allowed."""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cockpit.cli.legs import TERMS, WORDS, Draft, put, source_of
from cockpit.cli.terms import CONFIGURED, PLAIN, term
from core.errors import UsageError, one_line

#: No portfolio is longer than this.
MOST_BYTES = 1 << 20

#: So many keys are listed to who wrote one that resembles none.
LISTED = 24


@dataclass
class Plan:
    """What a file says.

    Attributes:
        terms: of all legs, checked, the capital too.
        weights, start, end: as of the flags; None: it says nothing.
    """

    legs: list[Draft]
    terms: dict[str, Any] = field(default_factory=dict)
    weights: str | None = None
    start: int | None = None
    end: int | None = None


class LegFile:
    """A portfolio in TOML: terms, `weights`, `from` and `to` of all legs, and a `[[leg]]` for each.

    Args:
        path: of the file; relative sources begin where it lies.
    """

    KEYS = ("weights", "from", "to", *CONFIGURED, *PLAIN)
    LEG_KEYS = ("strategy", "source", "params", *WORDS, *TERMS)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = ""

    def read(self) -> Plan:
        """All of it.

        Raises:
            UsageError: it cannot be read, or a key or value is wrong: file, line and what is allowed.
        """
        import tomllib

        try:
            self._text = self._read()
            found = tomllib.loads(self._text)
        except OSError as error:
            raise UsageError(f"cannot read {self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{self._path} is not text in UTF-8") from error
        except (ValueError, RecursionError) as error:  # not TOML; a number of thousands of digits; lists in lists without end
            raise UsageError(f"{self._path}: {one_line(str(error))}") from None
        legs = found.pop("leg", [])
        if not isinstance(legs, list) or not legs or not all(isinstance(leg, dict) for leg in legs):
            raise UsageError(f"{self._path}: no legs; write each as [[leg]] with strategy and source below it")
        self._check(found, self.KEYS, 0)
        plan = Plan([self._leg(leg, number) for number, leg in enumerate(legs, 1)])
        plan.terms = {key: term(key, str(found[key]), self._said(key, found[key], 0)) for key in (*CONFIGURED, *PLAIN) if key in found}
        plan.weights = str(found["weights"]) if "weights" in found else None
        plan.start, plan.end = (self._moment(key, found) for key in ("from", "to"))
        return plan

    def _read(self) -> str:
        """Its text, no more of it than a person would write."""
        info = self._path.stat()
        if not stat.S_ISREG(info.st_mode) or info.st_size > MOST_BYTES:
            what = f"{info.st_size:,} bytes, where legs take a few lines" if stat.S_ISREG(info.st_mode) else "no regular file"
            raise UsageError(f"{self._path}: {what}")
        with self._path.open("rb") as file:
            return file.read(MOST_BYTES).decode()

    def _leg(self, given: dict[str, Any], number: int) -> Draft:
        self._check(given, self.LEG_KEYS, number)
        for key in ("strategy", "source"):
            if key not in given:
                raise UsageError(f"{self._at('', number)}: leg {number} has no {key}")
        sources = given["source"] if isinstance(given["source"], list) else [given["source"]]
        params = given.get("params", {})
        if not isinstance(params, dict) or not all(isinstance(value, str | int | float) for value in params.values()):
            raise UsageError(f'{self._at("params", number)}: params are names and values: {{ lookback = 20, interval = "1h" }}')
        draft = Draft(str(given["strategy"]), [source_of(str(word), self._path.parent) for word in sources], params=dict(params))
        for key in (*WORDS, *TERMS):
            if key in given:
                put(draft, key, str(given[key]), self._said(key, given[key], number))
        return draft

    def _moment(self, key: str, found: Mapping[str, Any]) -> int | None:
        from core.clock import parse_time

        if key not in found:
            return None
        value = found[key]
        try:
            return parse_time(value.isoformat() if hasattr(value, "isoformat") else str(value))
        except UsageError as error:
            raise UsageError(f"{self._at(key, 0)}: {key}: {error}") from None

    def _check(self, given: Mapping[str, Any], known: Sequence[str], number: int) -> None:
        for key in given:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                advice = (
                    f"did you mean {close[0]}?" if close else f"there are: {', '.join(known[:LISTED])}{' …' if len(known) > LISTED else ''}"
                )
                raise UsageError(f"{self._at(key, number)}: no key {key!r} {'in a leg' if number else 'outside of legs'}: {advice}")

    def _said(self, key: str, value: Any, number: int) -> str:
        return f"{self._at(key, number)}: {key} = {value}"

    def _at(self, key: str, number: int) -> str:
        """File and line of a key of a leg (from 1; 0: before them); of the leg itself where the key is ''."""
        leg, header = 0, re.compile(r"\s*\[\[\s*leg\s*\]\]")
        found: Callable[[str], Any] = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""").match if key else header.match
        for line, text in enumerate(self._text.splitlines(), 1):
            leg += header.match(text) is not None
            if leg == number and found(text):
                return f"{self._path} line {line}"
        return str(self._path)
