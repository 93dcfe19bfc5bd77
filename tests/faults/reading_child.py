"""Reads files that were made to do harm, each in a process of its own that may take so much memory and no more.

    python reading_child.py    one JSON object a line on stdin, one answer a line on stdout

    {"how": "source", "path": …}            what a backtest reads; `symbol` chooses among several
    {"how": "import", "path": …, "home": …} `cockpit db import`
    {"how": "legs", "path": …}              the file of a portfolio

An answer: `rows` read, what it `says` (the refusal), `broke` (a traceback, which there must never be) and `peak`, bytes of memory beyond
what the program takes itself. Processes are forked off one that has imported everything, so each begins at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import core.research.sources
from cockpit.cli.leg_file import LegFile
from core.errors import CockpitError
from core.research.source_arrow import arrow_here
from core.transfer.load import load
from core.transfer.loaded import Loaded, Wanted

with suppress(ImportError):
    __import__("duckdb")
with suppress(ImportError):
    arrow_here()

#: Address space a reading may take beyond what the program has, in bytes; what is measured to be free comes of it.
SPACE = 1 << 30


def read(ask: dict[str, Any]) -> int:
    """The rows that came of it."""
    path = Path(ask["path"])
    if ask["how"] == "legs":
        return len(LegFile(path).read().legs)
    if ask["how"] == "import":
        loaded = Loaded()
        asyncio.run(load(Path(ask["home"]), [path], Wanted(ask.get("symbol")), loaded, lambda _: None))
        return loaded.total("rows")
    return sum(map(len, core.research.sources.open_source(str(path), symbol=ask.get("symbol")).batches()))


def answer(ask: dict[str, Any]) -> dict[str, Any]:
    """Read within bounds, and say what came of it."""
    space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (space + ask.get("space", SPACE),) * 2)
    before, found = _peak(), {"rows": 0, "says": "", "broke": ""}
    try:
        found["rows"] = read(ask)
    except CockpitError as error:
        found["says"] = str(error)
    except BaseException:
        found["broke"] = traceback.format_exc()
    return found | {"peak": _peak() - before}


def _peak() -> int:
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) << 10


def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        out, into = os.pipe()
        if not (child := os.fork()):
            os.write(into, json.dumps(answer(json.loads(line))).encode())
            os._exit(0)
        os.close(into)
        with os.fdopen(out, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        sys.stdout.write((said.decode() or json.dumps({"broke": f"ended with {status}"})) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
