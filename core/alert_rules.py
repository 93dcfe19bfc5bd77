"""Rules on which a person wants to be told something: typed, bounded, and each able to say itself in a sentence.

No numbers are watched in here; `core.alerts` does that. Times are int64 ns UTC, money in quote currency.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

Severity: TypeAlias = Literal["info", "warning", "critical"]
Side: TypeAlias = Literal["above", "below"]

Symbol: TypeAlias = Annotated[str, Meta(max_length=60, description="such as BTCUSDT")]
Strategy: TypeAlias = Annotated[str, Meta(max_length=64, description="the strategy's id")]

#: A line on a screen; a longer message helps nobody.
Message: TypeAlias = Annotated[str, Meta(max_length=120, description="said in front of the alert")]


class Rule(Struct, frozen=True, kw_only=True):
    """What every rule has.

    Attributes:
        id: given by the engine where it is empty; a rule set under an id that there is takes its place.
        snoozed_until_ns: it does not fire before.
    """

    id: str = ""
    name: Message = ""
    severity: Annotated[Severity, Meta(description="how loud: info makes no sound")] = "warning"
    once: Annotated[bool, Meta(description="only the first time, then never again")] = False
    cooldown_s: Annotated[float, Meta(ge=0, le=604_800, description="at most once in so many seconds")] = 60.0
    enabled: bool = True
    snoozed_until_ns: int = 0

    @property
    def kind(self) -> str:
        """What it is about: price, move, pnl, drawdown, stale or health."""
        return str(self.__struct_config__.tag)

    @property
    def watches(self) -> str:
        """What is looked at; rules of the same look at one series of figures."""
        raise NotImplementedError

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        """The sides and levels at which it fires, each in its own series (see `series`)."""
        raise NotImplementedError

    @property
    def condition(self) -> str:
        """What must be, in words: `BTCUSDT crosses above 61,650`."""
        raise NotImplementedError

    @property
    def sentence(self) -> str:
        """The whole rule: `BTCUSDT crosses above 61,650; at most once in 60 s`."""
        often = "; once only" if self.once else f"; at most once in {span(self.cooldown_s)}" if self.cooldown_s else "; every time"
        return self.condition + often


class PriceRule(Rule, frozen=True, kw_only=True, tag="price"):
    """A symbol's price crosses a level."""

    symbol: Symbol
    side: Side = "above"
    level: Annotated[float, Meta(gt=0, description="price, in quote currency")]

    @property
    def watches(self) -> str:
        return f"price {self.symbol}"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        return ((self.side, self.level),)

    @property
    def condition(self) -> str:
        return f"{bare(self.symbol)} crosses {self.side} {amount(self.level)}"


class MoveRule(Rule, frozen=True, kw_only=True, tag="move"):
    """A symbol's price moves by a share of itself within a window of time."""

    symbol: Symbol
    percent: Annotated[float, Meta(gt=0, lt=1000, description="how far, in percent of the price")]
    window_s: Annotated[float, Meta(ge=1, le=86_400, description="within so many seconds")] = 300.0
    direction: Annotated[Literal["either", "up", "down"], Meta(description="which way")] = "either"

    @property
    def watches(self) -> str:
        return f"move {self.symbol} {self.window_s:g}"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        up, down = ("above", self.percent), ("below", -self.percent)
        return {"either": (up, down), "up": (up,), "down": (down,)}[self.direction]

    @property
    def condition(self) -> str:
        sign = {"either": "±", "up": "+", "down": "-"}[self.direction]
        return f"{bare(self.symbol)} moves {sign}{amount(self.percent)} % within {span(self.window_s)}"


class PnlRule(Rule, frozen=True, kw_only=True, tag="pnl"):
    """A strategy's P&L, realised and unrealised and after fees, goes beyond a level."""

    strategy: Strategy
    side: Side = "below"
    level: Annotated[float, Meta(description="P&L after fees, in quote currency")]

    @property
    def watches(self) -> str:
        return f"pnl {self.strategy}"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        return ((self.side, self.level),)

    @property
    def condition(self) -> str:
        return f"P&L of {self.strategy} goes {self.side} {amount(self.level)}"


class DrawdownRule(Rule, frozen=True, kw_only=True, tag="drawdown"):
    """The fall of a strategy, or (`all`) of the account, from its peak goes beyond a share; and again only once it has recovered."""

    strategy: Annotated[str, Meta(min_length=1, max_length=64, description="the strategy's id; all: the whole account")] = "all"
    percent: Annotated[float, Meta(gt=0, lt=100, description="of the peak equity")]

    @property
    def watches(self) -> str:
        return f"drawdown {self.strategy}"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        return (("above", self.percent),)

    @property
    def rearms_at(self) -> float:
        """Once the fall is no deeper than this, in percent, the rule can fire again: half of the way back, or more."""
        return self.percent / 2

    @property
    def sentence(self) -> str:
        return super().sentence + ("" if self.once else f"; again once it was below {amount(self.rearms_at)} %")

    @property
    def condition(self) -> str:
        whose = "the account" if self.strategy == "all" else self.strategy
        return f"drawdown of {whose} goes above {amount(self.percent)} %"


class StaleRule(Rule, frozen=True, kw_only=True, tag="stale"):
    """Nothing was heard of a symbol, or (`all`) of any symbol, for longer than a while."""

    symbol: Annotated[str, Meta(min_length=1, max_length=60, description="such as BTCUSDT; all: the whole feed")] = "all"
    after_s: Annotated[float, Meta(ge=1, le=86_400, description="silent for so many seconds")] = 30.0

    @property
    def watches(self) -> str:
        return f"stale {self.symbol}"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        return (("above", self.after_s),)

    @property
    def condition(self) -> str:
        what = "the whole feed" if self.symbol == "all" else bare(self.symbol)
        return f"{what} is silent for {span(self.after_s)}"


class HealthRule(Rule, frozen=True, kw_only=True, tag="health"):
    """The engine has a trouble of a level, or a worse one."""

    level: Annotated[Literal["warning", "critical"], Meta(description="critical: only what stops something")] = "warning"

    @property
    def watches(self) -> str:
        return "health"

    @property
    def thresholds(self) -> tuple[tuple[str, float], ...]:
        return (("above", 1.0 if self.level == "warning" else 2.0),)

    @property
    def condition(self) -> str:
        return f"the engine has a {self.level} trouble{' or worse' if self.level == 'warning' else ''}"


AnyRule: TypeAlias = PriceRule | MoveRule | PnlRule | DrawdownRule | StaleRule | HealthRule

KINDS: dict[str, type[Any]] = {
    "price": PriceRule,
    "move": MoveRule,
    "pnl": PnlRule,
    "drawdown": DrawdownRule,
    "stale": StaleRule,
    "health": HealthRule,
}


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
