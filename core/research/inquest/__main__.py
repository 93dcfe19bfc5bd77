"""The process that looks into a strategy's past for an engine: an `Inquiry` on stdin; how far it is, then what it found, as JSON lines on
stdout.

Users' strategies run here, never in the engine. What they print goes to stderr.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec

from core.errors import CockpitError
from core.parent import die_with
from core.research.inquest.why import inquire
from core.research.inquest.words import Inquiry

#: Seconds between two words of how far it is.
PERIOD = 0.2


def main() -> None:
    """Serve one inquiry, for the process whose id is the first argument."""
    if len(sys.argv) > 1:
        die_with(int(sys.argv[1]))
    os.nice(19)  # a person waits, but no decision may
    inquiry = msgspec.json.decode(sys.stdin.buffer.read(), type=Inquiry)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    said = time.monotonic()

    def say(words: object) -> None:
        out.write(msgspec.json.encode(words) + b"\n")
        out.flush()

    def told(share: float) -> None:
        nonlocal said
        if time.monotonic() - said > PERIOD:
            said = time.monotonic()
            say({"share": min(max(share, 0.0), 1.0)})

    try:
        say({"found": inquire(inquiry, told)})
    except CockpitError as error:
        say({"wrong": str(error)})


if __name__ == "__main__":
    main()
