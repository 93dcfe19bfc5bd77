"""What an account holds by its executions, and what an account's own figures say that these do not explain."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.trading.events import Fill
from core.trading.exact import ZERO, added, minus, plain, times
from core.trading.order import Intent


def moved_by(intent: Intent, fill: Fill) -> dict[str, Decimal]:
    """What an execution adds to an account, by asset; the fee in whatever asset it is taken."""
    paid = times(fill.qty, fill.price)
    bought = intent.side == "buy"
    got = {intent.base: fill.qty if bought else minus(ZERO, fill.qty)}
    got = added(got, {intent.quote: minus(ZERO, paid) if bought else paid})
    return added(got, {fill.fee_asset: minus(ZERO, fill.fee)}) if fill.fee else got


def unexplained(explained: Mapping[str, Decimal], actual: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """By asset, how much more (below 0: less) the account holds than its executions explain."""
    gaps = {asset: minus(actual.get(asset, ZERO), explained.get(asset, ZERO)) for asset in sorted({*explained, *actual})}
    return {asset: gap for asset, gap in gaps.items() if gap}


def in_words(venue: str, asset: str, gap: Decimal, actual: Decimal) -> str:
    """What is to be said of such a difference."""
    holds = f"{venue} holds {plain(actual)} {asset}"
    if gap > 0:
        return f"{holds}, {plain(gap)} more than our orders explain: bought, deposited or moved by hand"
    return f"{holds}, {plain(-gap)} less than our orders explain: sold, withdrawn or moved by hand"
