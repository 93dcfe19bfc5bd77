"""What goes into the book of rules and comes out of it: how far was looked, what a rule has done, a firing and its words."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from core.alert_rules import AnyRule, DrawdownRule, MoveRule, amount, bare, span

#: Series whose newest figure is no print's, and is kept by itself.
STANDING = ("move", "pnl", "drawdown", "stale", "health")


class Done(Struct):
    """What a rule has done.

    Attributes:
        set_: how often it was set; a change of it makes it a rule that has done nothing yet.
        fired: how often it fired, ever.
        fired_ns: when it did last, 0 never.
        spent: it fired, and was to do so once only.
        armed: what it watches has recovered since it fired; only drawdown rules wait for that.
    """

    set_: int = 0
    fired: int = 0
    fired_ns: int = 0
    spent: bool = False
    armed: bool = True


class Mark(Struct):
    """How far a series of prices was looked at: the newest print. Of other series the figure alone is known."""

    last: float | None = None
    seq: int = 0
    ts: int = 0


class Firing(NamedTuple):
    """A rule fired: what to say, and which of its firings it is."""

    rule: AnyRule
    text: str
    number: int


class Batch(NamedTuple):
    """Prints of one symbol in short: their first and last time, lowest and highest price, and the last one."""

    first: int
    ts: int
    low: float
    high: float
    price: float

    def moves(self, sign: str, low: float, high: float) -> tuple[float, float, float]:
        """Between what the moves of these prints lie, in percent, and the last of them: those up (`+`) from the lowest price so far, or
        down (`-`) from the highest; `low` and `high` were before them."""
        end = min(low, self.low) if sign == "+" else max(high, self.high)
        return (self.low / end - 1.0) * 100.0, (self.high / end - 1.0) * 100.0, (self.price / end - 1.0) * 100.0


def places_of(rule: AnyRule) -> list[tuple[str, str, float]]:
    """Series, side and level of each threshold, and of where a rule is armed again: ups and downs of a price are two series."""
    if isinstance(rule, MoveRule):
        return [(rule.watches + ("+" if side == "above" else "-"), side, level) for side, level in rule.thresholds]
    rearms = [(rule.watches, "below", rule.rearms_at)] if isinstance(rule, DrawdownRule) else []
    return [*((rule.watches, side, level) for side, level in rule.thresholds), *rearms]


def happened(rule: AnyRule, value: float, words: str = "") -> str:
    """What to say when a rule fires at this figure."""
    match rule.kind:
        case "price":
            return f"{rule.condition.replace(' crosses ', ' crossed ', 1)}, at {amount(value)}"
        case "move":
            assert isinstance(rule, MoveRule)
            return f"{bare(rule.symbol)} moved {value:+,.2f} % within {span(rule.window_s)}"
        case "pnl" | "drawdown":
            figure = f"{value:.3g} %" if rule.kind == "drawdown" else f"{value:,.2f}"
            return f"{rule.condition.replace(' goes ', ' went ', 1)}, at {figure}"
        case "stale":
            return f"{rule.condition.partition(' is silent ')[0]} is silent for {value:,.0f} s"
        case _:
            return words or "the engine is in trouble"
