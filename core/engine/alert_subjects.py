"""What rules are about: whether it is here, when a rule is set, and afterwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from core.alert_rules import (
    AnyRule,
    BetweenRule,
    Condition,
    DrawdownRule,
    EquityRule,
    GroupRule,
    IndicatorRule,
    PnlRule,
    Rule,
    ZscoreRule,
)
from core.codes import interval_ns
from core.errors import UsageError, one_line

if TYPE_CHECKING:
    from core.engine.engine import Engine

_OF_STRATEGIES = (PnlRule, EquityRule, DrawdownRule)


def checked(engine: Engine, rule: AnyRule) -> AnyRule:
    """A rule about things there are, in their full names.

    Raises:
        UsageError: what it is about is not here, or a level is none.
    """
    if not isinstance(rule, GroupRule):
        return _checked(engine, rule)
    if rule.problem:
        raise UsageError(rule.problem)
    return msgspec.structs.replace(rule, conditions=[_checked(engine, leaf) for leaf in rule.conditions])


def _checked(engine: Engine, rule: Condition) -> Condition:
    if any(math.isnan(edge) for span in rule.spans for edge in span[1:]) or all(map(math.isinf, rule.spans[0][1:])):
        raise UsageError("a level must be a number")
    if not math.isfinite(rule.hysteresis):
        raise UsageError("the hysteresis must be a number")
    if isinstance(rule, BetweenRule) and not rule.low < rule.high:
        raise UsageError(f"a band from {rule.low:g} to {rule.high:g} is none: the lower edge comes first")
    if isinstance(rule, PnlRule) and rule.strategy == "all":
        raise UsageError("name one strategy by its id: the whole account has drawdown and equity rules only")
    if isinstance(rule, _OF_STRATEGIES) and rule.strategy != "all":
        engine.roster[rule.strategy]
    if isinstance(rule, ZscoreRule):
        _check_interval(rule)
    rule = msgspec.structs.replace(rule, **{field: _streamed(engine, getattr(rule, field)) for field in _symbol_fields(rule)})
    if isinstance(rule, ZscoreRule) and rule.a == rule.b:
        raise UsageError("a pair has two symbols")
    if isinstance(rule, (IndicatorRule, BetweenRule)) and rule.variant:
        why = _no_variant(engine, rule.variant, rule.symbol)
        if why:
            raise UsageError(why)
    return rule


def _check_interval(rule: ZscoreRule) -> None:
    if interval_ns(rule.interval) == 0:
        raise UsageError("a pair is measured over bars: an interval such as 1m")


def _symbol_fields(rule: Rule) -> list[str]:
    """The fields of a rule that name a symbol."""
    return [field for field in ("symbol", "a", "b") if getattr(rule, field, "all") != "all"]


def _streamed(engine: Engine, symbol: str) -> str:
    full = f"{engine.venue.name}:{engine.bare(symbol)}"
    if full not in engine.market.watched:
        raise UsageError(f"{one_line(engine.bare(symbol), 60)} is not streamed: add it first")
    return full


def _no_variant(engine: Engine, name: str, symbol: str) -> str:
    """Why a variant says nothing of a symbol; '' it does."""
    variants = engine.sentinel.variants.read()
    if name not in variants:
        known = ", ".join(list(variants)[:6]) + (" …" if len(variants) > 6 else "")
        return f"no variant {one_line(name, 64)!r}: {known or 'there is none; cockpit indicators add makes one'}"
    follows, bare = variants[name], engine.bare(symbol)
    return "" if follows is None or bare in follows or symbol.upper() in follows else f"{name} does not follow {bare}"


def absent(engine: Engine, rule: AnyRule) -> str:
    """Why there is nothing to look at: what a rule is about is not here, or not any more; '' it is."""
    several = len(rule.leaves) > 1
    for leaf in rule.leaves:
        why = _absent(engine, leaf)
        if why:
            return f"{leaf.watches}: {why}" if several else why
    return ""


def _absent(engine: Engine, rule: Any) -> str:
    if any(getattr(rule, field) not in engine.market.watched for field in _symbol_fields(rule)):
        return "not streamed now"
    if isinstance(rule, _OF_STRATEGIES) and rule.strategy != "all" and rule.strategy not in engine.roster:
        return "no such strategy now"
    if isinstance(rule, (IndicatorRule, BetweenRule)) and rule.variant and _no_variant(engine, rule.variant, rule.symbol):
        return "no such variant now"
    return ""
