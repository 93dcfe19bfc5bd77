"""`cockpit db …`: care of the recorded data. Each of its commands is a module of its own, listed here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: Modules of commands, in the order of the help page; each adds its own in `add(commands)`.
PARTS = ("db_proof", "db_quality", "db_care", "db_backup", "db_export", "db_import")


def add(commands: Commands) -> None:
    """db and its commands."""
    group = commands.group("db", alone, "care of the recorded data")
    for name in PARTS:
        importlib.import_module(f"cockpit.cli.{name}").add(group)


def alone(_call: Call) -> int:
    """`cockpit db` without a command."""
    raise UsageError("cockpit db: say what to do: cockpit db --help lists it")
