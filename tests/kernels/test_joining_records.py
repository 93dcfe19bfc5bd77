"""Records are joined and copied whole: the same bytes as NumPy's own way gives, and nobody's memory but the result's."""

from __future__ import annotations

import numpy as np
import pytest

from core.kernels.records import REPORT
from core.types import QUOTE, TICK, Records, copied, join


def filled(count: int, dtype: np.dtype[np.void] = TICK, seed: int = 0) -> Records:
    raw = np.random.default_rng(seed).integers(0, 256, count * dtype.itemsize, np.uint8)
    return raw.view(dtype)


@pytest.mark.parametrize("dtype", [TICK, QUOTE, REPORT])
@pytest.mark.parametrize("sizes", [(), (3,), (0, 0), (1, 2), (5, 0, 7), (2000, 1)])
def test_joined_records_are_those_of_the_parts_in_order(dtype: np.dtype[np.void], sizes: tuple[int, ...]) -> None:
    parts = [filled(size, dtype, seed) for seed, size in enumerate(sizes)]
    whole = join(parts, dtype)
    assert whole.dtype == dtype
    assert whole.tobytes() == b"".join(part.tobytes() for part in parts)


def test_parts_that_are_slices_with_a_step_are_joined_too() -> None:
    ticks = filled(20)
    assert join([ticks[::2], ticks[1::2]]).tobytes() == ticks[::2].tobytes() + ticks[1::2].tobytes()


def test_what_is_joined_of_several_is_its_own() -> None:
    one, two = filled(2), filled(2, seed=1)
    whole = join([one, two])
    whole["seq"] = 9
    assert not (one["seq"] == 9).any()


def test_a_copy_is_its_own() -> None:
    ticks = filled(4)
    copy = copied(ticks[1:3])
    assert copy.tobytes() == ticks[1:3].tobytes()
    copy["seq"] = 9
    assert not (ticks["seq"] == 9).any()
