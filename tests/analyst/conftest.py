"""Tests of the analyst take the ticks of tests of indicators."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "indicators"))
