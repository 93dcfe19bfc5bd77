"""What a session's settings come to: a registration of each of its strategies on each of its symbols, sized by the market's risk."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from core.commands import Register, Terms, Unregister
from core.desk_orders import Settings
from core.errors import CockpitError, UsageError
from core.trading.position_size import USUAL, risk_score, value_of
from core.types import bar_kind

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: How long the past of a symbol is waited for, in seconds; without it its risk is the usual.
PATIENCE_S = 5.0

#: Bars a risk score is made of.
BARS, INTERVAL = 240, "1h"


class Plan(NamedTuple):
    """What a session would register: strategies of the catalogue by name, and the venue's own names of symbols."""

    strategies: dict[str, dict[str, Any]]
    symbols: list[str]


def judge(engine: Engine, settings: Settings) -> None:
    """Refuse limits that are right one by one and not together, and groups that are none.

    Raises:
        UsageError: says which.
    """
    if settings.min_notional > settings.max_notional:
        raise UsageError(f"min_notional {settings.min_notional:g} is above max_notional {settings.max_notional:g}")
    for group in settings.groups:
        if len({engine.bare(name.strip()) for name in group.split("+") if name.strip()}) < 2:
            raise UsageError(f"groups: {group} names fewer than two symbols: write BTCUSDT+ETHUSDT")


async def plan_of(engine: Engine, settings: Settings) -> Plan:
    """What settings come to.

    Raises:
        UsageError: they name nothing, a strategy that is not there, or one of several legs.
    """
    if not settings.strategies or not settings.watchlist:
        raise UsageError("a session trades strategies on a watchlist: name at least one of each")
    judge(engine, settings)
    listed = {row["name"]: row for row in (await engine.catalogue())["strategies"]}
    for name in settings.strategies:
        if name not in listed:
            raise UsageError(f"there is no strategy {name}: {', '.join(sorted(listed))}")
        if listed[name]["legs"] != 1:
            raise UsageError(f"{name} trades {listed[name]['legs']} symbols at once: register it by itself")
    names = list(dict.fromkeys(engine.bare(symbol) for symbol in settings.watchlist))
    await engine.commands.watchlist.add(names)
    return Plan({name: listed[name] for name in settings.strategies}, names)


async def enrol(engine: Engine, plan: Plan, settings: Settings, actor: str) -> list[str]:
    """Register all of it; the ids.

    Raises:
        CockpitError: one is refused; those before it are taken out again.
    """
    scores = {name: await score_of(engine, name) for name in plan.symbols}
    count = len(plan.symbols) * len(plan.strategies)
    done: list[str] = []
    try:
        for strategy, listed in plan.strategies.items():
            for name in plan.symbols:
                terms = terms_of(settings, listed, scores[name], count)
                order = Register(name=strategy, symbols=[name], params=_params(settings, listed), terms=terms)
                done.append((await engine.commands.register(order, actor))["id"])
    except CockpitError:
        for id_ in done:
            with contextlib.suppress(CockpitError):
                await engine.commands.submit(Unregister(id=id_), "engine")
        raise
    return done


def _params(settings: Settings, listed: dict[str, Any]) -> dict[str, str | int | float | bool]:
    """An ensemble is told where it is not to ask its validators."""
    asks = any(field["name"] == "validators" for field in listed["params"])
    return {"validators": 0} if asks and not settings.validators else {}


def terms_of(settings: Settings, listed: dict[str, Any], score: float, count: int) -> Terms:
    """How one strategy of a session trades a symbol of this risk; each of `count` has an equal part of the capital."""
    value = value_of(
        settings.capital, settings.base_pct, settings.weights.get(listed["name"], 1.0), score, settings.min_notional, settings.max_notional
    )
    return Terms(
        qty=value, size="quote", side=settings.side, capital=settings.capital / count, entry=settings.order_type,
        min_confidence=settings.min_confidence or None if listed["confident"] else None,
        stop_loss_pct=settings.stop_loss_pct, take_profit_pct=settings.take_profit_pct, trailing_pct=settings.trailing_pct,
    )  # fmt: skip


async def score_of(engine: Engine, name: str) -> float:
    """How wild a symbol is now against what it was in its last ten days, 0 to 100; the usual where its past does not come in time."""
    chart = engine.charts.current(f"{engine.venue.name}:{name}", bar_kind(INTERVAL))
    if engine.charts.lacks(chart, BARS):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(engine.charts.load(chart, BARS)), PATIENCE_S)
    bars = chart.series.since(0, BARS)
    return risk_score([float(close) for close in bars["close"]]) if len(bars) else USUAL
