"""What p-values are worth where many were looked at: Benjamini and Hochberg's correction."""

from __future__ import annotations

import numpy as np

from core.analytics.pairs.absent import Floats


def q_values(pvalues: Floats) -> Floats:
    """Of each p-value the least share of false discoveries at which it would be one: min over j >= rank of p_(j)·m / j, 1 at most.

    Those with q below 0.05, taken together, are 5 % false ones in the mean; so for independent tests and for ones that depend on each other
    positively, as pairs that share a leg do.

    Args:
        pvalues: shape (m,), 0..1.

    Source: Benjamini, Hochberg, Journal of the Royal Statistical Society B 57(1), 1995; Benjamini, Yekutieli, Annals of Statistics 29(4),
    2001, for dependence.
    """
    count = len(pvalues)
    order = np.argsort(pvalues, kind="stable")
    least = np.minimum.accumulate((pvalues[order] * count / np.arange(1, count + 1))[::-1])[::-1]
    found = np.empty(count)
    found[order] = np.minimum(least, 1.0)
    return found
