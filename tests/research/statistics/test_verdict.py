"""The words for a probability of overfitting and a deflated Sharpe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.research.statistics.verdict import verdict

shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("pbo", "dsr", "word"),
    [
        (0.05, 0.95, "holds"), (0.0, 1.0, "holds"), (0.051, 0.99, "doubtful"), (0.01, 0.94, "doubtful"),
        (0.29, 0.51, "doubtful"), (0.3, 1.0, "overfit"), (0.0, 0.5, "overfit"), (0.9, 0.1, "overfit"),
        (None, 0.99, "doubtful"), (0.0, None, "doubtful"), (0.4, None, "overfit"), (None, 0.4, "overfit"), (None, None, None),
    ],
)  # fmt: skip
def test_the_thresholds(pbo: float | None, dsr: float | None, word: str | None) -> None:
    assert verdict(pbo, dsr) == word


@given(shares, shares, shares, shares)
def test_better_figures_never_get_a_worse_word(a: float, b: float, c: float, d: float) -> None:
    order = ["overfit", "doubtful", "holds"]
    worse, better = verdict(max(a, b), min(c, d)), verdict(min(a, b), max(c, d))
    assert worse is not None
    assert better is not None
    assert order.index(worse) <= order.index(better)
