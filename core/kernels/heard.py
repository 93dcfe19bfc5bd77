"""What a strategy was told from outside: opinions of sources beyond the tape, each until it is too old.

A strategy whose state has a field `heard` (an array of HEARD, one for each name of the module's `SOURCES`) is given them between two ticks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

HEARD = np.dtype(
    [
        ("side", "f8"),  # -1 sell to 1 buy, 0 hold; NaN: abstains
        ("confidence", "f8"),  # 0 to 1
        ("at", "i8"),  # ns, when it was said
        ("until", "i8"),  # ns, it says nothing after this; 0: nothing was ever said
    ]
)


def opinion(heard: Any, ts: int) -> float:
    """Side times confidence of what a source last said, as of a tick's time; NaN where it abstains or is too old."""
    if heard.until == 0 or ts > heard.until:
        return math.nan
    said: float = heard.side * heard.confidence
    return said
