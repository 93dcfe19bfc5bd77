"""What a strategy's file says in words besides its sentence: reasons, the sources it hears, names of what goes with its signals."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import numpy as np

from core.errors import StrategyError
from core.kernels.heard import HEARD


def reasons_of(module: ModuleType, path: Path) -> tuple[str, ...]:
    """Its `REASONS`.

    Raises:
        StrategyError: they are no texts.
    """
    found = getattr(module, "REASONS", ())
    if not isinstance(found, tuple) or not all(isinstance(text, str) for text in found):
        raise StrategyError(f"{path}: REASONS is a tuple of texts, not {found!r}")
    return found


def sources_of(module: ModuleType, path: Path, legs: int) -> tuple[str, ...]:
    """Its `SOURCES`.

    Args:
        legs: of a strategy that is compiled: its STATE has a place for each source and leg; 0 of one in plain Python.

    Raises:
        StrategyError: they are no names, or STATE has no place for them.
    """
    found = getattr(module, "SOURCES", ())
    if not isinstance(found, tuple) or not all(isinstance(name, str) for name in found) or len(set(found)) < len(found):
        raise StrategyError(f"{path}: SOURCES is a tuple of different names, not {found!r}")
    if found and legs:
        fields, places = module.STATE.fields or {}, len(found) * legs
        if "heard" not in fields or fields["heard"][0] != np.dtype((HEARD, (places,))):
            raise StrategyError(f'{path}: with these SOURCES its STATE has a field ("heard", HEARD, ({places},))')
    return found


def details_of(module: ModuleType, path: Path) -> tuple[str, ...]:
    """Its `DETAILS`.

    Raises:
        StrategyError: they are no texts, or not those of the state's field `detail`.
    """
    found = getattr(module, "DETAILS", ())
    state = getattr(module, "STATE", None)
    length = math.prod(state["detail"].shape) if state is not None and "detail" in (state.names or ()) else 0
    if not isinstance(found, tuple) or not all(isinstance(text, str) for text in found) or len(found) != length:
        raise StrategyError(f"{path}: DETAILS is a tuple of texts, one for each number of the state's field `detail`")
    return found
