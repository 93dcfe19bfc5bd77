"""The process that tests a rule on the tape for an engine: the trial on stdin; how far it is, then what came out, as JSON lines on stdout.

Users' indicators run here, never in the engine. What they print goes to stderr.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec

from core.alerts.trial import Trial, try_rule
from core.errors import CockpitError
from core.parent import die_with

#: Seconds between two words of how far it is.
PERIOD = 0.2


def main() -> None:
    """Serve one trial, for the process whose id is the first argument."""
    if len(sys.argv) > 1:
        die_with(int(sys.argv[1]))
    trial = msgspec.json.decode(sys.stdin.buffer.read(), type=Trial)
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
            say({"share": share})

    try:
        say({"found": try_rule(trial, told)})
    except CockpitError as error:
        say({"wrong": str(error)})


if __name__ == "__main__":
    main()
