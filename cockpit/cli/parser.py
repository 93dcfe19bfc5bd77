"""The words of the command line: one parser, the options every command shares, and one-line errors with suggestions.

Modules of commands register theirs in `add(commands)`. Building the parser must stay fast, so those modules
import what a command needs inside the function that runs it.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: Modules of commands, in the order of the help page.
GROUPS = (
    *("running", "status", "positions", "trading", "desk", "ledger", "alerting", "research", "checking", "calibrate", "portfolio"),
    *("optimize", "conditions", "ensembles", "why", "trend", "pairs", "indicators", "advice"),
    *("replay", "audit", "db", "machine", "keys"),
)

_DESCRIPTION = "Live prices, strategies and their P&L in the terminal; an engine behind it that outlives the terminal."

_EPILOG = """\
cockpit                              open the cockpit; starts the engine if none runs
cockpit --demo                       the same on a generated market, without internet
cockpit replay tape:BTCUSDT          the same on a recording, at any pace
cockpit --record --duration 60s      headless: record and trade in the foreground
"""


class Parser(argparse.ArgumentParser):
    """Reports wrong usage as one line instead of a page."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(**kwargs)
        self.commands: list[str] = []
        # So that `-1h` is a value, which is told what is wrong with it: no option begins with a digit.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        wrong = re.search(r"invalid choice: '([^']*)'", message)
        if wrong and self.commands and "command" in message:
            close = difflib.get_close_matches(wrong[1], self.commands, n=1)
            advice = f"did you mean {close[0]}?" if close else f"{self.prog} --help lists them"
            raise UsageError(f"no command {wrong[1]!r}: {advice}")
        unknown = re.match(r"unrecognized arguments: (.*)", message)
        if unknown:
            close = difflib.get_close_matches(unknown[1].split("=")[0].split(" ")[0], self._option_string_actions, n=1)
            message = f"unknown: {unknown[1]}" + (f"; did you mean {close[0]}?" if close else "")
        raise UsageError(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Each command checks its own words, so that the advice comes from its own options."""
        found, rest = super().parse_known_args(args, namespace)
        if rest and self.prog.count(" "):
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


class Commands:
    """Where modules of commands add theirs."""

    def __init__(self, parser: Parser, shared: Parser, dest: str = "command") -> None:
        self._parser = parser
        self._shared = shared
        self._places = parser.add_subparsers(dest=dest, metavar="command", parser_class=Parser)

    def add(self, name: str, run: Callable[[Call], int], summary: str, **kwargs: Any) -> Parser:
        """A command: its name, what runs it, and one line of help. The parser is for its own arguments."""
        parser: Parser = self._places.add_parser(name, help=summary, description=summary, parents=[self._shared], **kwargs)
        parser.set_defaults(run=run)
        self._parser.commands.append(name)
        return parser

    def group(self, name: str, run: Callable[[Call], int], summary: str, **kwargs: Any) -> Commands:
        """A command made of commands: where those go; `run` is for the name alone."""
        return self.below(self.add(name, run, summary, **kwargs))

    def below(self, parser: Parser) -> Commands:
        """Where the commands of a command go, which has words of its own too."""
        return Commands(parser, self._shared, dest=f"{parser.prog.rpartition(' ')[2]}_command")


def build() -> Parser:
    """The whole command line."""
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--home", metavar="DIR", help="the home to work in (else COCKPIT_HOME, else the platform's data folder)")
    shared.add_argument("--demo", action="store_true", help="the demo's home, with its generated market")
    shared.add_argument("--json", action="store_true", help="machine-readable output")
    parser = Parser(prog="cockpit", description=_DESCRIPTION, epilog=_EPILOG, parents=[shared])
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = Commands(parser, shared)
    for name in GROUPS:
        importlib.import_module(f"cockpit.cli.{name}").add(commands)
    from cockpit.cli import screen

    screen.add_to(parser)
    return parser


class _Version(argparse.Action):
    """Prints the version, looked up only then: the package's metadata takes a while to read."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: Any) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"cockpit {version('cockpit')}\n")
        parser.exit()


def parse(words: Sequence[str]) -> Call:
    """The command that the words ask for.

    Raises:
        UsageError: they cannot be understood; the message suggests what may have been meant.
        SystemExit: help or version was asked for and printed.
    """
    from cockpit.cli.call import Call

    parser = build()
    options = parser.parse_args(words)
    if options.command is not None:
        # Of the options before a command, only the shared ones are the command's.
        for word in words[: words.index(options.command)]:
            found = parser._option_string_actions.get(word.partition("=")[0])
            if found is not None and found.dest not in ("home", "demo", "json"):
                raise UsageError(f"{word} goes without a command, or after {options.command} where it takes it")
    return Call(options)


def comma_list(text: str) -> list[str]:
    """`A,B` as a list, without empty parts and doubles, in the order given."""
    parts = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not parts:
        raise argparse.ArgumentTypeError("give at least one, separated by commas")
    return parts


def seconds(text: str) -> float:
    """`90`, `90s`, `1.5m`, `2h` in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", text)
    if found is None or float(found[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: a number above 0 and s, m, h or d, such as 60s")
    return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2] or "s"]


def pace(text: str) -> str:
    """How much faster than real time: a number above 0, or `max`."""
    try:
        good = text == "max" or 0 < float(text) < float("inf")
    except ValueError:
        good = False
    if not good:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: a number above 0, or max")
    return text


def pairs(parts: Sequence[str]) -> dict[str, str]:
    """`k=v` words as a mapping.

    Raises:
        UsageError: a word is no `k=v`, or names a key twice.
    """
    found: dict[str, str] = {}
    for part in parts:
        name, sign, value = part.partition("=")
        if not sign or not name:
            raise UsageError(f"--param {part}: write name=value")
        if name in found:
            raise UsageError(f"--param {part}: {name} is given twice")
        found[name] = value
    return found
