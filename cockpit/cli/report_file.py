"""`--report FILE`: the page of a run or a study, whole or not at all. The figures have been printed by then, and stay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.cli.call import Call


def write_report(call: Call, path: Path, made: Callable[[], bytes]) -> int:
    """Make it and write it, and say where it is; the exit code: 1 with a line where it cannot be written."""
    from core.transfer.draft import Draft

    sys.stdout.flush()  # the figures come first, also where both go to one place
    try:
        with Draft(path) as draft:
            draft.part.write_bytes(made())
            size = draft.keep()
    except CockpitError as error:
        call.say(f"cockpit: {error}")
        return 1
    call.say(f"report: {path} ({_megabytes(size)})")
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"
