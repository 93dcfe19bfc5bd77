"""Rules about what strategies earn: against the market they are in, together with others, and against their own past."""

from __future__ import annotations

from collections.abc import Iterable

from core.analytics.trend.suggestions import TABLE, suggestions_for
from core.codes import interval_ns
from core.copilot.advice import Action, Advice, Evidence, Urgency
from core.copilot.facts import Facts, StrategyFact, SymbolFact, TrendFact, short
from core.copilot.offers import backtesting, flattening, levers, pausing, reducing, telling_of_fall
from core.errors import UsageError

#: A trend less sure than this is none.
SURE = 0.6

#: Two strategies that move together more than this are one bet.
TOGETHER = 0.9

#: Closed trades from which on a share of wins is said to be a strategy's usual, and the losing ones in a row that are looked at.
USUAL_TRIPS, LEAST_STREAK = 10, 4

#: A streak less likely than this, at its usual share of losses, is told.
UNLIKELY = 0.05

#: A fall is near the worst from this share of it on; falls below this many percent are none.
NEAR, LEAST_FALL = 0.85, 2.0

#: Of a strategy that never fell so far, this is told, percent.
FIRST_FALL = 5.0

#: What all positions together may be worth, in multiples of the equity.
EXPOSED = 2.0

_NAMES = {one.strategy for row in TABLE.values() for one in row}
_KINDS = {"uptrend": "went up", "downtrend": "went down", "sideways": "turned sideways", "volatile": "turned volatile"}
_ANALYSED = ("5m", "15m", "1h", "4h", "1d")


def fits(name: str, trend: str) -> bool | None:
    """Whether a strategy bets on such a market; None for one the table of regimes does not know."""
    return None if name not in _NAMES else any(one.strategy == name for one in suggestions_for(trend))


def kind_of(name: str) -> str:
    """What a strategy of the table bets on."""
    return "a move that goes on" if fits(name, "uptrend") else "a price that comes back"


def trend_for(facts: Facts, strategy: StrategyFact) -> tuple[SymbolFact, str, TrendFact] | None:
    """The market a strategy is in: of its first symbol, over the shortest bars looked at that are no shorter than its own."""
    symbol = facts.symbols.get(strategy.symbols[0]) if strategy.symbols else None
    if symbol is None:
        return None
    try:
        own = interval_ns(strategy.interval) if strategy.interval else 0
    except UsageError:  # bars of trades or volume
        own = 0
    for interval in _ANALYSED:
        if interval in symbol.trends and interval_ns(interval) >= own:
            return symbol, interval, symbol.trends[interval]
    return None


def regime_known(facts: Facts, subject: str) -> bool:
    """Whether the trend of a strategy's market is known, or the strategy gone."""
    strategy = facts.strategies.get(subject)
    return strategy is None or trend_for(facts, strategy) is not None


def regime_against(facts: Facts) -> Iterable[Advice]:
    """A market turned into one that a strategy does not bet on."""
    for strategy in facts.strategies.values():
        found = trend_for(facts, strategy)
        if found is None or strategy.state not in ("running", "warming") or fits(strategy.name, found[2].trend) is not False:
            continue
        symbol, interval, trend = found
        if trend.confidence < SURE:
            continue
        last = strategy.trips[-4:]
        lost = sum(trip < 0 for trip in last)
        told = f"{strategy.id} lost {lost} of its last {len(last)}" if lost else f"{strategy.id} bets on {kind_of(strategy.name)}"
        urgency: Urgency = "now" if lost >= 3 and strategy.position else "soon" if strategy.position or lost >= 3 else "note"
        turned = _KINDS.get(trend.trend, f"is {trend.trend}") if trend.was else f"is {trend.trend.replace('trend', ' trend')}"
        yield Advice(
            "regime against", strategy.id, urgency,
            f"{short(symbol.symbol)} {turned} ({interval}): {told}",
            f"{strategy.name} bets on {kind_of(strategy.name)}; a market that is {trend.trend} pays for the opposite.",
            (
                Evidence("trend", trend.trend), Evidence("sure", round(100 * trend.confidence), "%"), Evidence("before", trend.was or None),
                Evidence("lost of the last", f"{lost} of {len(last)}" if last else None), Evidence("net of these", sum(last), "quote"),
                Evidence("position", strategy.position, "base"),
            ),
            trend.confidence * (1 + lost), (*levers(strategy), *backtesting(strategy)),
        )  # fmt: skip


def couples_known(facts: Facts, subject: str) -> bool:
    """Whether both have moved for long enough since the start, or one is gone."""
    one, _, other = subject.partition(" and ")
    gone = one not in facts.strategies or other not in facts.strategies
    return gone or any((couple.a, couple.b) == (one, other) for couple in facts.couples) or facts.looked_s > 3600


def correlated(facts: Facts) -> Iterable[Advice]:
    """Two strategies whose equities move together."""
    for couple in facts.couples:
        a, b = facts.strategies.get(couple.a), facts.strategies.get(couple.b)
        if couple.correlation <= TOGETHER or a is None or b is None or {a.state, b.state} & {"paused", "failed"}:
            continue
        yield Advice(
            "correlated", f"{couple.a} and {couple.b}", "soon" if a.position and b.position else "note",
            f"{couple.a} and {couple.b} are {couple.correlation:.2f} correlated: exposure counts twice",
            f"What hits one hits the other: {a.on} and {b.on} together are one bet of twice the size.",
            (
                Evidence("correlation", round(couple.correlation, 3)), Evidence("over", couple.minutes, "min"),
                Evidence(f"position {couple.a}", a.position, "base"), Evidence(f"position {couple.b}", b.position, "base"),
                Evidence("both are worth", couple.exposure, "quote"),
            ),
            1 / max(1e-3, 1 - couple.correlation), tuple(_of_two(a, b)),
        )  # fmt: skip


def _of_two(a: StrategyFact, b: StrategyFact) -> Iterable[Action]:
    """Pause, flatten or halve the one that earns less."""
    worst = min((a, b), key=lambda one: (one.equity or 0.0) - one.terms.capital)
    yield pausing(worst.id)
    if worst.position:
        yield flattening(worst.id)
        yield reducing(worst.id)


def losing_streak(facts: Facts) -> Iterable[Advice]:
    """More losses in a row than a strategy's own share of them makes likely."""
    for strategy in facts.strategies.values():
        streak = next((at for at, trip in enumerate(reversed(strategy.trips)) if trip >= 0), len(strategy.trips))
        before = strategy.trips[: len(strategy.trips) - streak]
        if streak < LEAST_STREAK or len(before) < USUAL_TRIPS or strategy.state in ("paused", "failed"):
            continue
        # One more of each than there were: no streak is called impossible by a few trades that all won.
        share = (sum(trip < 0 for trip in before) + 1) / (len(before) + 2)
        likely = share**streak
        if likely > UNLIKELY:
            continue
        lost = sum(strategy.trips[-streak:])
        yield Advice(
            "losing streak", strategy.id, "now" if likely < UNLIKELY / 10 and strategy.position else "soon",
            f"{strategy.id} lost {streak} in a row: {abs(lost):,.2f}; before that it lost {100 * share:.0f} % of its trades",
            "So long a streak is unlikely for what it was: its market may be another one now, or its data.",
            (
                Evidence("losses in a row", streak), Evidence("lost in them", lost, "quote"),
                Evidence("its usual losses", 100 * share, "%"),
                Evidence("trades before", len(before)), Evidence("likely by chance", 100 * likely, "%"),
            ),
            float(streak), (*levers(strategy), *backtesting(strategy)),
        )  # fmt: skip


def near_worst(facts: Facts) -> Iterable[Advice]:
    """A strategy that is nearly as far below its peak as it ever was, or farther."""
    for strategy in facts.strategies.values():
        fall, worst = strategy.fall_pct, strategy.worst_pct
        if fall is None or worst is None or strategy.state == "failed":
            continue
        if fall < (NEAR * worst if worst >= LEAST_FALL else FIRST_FALL):
            continue
        beyond = fall >= worst
        yield Advice(
            "drawdown", strategy.id, "now" if beyond and strategy.position else "soon",
            f"{strategy.id} is {fall:.1f} % below its peak, {'its deepest fall so far' if beyond else f'its worst was {worst:.1f} %'}",
            "Beyond its worst, nothing it has done so far says how far it goes.",
            (
                Evidence("drawdown", fall, "%"), Evidence("its worst before", worst, "%"), Evidence("equity", strategy.equity, "quote"),
                Evidence("position", strategy.position, "base"),
            ),
            fall, (*levers(strategy), telling_of_fall(strategy.id, fall), *backtesting(strategy)),
        )  # fmt: skip


def exposed(facts: Facts) -> Iterable[Advice]:
    """Positions worth a multiple of the equity."""
    if facts.exposure is None or not facts.equity or facts.equity <= 0 or facts.exposure < EXPOSED * facts.equity:
        return
    times = facts.exposure / facts.equity
    largest = max(facts.strategies.values(), key=lambda one: _worth(facts, one), default=None)
    yield Advice(
        "exposure", "account", "now" if times >= 2 * EXPOSED else "soon",
        f"positions are worth {times:.1f} times the equity"
        + (f"; {largest.id} has the largest" if largest is not None and largest.position else ""),
        f"A move of {100 / times:.0f} % against all of them takes everything.",
        (Evidence("exposure", facts.exposure, "quote"), Evidence("equity", facts.equity, "quote"),
         Evidence("drawdown", facts.fall_pct, "%")),
        times, (*(levers(largest) if largest is not None else ()), telling_of_fall("all", facts.fall_pct or 5.0)),
    )  # fmt: skip


def _worth(facts: Facts, strategy: StrategyFact) -> float:
    symbol = facts.symbols.get(strategy.symbols[0]) if strategy.symbols else None
    return abs(strategy.position) * ((symbol.last if symbol is not None else None) or 0.0)
