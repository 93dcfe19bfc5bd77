"""Rules on the market: prices, moves, indicators, pairs, a feed that is silent."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from core.alert_rules.rule import Rule, Side, Symbol, Variant, Where, amount, bare, beyond, span


class PriceRule(Rule, frozen=True, kw_only=True, tag="price"):
    """A symbol's price crosses a level."""

    symbol: Symbol
    side: Side = "above"
    level: Annotated[float, Meta(gt=0, description="price, in quote currency")]

    @property
    def crosses(self) -> bool:
        return True

    @property
    def watches(self) -> str:
        return f"price {self.symbol}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, self.side, self.level),)

    @property
    def edge(self) -> str:
        return f"{bare(self.symbol)} crosses {self.side} {amount(self.level)}"


class MoveRule(Rule, frozen=True, kw_only=True, tag="move"):
    """A symbol's price moves by a share of itself within a window of time."""

    symbol: Symbol
    percent: Annotated[float, Meta(gt=0, lt=1000, description="how far, in percent of the price")]
    window_s: Annotated[float, Meta(ge=1, le=86_400, description="within so many seconds")] = 300.0
    direction: Annotated[Literal["either", "up", "down"], Meta(description="which way")] = "either"

    @property
    def crosses(self) -> bool:
        return True

    @property
    def watches(self) -> str:
        return f"move {self.symbol} {self.window_s:g}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        """Ups and downs of a price are two series."""
        up, down = beyond(f"{self.watches}+", "above", self.percent), beyond(f"{self.watches}-", "below", -self.percent)
        return {"either": (up, down), "up": (up,), "down": (down,)}[self.direction]

    @property
    def edge(self) -> str:
        sign = {"either": "±", "up": "+", "down": "-"}[self.direction]
        return f"{bare(self.symbol)} moves {sign}{amount(self.percent)} % within {span(self.window_s)}"


class BetweenRule(Rule, frozen=True, kw_only=True, tag="between"):
    """A price, or a variant of an indicator, enters or leaves a band."""

    symbol: Symbol
    variant: Annotated[Variant, Meta(description="a variant of an indicator; none: the price itself")] = ""
    low: Annotated[float, Meta(description="the band's lower edge")]
    high: Annotated[float, Meta(description="its upper edge")]
    where: Annotated[Where, Meta(description="inside: it enters the band; outside: it leaves it")] = "inside"

    @property
    def crosses(self) -> bool:
        """A price must come from outside; an indicator that is there already fires at once."""
        return not self.variant

    @property
    def watches(self) -> str:
        return f"indicator {self.variant} {self.symbol}" if self.variant else f"price {self.symbol}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        if self.where == "inside":
            return ((self.watches, self.low, self.high),)
        return (self.watches, math.nextafter(self.high, math.inf), math.inf), (self.watches, -math.inf, math.nextafter(self.low, -math.inf))

    def slack(self, low: float, high: float) -> float:
        return self.hysteresis if self.variant else super().slack(low, high)

    @property
    def edge(self) -> str:
        whose = f"{self.variant} of {bare(self.symbol)}" if self.variant else bare(self.symbol)
        return f"{whose} {'enters' if self.where == 'inside' else 'leaves'} {amount(self.low)} to {amount(self.high)}"


class IndicatorRule(Rule, frozen=True, kw_only=True, tag="indicator"):
    """A variant of an indicator goes beyond a level on a symbol."""

    SLACK_IN: ClassVar[Literal["percent", "absolute"]] = "absolute"

    variant: Variant
    symbol: Symbol
    side: Side = "above"
    level: Annotated[float, Meta(description="in the indicator's own unit")]

    @property
    def watches(self) -> str:
        return f"indicator {self.variant} {self.symbol}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, self.side, self.level),)

    @property
    def edge(self) -> str:
        return f"{self.variant} of {bare(self.symbol)} goes {self.side} {amount(self.level)}"


class ZscoreRule(Rule, frozen=True, kw_only=True, tag="zscore"):
    """The z-score of a pair's spread goes beyond a level, on either side."""

    SLACK_IN: ClassVar[Literal["percent", "absolute"]] = "absolute"

    a: Annotated[str, Meta(max_length=60, description="the first leg, such as BTCUSDT")]
    b: Annotated[str, Meta(max_length=60, description="the second leg")]
    level: Annotated[float, Meta(gt=0, le=1000, description="in standard deviations, up or down")] = 2.0
    interval: Annotated[str, Meta(max_length=12, description="of the bars, such as 1m")] = "1m"
    window: Annotated[int, Meta(ge=5, le=100_000, description="bars the spread is measured over")] = 60
    method: Annotated[Literal["ols", "huber", "theil_sen", "kalman"], Meta(description="of the hedge ratio")] = "ols"

    @property
    def watches(self) -> str:
        return f"pair {self.a} {self.b} {self.interval} {self.window} {self.method}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return beyond(self.watches, "above", self.level), beyond(self.watches, "below", -self.level)

    @property
    def edge(self) -> str:
        return f"z of {bare(self.a)} and {bare(self.b)} ({self.interval}, {self.window}, {self.method}) goes beyond ±{amount(self.level)}"


class StaleRule(Rule, frozen=True, kw_only=True, tag="stale"):
    """Nothing was heard of a symbol, or (`all`) of any symbol, for longer than a while."""

    UNIT: ClassVar[str] = " s"

    symbol: Annotated[str, Meta(min_length=1, max_length=60, description="such as BTCUSDT; all: the whole feed")] = "all"
    after_s: Annotated[float, Meta(ge=1, le=86_400, description="silent for so many seconds")] = 30.0

    @property
    def watches(self) -> str:
        return f"stale {self.symbol}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, "above", self.after_s),)

    @property
    def whose(self) -> str:
        """Of what nothing is heard, in words."""
        return "the whole feed" if self.symbol == "all" else bare(self.symbol)

    @property
    def edge(self) -> str:
        return f"{self.whose} is silent for {span(self.after_s)}"
