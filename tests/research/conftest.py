"""What a run came to is held against the loop itself, tick by tick: with the rig of the loop's own tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "kernels"))
