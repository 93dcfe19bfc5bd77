"""What every rule has: how loud and how often it speaks, and for how long and how far its figure must go.

Times are int64 ns UTC, money in quote currency.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

from msgspec import Meta, Struct

Severity: TypeAlias = Literal["info", "warning", "critical"]
Side: TypeAlias = Literal["above", "below"]
Where: TypeAlias = Literal["inside", "outside"]

Symbol: TypeAlias = Annotated[str, Meta(max_length=60, description="such as BTCUSDT")]
Strategy: TypeAlias = Annotated[str, Meta(max_length=64, description="the strategy's id")]
Variant: TypeAlias = Annotated[str, Meta(max_length=64, description="a variant of an indicator (cockpit indicators lists them)")]

#: A line on a screen; a longer message helps nobody.
Message: TypeAlias = Annotated[str, Meta(max_length=120, description="said in front of the alert")]


class Region(NamedTuple):
    """Where a figure must be: between two edges of a series, of which one may be infinite, edges included.

    Attributes:
        series: what is looked at, such as `price binance:BTCUSDT`; rules of the same look at one series of figures.
        slack: how far beyond its edges the figure must have gone back before the rule can fire again; 0: just out of it.
    """

    series: str
    low: float
    high: float
    slack: float = 0.0

    def holds(self, value: float) -> bool:
        """Whether a figure is in it."""
        return self.low <= value <= self.high

    def near(self, value: float) -> bool:
        """Whether a figure is in it, or has not gone back far enough."""
        return self.holds(value) if self.slack <= 0 else self.low - self.slack < value < self.high + self.slack


class Rule(Struct, frozen=True, kw_only=True):
    """What every rule has.

    Attributes:
        id: given by the engine where it is empty; a rule set under an id that there is takes its place.
        snoozed_until_ns: it does not fire before.
    """

    #: What `hysteresis` is counted in: percent of the level, or (absolute) the figure's own unit, for figures around 0.
    SLACK_IN: ClassVar[Literal["percent", "absolute"]] = "percent"

    #: Behind a level of it, in words.
    UNIT: ClassVar[str] = ""

    id: str = ""
    name: Message = ""
    severity: Annotated[Severity, Meta(description="how loud: info makes no sound")] = "warning"
    once: Annotated[bool, Meta(description="only the first time, then never again")] = False
    cooldown_s: Annotated[float, Meta(ge=0, le=604_800, description="at most once in so many seconds")] = 60.0
    for_s: Annotated[float, Meta(ge=0, le=604_800, description="it must be so for so many seconds; 0: at once")] = 0.0
    hysteresis: Annotated[
        float, Meta(ge=0, description="how far it must go back before it fires again: % of the level; of pnl, zscore, indicator: absolute")
    ] = 0.0
    until_ns: Annotated[int, Meta(ge=0)] = 0
    enabled: bool = True
    snoozed_until_ns: int = 0

    @property
    def kind(self) -> str:
        """What it is about: price, move, pnl, drawdown, stale, health, …"""
        return str(self.__struct_config__.tag)

    @property
    def crosses(self) -> bool:
        """Whether its figure must come from outside: what is so already when it is set, or first known, is not told."""
        return False

    @property
    def watches(self) -> str:
        """What is looked at; rules of the same look at one series of figures."""
        raise NotImplementedError

    @property
    def leaves(self) -> tuple[Any, ...]:
        """The conditions it is made of: itself, or those of a group."""
        return (self,)

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        """(series, low, high) of each place in which its figure makes it fire, each for itself."""
        raise NotImplementedError

    @property
    def regions(self) -> tuple[Region, ...]:
        """The same, with how far each must be left."""
        return tuple(Region(*span, self.slack(*span[1:])) for span in self.spans)

    def slack(self, low: float, high: float) -> float:
        """`hysteresis` in the unit of the figure."""
        if self.SLACK_IN == "absolute":
            return self.hysteresis
        level = max(abs(edge) for edge in (low, high) if math.isfinite(edge))
        return self.hysteresis / 100 * level

    @property
    def edge(self) -> str:
        """What must come about, in words: `BTCUSDT crosses above 61,650`."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """What is so then: `BTCUSDT is above 61,650`."""
        text = self.edge
        for verb, being in _BEING.items():
            text = text.replace(verb, being, 1)
        return text

    @property
    def condition(self) -> str:
        """What must be, in words: `BTCUSDT crosses above 61,650`, `BTCUSDT is above 61,650 for 5 min`."""
        return f"{self.state} for {span(self.for_s)}" if self.for_s else self.edge

    @property
    def sentence(self) -> str:
        """The whole rule: `BTCUSDT crosses above 61,650; at most once in 60 s`."""
        often = "; once only" if self.once else f"; at most once in {span(self.cooldown_s)}" if self.cooldown_s else "; every time"
        until = f"; until {datetime.fromtimestamp(self.until_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S}Z" if self.until_ns else ""
        return self.condition + often + ("" if self.once else self.again) + until

    @property
    def again(self) -> str:
        """How far it must have gone back, in words; '' where it has only to be out."""
        if not self.hysteresis:
            return ""
        if len(self.spans) == 1:
            _, low, high, slack = self.regions[0]
            if math.isinf(low) or math.isinf(high):
                side, level = ("below", low - slack) if math.isinf(high) else ("above", high + slack)
                return f"; again once it was {side} {amount(level)}{self.UNIT}"
        return f"; again once it was back by {amount(self.hysteresis)}{' % of the level' if self.SLACK_IN == 'percent' else ''}"


_BEING = {
    " crosses ": " is ",
    " goes ": " is ",
    " moves ": " has moved ",
    " enters ": " is within ",
    " leaves ": " is not within ",
}


def beyond(series: str, side: str, level: float) -> tuple[str, float, float]:
    """The span above, or below, a level."""
    return (series, level, math.inf) if side == "above" else (series, -math.inf, level)


def bare(symbol: str) -> str:
    """A symbol without its venue."""
    return symbol.rpartition(":")[2]


def amount(value: float) -> str:
    """A figure with the decimals it has: `61,650`, `0.0421`."""
    return f"{value:,.8f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"


def span(seconds: float) -> str:
    """A while in its own unit: `60 s`, `5 min`, `2 h`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
