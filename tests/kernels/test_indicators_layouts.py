"""Record layouts work in plain Python too, where a field must not hide behind an attribute every NumPy record has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.kernels import averages, bands, bars, oscillators, ranges, windows

DTYPES = {
    name: value
    for module in (averages, bands, bars, oscillators, ranges, windows)
    for name, value in vars(module).items()
    if isinstance(value, np.dtype)
}


def names(dtype: np.dtype[Any]) -> list[str]:
    """All field names, nested ones too."""
    found: list[str] = []
    for name in dtype.names or ():
        found += [name, *names(dtype[name])]
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_state_field_hides_behind_a_record_attribute(dtype: str) -> None:
    assert [name for name in names(DTYPES[dtype]) if hasattr(np.void, name)] == []
