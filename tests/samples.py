"""Of many cases of one law, the few that every run tries; the others are for the long suites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sample(cases: Iterable[Any], *tried: Any) -> list[Any]:
    """The cases, of which all but those that are tried each time are marked as slow."""
    return [case if case in tried else pytest.param(case, marks=pytest.mark.slow) for case in cases]
