"""The process that checks rules while they are typed, for a screen that imports no indicator: a JSON object a line in, one a line out.

`{}` is answered with the indicators there are; `{"texts": […]}` with what is wrong with each: `["", ""]` nothing, else where and what.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from core.conditions.indicators import NAMES, builtin
from core.conditions.reading import read
from core.errors import StrategyError
from core.parent import die_with
from core.strategy import describe_fields
from core.written.document import DocumentError

#: Texts that are checked at once.
MOST = 200


def catalogue() -> list[dict[str, Any]]:
    """Name, sentence, lines and parameters of each indicator that rules can be about."""
    return [
        {
            "name": name,
            "about": (one := builtin(name)).sentence,
            "lines": [{"name": line.name, "unit": line.unit, "panel": line.panel} for line in one.lines],
            "params": describe_fields(one.params_type),
        }
        for name in NAMES
    ]


def wrong_with(text: str) -> tuple[str, str]:
    """Where a file of rules is wrong, and what; two empty texts where nothing is."""
    try:
        read(Path("rules"), text)
    except DocumentError as error:
        return error.where, error.what
    except StrategyError as error:
        return "the file", str(error).partition(": ")[2]
    return "", ""


def main() -> None:
    """Serve the process whose id is the first argument, until its words end."""
    if len(sys.argv) > 1:
        die_with(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        texts = msgspec.json.decode(line).get("texts")
        out.write(msgspec.json.encode(catalogue() if texts is None else [wrong_with(text) for text in texts[:MOST]]) + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
