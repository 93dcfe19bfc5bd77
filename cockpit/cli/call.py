"""One run of one command: what was asked, in which home, and how the answer goes out.

stdout is data: one JSON document under --json, else text for people. stderr is narration.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from core.commands import Command
    from core.config import Effective


class Call:
    """The parsed words of one command line and the ways to answer them.

    Attributes:
        patience: seconds the engine may take for a question.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.json: bool = getattr(options, "json", False)
        self.patience = 30.0

    def run(self) -> int:
        """Do it; the exit code."""
        return cast(int, self.options.run(self))

    @property
    def demo(self) -> bool:
        """Whether the demo's home is meant."""
        return getattr(self.options, "demo", False)

    @property
    def home(self) -> Path:
        """The home this command works in: `--home`, else `COCKPIT_HOME`, else the default one (of the demo, with `--demo`).

        Raises:
            UsageError: there is something else than a folder, or `--home` names nothing: a script's variable was empty, and no other
            home is meant.
        """
        from core.errors import UsageError
        from core.home import default_home, demo_home
        from core.home_folder import check_home

        given = getattr(self.options, "home", None)
        if given == "":
            raise UsageError("--home: give a folder")
        if given:
            return check_home(default_home({"COCKPIT_HOME": given}))
        return check_home(demo_home() if self.demo else default_home())

    @property
    def start(self) -> str:
        """What starts an engine in this home, given the words of this command line."""
        given = getattr(self.options, "home", None)
        words = ["cockpit start", *(["--demo"] if self.demo else []), *(["--home", shlex.quote(given)] if given else [])]
        return " ".join(words)

    def configuration(self, **flags: Any) -> Effective:
        """The effective configuration, with these flags on top; `paper__capital=…` is the key `paper.capital`.

        Raises:
            ConfigError: a wrong key or value.
        """
        from core.config import load

        return load(self.home, flags={name.replace("__", "."): value for name, value in flags.items()})

    def ask(self, what: str, **args: Any) -> Any:
        """A question to the running engine.

        Raises:
            NotRunning: none runs.
            CockpitError: it refuses.
        """
        from core.client import call
        from core.view import Ask

        return call(self.home, Ask(what, args), self.patience, start=self.start)

    def submit(self, command: Command, timeout: float = 30.0) -> Any:
        """A command to the running engine; its answer.

        Raises:
            NotRunning: none runs.
            CockpitError: it refuses.
        """
        from core.client import call
        from core.view import Submit

        return call(self.home, Submit(command, actor="cli"), timeout, start=self.start)

    def answer(self, document: Any, lines: Iterable[str]) -> int:
        """The one document under --json, else the lines; exit code 0."""
        if self.json:
            self.document(document)
        else:
            for line in lines:
                self.line(line)
        return 0

    def document(self, document: Any) -> None:
        """One line of JSON. What JSON cannot hold (NaN, infinity) is null."""
        import msgspec

        sys.stdout.write(msgspec.json.encode(document, enc_hook=_plain).decode() + "\n")

    def line(self, text: str) -> None:
        """A line for people; control characters in it do nothing."""
        sys.stdout.write(visible(text) + "\n")

    def flush(self) -> None:
        """Let a reader at the other end of a pipe have what there is."""
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """Narration."""
        sys.stderr.write(visible(text) + "\n")
        sys.stderr.flush()


def visible(text: str) -> str:
    """The text without anything a terminal would obey."""
    if text.isprintable():
        return text
    from cockpit.text import clean

    return clean(text)


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Columns for people: text to the left, numbers to the right, two spaces between."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(heads))]
    widths = [max(len(head), *(len(row[i]) for row in cells), 0) for i, head in enumerate(heads)]
    lines = []
    for row in ([*heads], *cells):
        parts = (part.rjust(w) if right else part.ljust(w) for part, w, right in zip(row, widths, numeric, strict=True))
        lines.append("  ".join(parts).rstrip())
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.8g}" if abs(value) < 1e15 else f"{value:g}"
    return visible(str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.lstrip("-").replace(",", "").replace(".", "", 1).isdigit()
