"""Which terms one's own fills may measure, what people call them, which of them stay because somebody gave them, and what then was paid."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from msgspec import Struct

from core.term_rules import is_idle
from core.terms import Terms

#: The word for the fills of a home, where else a file is named.
MEASURED = "measured"

#: What may be measured, and what people call it.
NAMES = {
    "fee_bps": "fee", "maker_fee_bps": "maker fee", "slippage_bps": "slippage", "impact_bps": "impact", "impact_volume": "",
    "latency_ms": "latency",
}  # fmt: skip

#: Terms that are measured together: what is said of one of them in words is said of all. A spread is part of the slippage measured.
TOGETHER = frozenset(("slippage_bps", "impact_bps", "impact_volume", "spread", "spread_bps"))


class Paid(Struct, frozen=True, kw_only=True):
    """What a run paid on a symbol whose costs were asked for.

    Attributes:
        state: measured, or as given.
        words: of what it was measured, or why it was not.
        terms: those that were measured and are in force, by name.
    """

    symbol: str
    state: str
    words: str
    terms: dict[str, float]

    def over(self, terms: Terms) -> Terms:
        """These terms with what was measured in place."""
        return msgspec.structs.replace(terms, **{name: value for name, value in self.terms.items() if name in NAMES})


def staying(terms: Terms, given: Collection[str]) -> frozenset[str]:
    """Names of terms that no measurement takes the place of.

    Args:
        given: those that were said in words.
    """
    kept = frozenset(given) | (TOGETHER if TOGETHER.intersection(given) else frozenset())
    # What never rests pays no maker's fee.
    return kept | {"maker_fee_bps"} if is_idle(terms, "maker_fee_bps") else kept


def listed(names: Collection[str]) -> str:
    """What people call such terms: `fee, slippage and latency`."""
    called = [word for name, word in NAMES.items() if word and name in names]
    return " and ".join([", ".join(called[:-1]), called[-1]] if len(called) > 1 else called)
