"""Tests of the analyst take the ticks of tests of indicators, and the engine of tests of the engine."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / name) for name in ("indicators", "engine")]
