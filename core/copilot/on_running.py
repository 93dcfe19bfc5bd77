"""Rules about how strategies run: whether they trade, are let trade, wait, have failed, and what their fills cost."""

from __future__ import annotations

from collections.abc import Iterable

from core.copilot.advice import Advice, Evidence
from core.copilot.facts import Facts, StrategyFact
from core.copilot.measures import paid_bps
from core.copilot.offers import backtesting, levers, pausing, resuming
from core.copilot.rule import for_an_hour

#: Silence counts from so many times the usual time between fills on, of a strategy with so many fills, and never below so many seconds.
SILENT_TIMES, SILENT_FILLS, SILENT_S = 10.0, 10, 600.0

#: Warming up for longer than this is long, s: history is read in seconds, the rest must come live.
WARMING_S = 300.0

#: Orders refused in an hour for one reason.
REFUSED = 5

#: Fills that cost more than so many times what was assumed, and so many basis points more, of at least so many fills.
DEAR_TIMES, DEAR_BPS, DEAR_FILLS = 1.5, 1.0, 20

#: A working order that waits so long, s.
WAITS_S = 60.0


def failed(facts: Facts) -> Iterable[Advice]:
    """A strategy that could not go on."""
    for strategy in facts.strategies.values():
        if strategy.state != "failed":
            continue
        held = f"; {strategy.position:+g} {strategy.on} stays, without its stops" if strategy.position else ""
        yield Advice(
            "failed", strategy.id, "now" if strategy.position else "soon", f"{strategy.id} failed: {strategy.detail}{held}",
            "Nothing runs it: neither its signals nor its stops are looked at until it is resumed or taken out.",
            (Evidence("error", strategy.detail), Evidence("position", strategy.position, "base"), Evidence("for", strategy.state_s, "s")),
            1.0 + abs(strategy.position), (resuming(strategy.id),),
        )  # fmt: skip


def silent(facts: Facts) -> Iterable[Advice]:
    """No fill for much longer than usual."""
    for strategy in facts.strategies.values():
        idle, usual = strategy.idle_s, strategy.usual_gap_s
        if strategy.state != "running" or idle is None or not usual or strategy.fills < SILENT_FILLS:
            continue
        if idle < max(SILENT_TIMES * usual, SILENT_S):
            continue
        yield Advice(
            "no trade", strategy.id, "note",
            f"{strategy.id} has not traded for {_while(idle)}; usually there are {_while(usual)} between fills",
            "It may wait for a market it knows; or its data, its size or a guard keeps it from trading.",
            (
                Evidence("since its last fill", idle, "s"), Evidence("usual between fills", usual, "s"),
                Evidence("fills looked at", strategy.fills),
                Evidence("position", strategy.position, "base"), Evidence("says", strategy.detail or None),
            ),
            idle / usual, (*backtesting(strategy), *levers(strategy)),
        )  # fmt: skip


def warming_long(facts: Facts) -> Iterable[Advice]:
    """A warm-up that does not end."""
    for strategy in facts.strategies.values():
        if strategy.state != "warming" or strategy.state_s < WARMING_S:
            continue
        left = max(0, strategy.warmup - strategy.seen)
        yield Advice(
            "warming", strategy.id, "note",
            f"{strategy.id} still warms up: {strategy.seen:,} of {strategy.warmup:,} bars after {_while(strategy.state_s)}",
            f"It trades nothing until {left:,} more bars have come; shorter bars or periods would begin sooner.",
            (
                Evidence("bars seen", strategy.seen), Evidence("bars needed", strategy.warmup),
                Evidence("warming for", strategy.state_s, "s"),
                Evidence("bars of", strategy.interval or "prints"),
            ),
            1.0, backtesting(strategy),
        )  # fmt: skip


def refused(facts: Facts) -> Iterable[Advice]:
    """Orders that a guard refuses again and again."""
    for strategy in facts.strategies.values():
        reason, count = max(strategy.blocks.items(), key=lambda item: item[1], default=("", 0))
        if count < REFUSED or strategy.state == "failed":
            continue
        others = sum(strategy.blocks.values()) - count
        yield Advice(
            "blocked", strategy.id, "soon", f"{strategy.id} was blocked {count} times in an hour: {reason}",
            "What it decides is not done: its results are no longer those of its rules.",
            (Evidence(reason, count, "an hour"), Evidence("for other reasons", others, "an hour"),
             Evidence("position", strategy.position, "base")),
            float(count), tuple(levers(strategy)),
        )  # fmt: skip


def refusals_known(facts: Facts, subject: str) -> bool:
    """Whether an hour was looked at, or the strategy is gone or has failed."""
    strategy = facts.strategies.get(subject)
    return strategy is None or strategy.state == "failed" or for_an_hour(facts, subject)


def cost_known(facts: Facts, subject: str) -> bool:
    """Whether what a fill costs is known, or the strategy gone."""
    return subject not in facts.strategies or paid_bps(facts, subject) is not None


def dear(facts: Facts) -> Iterable[Advice]:
    """Fills that cost more than was assumed when it was tested."""
    for strategy in facts.strategies.values():
        paid, assumed = paid_bps(facts, strategy.id), strategy.assumed_bps
        if paid is None or assumed is None or strategy.paid_fills < DEAR_FILLS:
            continue
        if paid <= max(DEAR_TIMES * assumed, assumed + DEAR_BPS):
            continue
        fee = strategy.paid_bps or 0.0
        where = f"{strategy.assumed_in} assumed" if strategy.assumed_in else "its terms assume"
        yield Advice(
            "cost", strategy.id, "soon", f"a fill of {strategy.id} costs {paid:.1f} bps with half the spread; {where} {assumed:.1f}",
            "What was tested was cheaper than what is traded: its backtest promises more than it can keep.",
            (
                Evidence("fee paid", fee, "bps"), Evidence("half the spread", paid - fee, "bps"), Evidence("assumed", assumed, "bps"),
                Evidence("assumed in", strategy.assumed_in or "its terms"), Evidence("fills", strategy.paid_fills),
            ),
            paid / max(assumed, 0.1), (*backtesting(strategy), *levers(strategy)),
        )  # fmt: skip


def waiting(facts: Facts) -> Iterable[Advice]:
    """An order that is not filled, of a strategy whose orders go to the market."""
    for strategy in facts.strategies.values():
        if strategy.waits_s is None or strategy.waits_s < WAITS_S or _rests(strategy) or strategy.state == "failed":
            continue
        yield Advice(
            "order waits", strategy.id, "soon", f"an order of {strategy.id} has waited for {_while(strategy.waits_s)}",
            "It was decided on a price that is gone; when it fills, it fills at another one.",
            (Evidence("waits", strategy.waits_s, "s"), Evidence("latency assumed", strategy.terms.latency_ms, "ms"),
             Evidence("position", strategy.position, "base")),
            1.0, (pausing(strategy.id),),
        )  # fmt: skip


def _rests(strategy: StrategyFact) -> bool:
    """Whether its orders are meant to wait."""
    terms = strategy.terms
    return terms.entry != "market" or terms.exits == "resting" or terms.latency_ms >= 1000 * WAITS_S


def _while(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
