"""A process that compiles indicators into the cache and ends: `python -m core.analyst.compiler PARENT [--idle] FILE…`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import CockpitError, one_line
from core.indicators import module
from core.indicators.definition import load
from core.parent import die_with
from core.research.standing_back import step_back


def main() -> int:
    """Compile each file's indicator for ticks and for bars; what does not compile is told on stderr, and stops no other."""
    parent, *paths = sys.argv[1:]
    die_with(int(parent))
    if paths[0] == "--idle":
        step_back(os.getpid(), idle=True)
        paths = paths[1:]
    failed = False
    for path in paths:
        try:
            indicator = load(Path(path))
            for bars in (False, True):
                module.compiled(module.generate(indicator, bars=bars), indicator.name)
        except CockpitError as error:
            failed = True
            sys.stderr.write(f"{one_line(str(error))}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
