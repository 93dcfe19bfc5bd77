"""Which of the built-in strategies bet on what a market is like: a table of regimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A strategy for a regime.

    Attributes:
        side: that lets it take what the regime offers.
        reason: what it bets on, and why that fits.
        params: other than its defaults.
    """

    strategy: str
    side: Literal["long_flat", "long_short"]
    reason: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


_FOLLOW = (
    ("sma_crossover", "bets that a trend goes on: two averages keep it on the side of the slope and let it go when they cross"),
    ("momentum", "bets that a strong move goes on: it joins after a move and leaves when that is lost again"),
    ("macd", "bets that a trend gathering pace goes on: earlier in and out than averages alone"),
)

#: What fits each regime, the plainest first.
TABLE: Mapping[str, tuple[Suggestion, ...]] = {
    "uptrend": tuple(Suggestion(name, "long_flat", reason) for name, reason in _FOLLOW),
    "downtrend": tuple(Suggestion(name, "long_short", f"{reason}; short of what falls") for name, reason in _FOLLOW),
    "sideways": (
        Suggestion("mean_reversion", "long_short", "bets that a stretched price comes back to its average, which a level price does"),
        Suggestion("bollinger", "long_short", "bets that the price swings inside its band, from one edge to the other"),
        Suggestion("rsi", "long_short", "bets that a one-sided run is overdone: without a trend most are"),
    ),
    "volatile": (
        Suggestion("bollinger", "long_short",
                   "bets on swings inside a band, here a wide one; keep it small, such as --size vol_pct: nothing here follows",
                   {"k": 2.5}),
        Suggestion("rsi", "long_short", "bets that a one-sided run is overdone, here the wildest; keep it small, such as --size vol_pct",
                   {"low": 20, "high": 80}),
    ),
}  # fmt: skip


def suggestions_for(trend: str | None) -> tuple[Suggestion, ...]:
    """What fits a regime; nothing where none was told."""
    return TABLE.get(trend or "", ())
