"""A strategy that follows one source, for tests: written to a folder, registered by its path."""

from __future__ import annotations

from pathlib import Path

TEXT = '''"""Wants what the source `model` says, and nothing where it abstains."""

import numpy as np
from msgspec import Struct

from core.kernels.heard import HEARD, opinion
from core.strategy import Interval

SOURCES = ("model",)


class Params(Struct, frozen=True, kw_only=True):
    """It looks at every print."""

    interval: Interval = "tick"


STATE = np.dtype([("heard", HEARD, (1,))])


def step(s, mem, p, tick, out):
    said = opinion(s.heard[0], tick.ts)
    out[0] = said if said == said else 0.0
'''


def listener(folder: Path) -> Path:
    """The file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "listener.py"
    path.write_text(TEXT)
    return path
