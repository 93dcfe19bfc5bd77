"""Rules on what is ours: strategies and the account, the engine and its disk."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from core.alert_rules.rule import Rule, Side, Strategy, amount, beyond


class PnlRule(Rule, frozen=True, kw_only=True, tag="pnl"):
    """A strategy's P&L, realised and unrealised and after fees, goes beyond a level."""

    SLACK_IN: ClassVar[Literal["percent", "absolute"]] = "absolute"

    strategy: Strategy
    side: Side = "below"
    level: Annotated[float, Meta(description="P&L after fees, in quote currency")]

    @property
    def watches(self) -> str:
        return f"pnl {self.strategy}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, self.side, self.level),)

    @property
    def edge(self) -> str:
        return f"P&L of {self.strategy} goes {self.side} {amount(self.level)}"


class EquityRule(Rule, frozen=True, kw_only=True, tag="equity"):
    """The equity of a strategy, or (`all`) of the account, goes beyond a level."""

    strategy: Annotated[str, Meta(min_length=1, max_length=64, description="the strategy's id; all: the whole account")] = "all"
    side: Side = "below"
    level: Annotated[float, Meta(description="equity, in quote currency")]

    @property
    def watches(self) -> str:
        return f"equity {self.strategy}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, self.side, self.level),)

    @property
    def edge(self) -> str:
        return f"equity of {'the account' if self.strategy == 'all' else self.strategy} goes {self.side} {amount(self.level)}"


class DrawdownRule(Rule, frozen=True, kw_only=True, tag="drawdown"):
    """The fall of a strategy, or (`all`) of the account, from its peak goes beyond a share; and again only once it has recovered."""

    UNIT: ClassVar[str] = " %"

    strategy: Annotated[str, Meta(min_length=1, max_length=64, description="the strategy's id; all: the whole account")] = "all"
    percent: Annotated[float, Meta(gt=0, lt=100, description="of the peak equity")]
    hysteresis: Annotated[float, Meta(ge=0, le=100, description="percent of it to be made good before it fires again")] = 50.0

    @property
    def watches(self) -> str:
        return f"drawdown {self.strategy}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, "above", self.percent),)

    @property
    def edge(self) -> str:
        whose = "the account" if self.strategy == "all" else self.strategy
        return f"drawdown of {whose} goes above {amount(self.percent)} %"


class HealthRule(Rule, frozen=True, kw_only=True, tag="health"):
    """The engine has a trouble of a level, or a worse one."""

    SLACK_IN: ClassVar[Literal["percent", "absolute"]] = "absolute"

    level: Annotated[Literal["warning", "critical"], Meta(description="critical: only what stops something")] = "warning"

    @property
    def watches(self) -> str:
        return "health"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond("health", "above", 1.0 if self.level == "warning" else 2.0),)

    @property
    def edge(self) -> str:
        return f"the engine has a {self.level} trouble{' or worse' if self.level == 'warning' else ''}"


class LatencyRule(Rule, frozen=True, kw_only=True, tag="latency"):
    """Of 100 prints of the last minute the slowest took longer to a strategy's target, or to its fill, than a while."""

    UNIT: ClassVar[str] = " ms"

    stage: Annotated[Literal["target", "fill"], Meta(description="from the socket to the target, or to the fill")] = "target"
    ms: Annotated[float, Meta(gt=0, le=1_000_000, description="99 of 100 are faster than so many milliseconds")]

    @property
    def watches(self) -> str:
        return f"latency {self.stage}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, "above", self.ms),)

    @property
    def edge(self) -> str:
        return f"p99 to the {self.stage} goes above {amount(self.ms)} ms"


class DiskRule(Rule, frozen=True, kw_only=True, tag="disk"):
    """The room that is left on the home's disk goes below so many GB, or percent of the disk."""

    free: Annotated[float, Meta(gt=0, le=1e6, description="so much room")]
    unit: Annotated[Literal["GB", "%"], Meta(description="GB, or percent of the disk")] = "GB"

    @property
    def watches(self) -> str:
        return f"disk {self.unit}"

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return (beyond(self.watches, "below", self.free),)

    @property
    def edge(self) -> str:
        return f"room on the disk goes below {amount(self.free)} {self.unit}"
