"""Tables that a run or a study writes beside its figures: `--fills`, `--trades`, `--signals`, `--ranking`.

That a file cannot be written is found before the run where that can be known, and never costs its figures: they have been printed by then.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Parser
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.transfer.table_file import Table

    #: What makes each table, by its option.
    Made = dict[str, Callable[[], Table]]

NAMES = ("fills", "trades", "signals", "ranking")


def add_table(parser: Parser, name: str, words: str) -> None:
    """The option of one, called as one of `NAMES`."""
    parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"{words}: .csv, .csv.gz, .parquet or .jsonl")


def check_tables(options: argparse.Namespace, sources: Sequence[str]) -> None:
    """Refuse what could not be written, before anything is done.

    Args:
        sources: what is read: no table takes the place of one.

    Raises:
        UsageError: a name, or what is there, is not for tables.
        CockpitError: the place cannot be written.
    """
    asked = _asked(options)
    if not asked:
        return
    from core.transfer.table_file import check_place

    read = {os.path.realpath(source) for source in sources}
    places: dict[str, str] = {} if getattr(options, "report", None) is None else {os.path.realpath(options.report): "report"}
    for name, path in asked.items():
        place = os.path.realpath(path)
        if place in read:
            raise UsageError(f"--{name} {path}: that is what is read: name another file")
        if (other := places.setdefault(place, name)) != name:
            raise UsageError(f"--{name} {path}: --{other} is written there: name another file")
        check_place(path)


def write_tables(call: Call, made: Made) -> int:
    """Write those that were asked for; the exit code: 1 with a line for each that cannot be written."""
    from cockpit.cli.stopping import stopping
    from core.transfer.table_file import write_table

    code = 0
    for name, path in _asked(call.options).items():
        sys.stdout.flush()  # the figures come first, also where both go to one place
        try:
            with stopping(call, f"{path} was not written"):
                write_table(made[name](), path)
        except CockpitError as error:
            call.say(f"cockpit: {error}")
            code = 1
    return code


def _asked(options: argparse.Namespace) -> dict[str, Path]:
    found = {name: getattr(options, name, None) for name in NAMES}
    return {name: path for name, path in found.items() if path is not None}
