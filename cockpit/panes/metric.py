"""The figures a run comes to: their names, decimals and units, and how one is written."""

from __future__ import annotations

from typing import NamedTuple

from cockpit import figures
from core.codes import DAY, MINUTE
from core.view import RunRow

#: A rate a day is not made of less than this.
LEAST_SPAN_NS = 60 * MINUTE


class Metric(NamedTuple):
    """One figure.

    Attributes:
        key: its name in the engine's figures.
        name: beside it.
        unit: `money` stands for the quote currency.
        signed: gains and losses.
        scale: what it is multiplied by to be shown.
        total: it grows with the span.
    """

    key: str
    name: str
    decimals: int
    unit: str
    signed: bool = False
    scale: float = 1.0
    total: bool = False

    @property
    def short_unit(self) -> str:
        """Its unit without the remark after it."""
        return self.unit.partition(",")[0].partition(" of ")[0]


METRICS = (
    Metric("net_pnl", "net P&L", 2, "money", signed=True, total=True),
    Metric("max_drawdown", "max drawdown", 2, "money", total=True),
    Metric("max_drawdown_pct", "", 2, "% of the peak before it", total=True),
    Metric("sharpe", "Sharpe", 2, "daily, a year's worth"),
    Metric("profit_factor", "won / lost", 2, "profit factor"),
    Metric("trades", "trades", 0, "round trips", total=True),
    Metric("win_rate", "won", 1, "% of trades, after fees", scale=100.0),
    Metric("fills", "fills", 0, "executions", total=True),
    Metric("gross_profit", "won trades", 2, "money", total=True),
    Metric("gross_loss", "lost trades", 2, "money", total=True),
    Metric("fees", "fees", 2, "money", total=True),
)


def metric_text(metric: Metric, value: float | None) -> str:
    """`+1,234.50`; with blanks for the decimals it has not, so that figures below each other line up on the point."""
    if value is None:
        return figures.NONE
    scaled = value * metric.scale
    text = figures.signed(scaled, metric.decimals) if metric.signed else figures.magnitude(scaled, metric.decimals)
    return lined_up(text, metric.decimals)


def lined_up(text: str, decimals: int) -> str:
    """A figure as wide after its point as one of two decimals."""
    return text + " " * (2 - decimals if decimals else 3)


def per_day(row: RunRow) -> float | None:
    """Net P&L a day of the span, on average; None of less than an hour."""
    net, span = (row.figures or {}).get("net_pnl"), row.last_ns - row.first_ns
    return None if net is None or span < LEAST_SPAN_NS else float(net) * DAY / span
