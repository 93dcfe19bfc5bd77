"""Looking for garbage less often, in commands that compute and end: they make a million objects and hardly a cycle."""

from __future__ import annotations

import atexit
import gc
import sys

#: Objects made before the youngest are looked at (Python: 700 or 2,000), and how often before older ones are.
SELDOM = (100_000, 20, 20)


def collect_seldom() -> None:
    """From here on, and at the end not at all: what the interpreter would look through then, the system takes back at once.

    A second backtest of a million prints took 0.9 s instead of 1.2 s.
    """
    gc.set_threshold(*SELDOM)
    atexit.unregister(_leave)
    atexit.register(_leave)


def _leave() -> None:
    if "_duckdb" not in sys.modules:  # that counts what is left of it in the end, and would complain on stderr
        gc.freeze()
