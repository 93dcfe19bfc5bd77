"""The words for what the figures say of the best of many trials, and the thresholds, in one place."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["overfit", "doubtful", "holds"]

#: The customary 5 %, which both papers use: at most so likely that the choice was luck, at least so likely that the Sharpe is above 0.
PBO_HOLDS, DSR_HOLDS = 0.05, 0.95

#: Of worthless trials the probability scatters around 0.5: 19 in 20 searches among 1,000 of them come out above it, 9 in 10 among 100.
PBO_OVERFIT = 0.3

#: At or below it the Sharpe is no better than the best that so many worthless trials would have brought.
DSR_OVERFIT = 0.5


def verdict(pbo: float | None, dsr: float | None) -> Verdict | None:
    """What to think of the best of many trials.

    | word | when |
    | --- | --- |
    | overfit | `pbo` is 0.3 or more, or `dsr` is 0.5 or less |
    | holds | `pbo` is 0.05 or less, and `dsr` is 0.95 or more |
    | doubtful | otherwise; so also where one of them does not exist, and the other does not say overfit |

    Args:
        pbo: probability of backtest overfitting, 0..1.
        dsr: deflated Sharpe, 0..1.

    Returns:
        None where neither exists.
    """
    if pbo is None and dsr is None:
        return None
    if (pbo is not None and pbo >= PBO_OVERFIT) or (dsr is not None and dsr <= DSR_OVERFIT):
        return "overfit"
    if pbo is not None and dsr is not None and pbo <= PBO_HOLDS and dsr >= DSR_HOLDS:
        return "holds"
    return "doubtful"
