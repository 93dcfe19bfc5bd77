"""The figures rules watch that are no prices: P&L, drawdown, silence, the engine's health."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.alert_rules import AnyRule, DrawdownRule, MoveRule, PnlRule, PriceRule, StaleRule
from core.engine import overview

if TYPE_CHECKING:
    from core.engine.engine import Engine

_HEALTH = {"": 0.0, "warning": 1.0, "critical": 2.0}


class Figure(NamedTuple):
    """A figure of now, and words for what it stands for."""

    value: float
    words: str = ""


def figure(engine: Engine, kind: str, what: str) -> Figure | None:
    """What a series is at now; None where it is not known."""
    if kind == "health":
        return _health(engine)
    if kind == "stale":
        return _silence(engine, what)
    if kind == "drawdown" and what == "all":
        engine.roster.equity()
        return Figure(engine.roster.drawdown_pct)
    entry = engine.roster.entries.get(what)
    if entry is None or entry.figures is None:
        return None
    if kind == "drawdown":
        return Figure(entry.figures.drawdown_ratio * 100)
    return Figure(entry.figures.equity - entry.terms.capital)


def there(engine: Engine, rule: AnyRule) -> bool:
    """Whether what a rule is about is (still) here: a symbol that is streamed, a strategy that is registered."""
    if isinstance(rule, (PriceRule, MoveRule, StaleRule)) and rule.symbol != "all":
        return rule.symbol in engine.market.watched
    if isinstance(rule, (PnlRule, DrawdownRule)) and rule.strategy != "all":
        return rule.strategy in engine.roster
    return True


def _silence(engine: Engine, what: str) -> Figure | None:
    """Seconds since a symbol, or any, was heard of; counted from the engine's start at most."""
    market = engine.market
    names = market.watched if what == "all" else [what]
    seen = [market.of(engine.symbols[name]).seen_ns for name in names if name in market.watched]
    if not seen:
        return None
    return Figure(max(0.0, (engine.clock.now_ns() - max(*seen, engine.started_ns)) / 1e9))


def _health(engine: Engine) -> Figure:
    """The worst trouble there is."""
    feeds = engine.system.feeds()
    found = overview.troubles(engine, feeds)
    if found and found[0].level == "critical":
        return Figure(_HEALTH["critical"], found[0].text)
    for feed in feeds:
        if feed.state not in ("live", "connecting"):
            return Figure(_HEALTH["warning"], f"{feed.venue} {feed.state}{': ' + feed.detail if feed.detail else ''}")
    return Figure(_HEALTH["warning"], found[0].text) if found else Figure(_HEALTH[""])
