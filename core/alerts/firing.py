"""What goes into the book of rules and comes out of it: how far was looked, what a rule has done, a firing and its words."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from core.alert_rules import AnyRule, GroupRule, IndicatorRule, MoveRule, StaleRule, amount, bare, span
from core.alerts.stay import Stay

#: Series whose newest figure is no print's, and is kept by itself.
STANDING = ("move", "pnl", "equity", "drawdown", "stale", "health", "latency", "disk", "indicator", "pair")


class Done(Struct):
    """What a rule has done.

    Attributes:
        set_: how often it was set; a change of it makes it a rule that has done nothing yet.
        fired: how often it fired, ever.
        fired_ns: when it did last, 0 never.
        spent: it fired, and was to do so once only.
        armed: what it watches has gone back since it fired; only rules with a hysteresis wait for that.
        stays: how each of its parts stands, of a rule that more than a crossing is asked of.
    """

    set_: int = 0
    fired: int = 0
    fired_ns: int = 0
    spent: bool = False
    armed: bool = True
    stays: list[Stay] = []


class Mark(Struct):
    """How far a series of prices was looked at: the newest print. Of other series the figure alone is known."""

    last: float | None = None
    seq: int = 0
    ts: int = 0


class Firing(NamedTuple):
    """A rule fired: what to say, and which of its firings it is; when that came about, ns."""

    rule: AnyRule
    text: str
    number: int
    ts_ns: int = 0


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


def happened(rule: AnyRule, value: float | None, words: str = "") -> str:
    """What to say when a rule fires, at this figure where there is one."""
    if isinstance(rule, GroupRule) or rule.for_s or value is None:
        return rule.condition
    edge = rule.edge
    match rule.kind:
        case "price" | "between":
            for verb, done in ((" crosses ", " crossed "), (" enters ", " entered "), (" leaves ", " left ")):
                edge = edge.replace(verb, done, 1)
            return f"{edge}, at {amount(value)}"
        case "move":
            assert isinstance(rule, MoveRule)
            return f"{bare(rule.symbol)} moved {value:+,.2f} % within {span(rule.window_s)}"
        case "stale":
            assert isinstance(rule, StaleRule)
            return f"{rule.whose} is silent for {value:,.0f} s"
        case "health":
            return words or "the engine is in trouble"
        case kind:
            unit = {"drawdown": " %", "latency": " ms"}.get(kind, "")
            figure = f"{value:,.2f}" if kind in ("pnl", "equity") else f"{value:.4g}" if isinstance(rule, IndicatorRule) else f"{value:.3g}"
            return f"{edge.replace(' goes ', ' went ', 1)}, at {figure}{unit}{f': {words}' if words else ''}"
