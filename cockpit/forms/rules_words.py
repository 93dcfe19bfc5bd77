"""What the dialog of conditions says of its rows, and which words can come next in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cockpit.forms.indicators import IndicatorOffer

#: What each group is for.
ABOUT = {
    "signal": "when to think of entering",
    "cancel": "calls a detected signal off",
    "entry": "what must hold to enter; none: nothing more",
    "close": "leaves the position",
    "emergency": "leaves it too, before all others",
}

#: What is waited for, and what that does.
WAITS = {
    "entry cooldown": "after an exit nothing is looked for that long",
    "entry timeout": "a signal that old is given up",
    "emergency cooldown": "follows an emergency instead of the entry's",
}

#: What a row may look like, said beside an empty one.
_EXAMPLES = {"indicators": "fast sma period=10"}
_EXAMPLE = "rsi lte 60 · fast gt slow · spread between 0 0.05"

_OPS = ["gte", "lte", "gt", "lt", "eq", "between"]
_METRICS = ("unrealized_pnl_pct", "seconds_in_position")


class RuleWords:
    """Words of one dialog.

    Args:
        named: its rows of indicators.

    Attributes:
        offers: the indicators there are, by name.
    """

    def __init__(self, named: Callable[[], list[str]]) -> None:
        self.offers: dict[str, IndicatorOffer] = {}
        self._named = named

    def beside(self, kind: str, row: str) -> str:
        """What stands beside a row that is right; of an indicator its parameters and what it is."""
        if not row:
            return _EXAMPLES.get(kind, _EXAMPLE)
        offer = self._offer(row) if kind == "indicators" else None
        if offer is None:
            return ""
        params = " ".join(_params(offer))
        return f"{params}: {offer.about}" if params else offer.about

    def after(self, kind: str, head: str) -> list[str]:
        """What can come after the words of a row that are there."""
        words = head.split()
        if kind == "indicators":
            offer = self._offer(head)
            return sorted(self.offers) if len(words) == 1 else list(_params(offer)) if offer is not None else []
        return _OPS if len(words) == 1 else list(self._quantities(kind))

    def _quantities(self, group: str) -> Iterator[str]:
        """What a condition can be about."""
        uses = {words[0]: words[1] for row in self._named() if len(words := row.split()) > 1} | {name: name for name in self.offers}
        yield from uses
        yield from _METRICS if group in ("close", "emergency") else ()
        for name, of in uses.items():
            yield from (f"{name}.{line.name}" for line in self.offers[of].lines) if of in self.offers else ()

    def _offer(self, row: str) -> IndicatorOffer | None:
        words = row.split()
        return self.offers.get(words[1]) if len(words) > 1 else None


def _params(offer: IndicatorOffer) -> Iterator[str]:
    yield from (f"{field.name}={field.shown(field.default)}" for field in offer.params)
