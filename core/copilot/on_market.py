"""Rules about the market and the feeds that bring it."""

from __future__ import annotations

from collections.abc import Iterable

from core.copilot.advice import Advice, Evidence
from core.copilot.facts import Facts, StrategyFact, short
from core.copilot.measures import over
from core.copilot.offers import levers, telling_of_silence

#: A feed whose prices are older than this is behind, ms.
BEHIND_MS = 2000.0

#: A feed that is not live for so long, s; a symbol that is silent for so long beyond what counts as stale.
AWAY_S, SILENT_S = 10.0, 60.0

#: Multiples of the usual: moves, and spreads, which must besides be at least so many basis points.
WILD, WIDE, WIDE_BPS = 3.0, 3.0, 2.0

#: Below this p a pair counts as cointegrated.
LEFT = 0.05


def feed_behind(facts: Facts) -> Iterable[Advice]:
    """Prices that are seconds old when they come."""
    for feed in facts.feeds:
        if feed.latency_ms is None or feed.latency_ms < BEHIND_MS:
            continue
        yield Advice(
            "feed behind", feed.venue, "now", f"{feed.venue} is {feed.latency_ms / 1e3:.1f} s behind",
            "Strategies decide on prices that are gone, and their fills are at others.",
            (Evidence("latency", feed.latency_ms, "ms"), Evidence("state", feed.state), Evidence("strategies running", running(facts))),
            feed.latency_ms, (),
        )  # fmt: skip


def feed_away(facts: Facts) -> Iterable[Advice]:
    """A feed that is not live."""
    for feed in facts.feeds:
        if feed.state == "live" or feed.bad_s < AWAY_S or facts.mode == "replay":  # a recording may stand still
            continue
        held = sum(bool(strategy.position) for strategy in facts.strategies.values())
        yield Advice(
            "feed away", feed.venue, "now" if held else "soon",
            f"{feed.venue} has been {feed.state} for {feed.bad_s:,.0f} s{f': {feed.detail}' if feed.detail else ''}",
            f"No stop is looked at meanwhile: {held} position{'s' * (held != 1)} {'are' if held != 1 else 'is'} open." if held
            else "Nothing is recorded or traded meanwhile; what is missed is fetched later.",
            (Evidence("state", feed.state), Evidence("for", feed.bad_s, "s"), Evidence("why", feed.detail or None),
             Evidence("open positions", held)),
            1.0 + held, (),
        )  # fmt: skip


def symbol_silent(facts: Facts) -> Iterable[Advice]:
    """A symbol that is silent while its feed is live."""
    if facts.mode == "replay" or any(feed.state != "live" for feed in facts.feeds):
        return
    for symbol in facts.symbols.values():
        if symbol.state != "stale" or symbol.age_s is None or symbol.age_s < SILENT_S:
            continue
        traded = [strategy for strategy in on(facts, symbol.symbol) if strategy.state == "running"]
        holding = next((strategy for strategy in traded if strategy.position), None)
        yield Advice(
            "silent", symbol.symbol, "now" if holding else "soon" if traded else "note",
            f"{short(symbol.symbol)} has been silent for {symbol.age_s:,.0f} s while its feed is live",
            f"{', '.join(strategy.id for strategy in traded[:3])} can neither trade nor stop out." if traded else "Its price is old.",
            (Evidence("silent for", symbol.age_s, "s"), Evidence("last price", symbol.last, "quote"),
             Evidence("strategies on it", len(traded))),
            1.0 + len(traded), (*(levers(holding) if holding else ()), telling_of_silence(symbol.symbol)),
        )  # fmt: skip


def moves_known(facts: Facts, subject: str) -> bool:
    """Whether the usual of a symbol is known, or the symbol gone."""
    found = facts.symbols.get(subject)
    return found is None or (found.usual_move_bps is not None and found.move_bps is not None)


def wild(facts: Facts) -> Iterable[Advice]:
    """A symbol that moves much more than usual."""
    for symbol in facts.symbols.values():
        ratio = over(symbol.move_bps, symbol.usual_move_bps)
        if ratio is None or ratio < WILD:
            continue
        holding = [strategy for strategy in on(facts, symbol.symbol) if strategy.position and strategy.state == "running"]
        names = ", ".join(strategy.id for strategy in holding[:3])
        yield Advice(
            "volatility", symbol.symbol, "now" if holding else "note",
            f"{short(symbol.symbol)} moves {ratio:.1f} times as much as usual"
            + (f": {names} hold{'s' * (len(holding) == 1)} it" if names else ""),
            "Stops and sizes were chosen for smaller moves: the same position risks that much more.",
            (
                Evidence("move in 10 s, last 5 min", symbol.move_bps, "bps"), Evidence("usual", symbol.usual_move_bps, "bps"),
                Evidence("times", ratio), Evidence("positions on it", len(holding)),
            ),
            ratio, levers(holding[0]) if holding else (),
        )  # fmt: skip


def spread_known(facts: Facts, subject: str) -> bool:
    """Whether the usual spread of a symbol is known, or the symbol gone."""
    found = facts.symbols.get(subject)
    return found is None or (found.usual_spread_bps is not None and found.spread_bps is not None)


def wide(facts: Facts) -> Iterable[Advice]:
    """A spread that is much wider than usual."""
    for symbol in facts.symbols.values():
        ratio = over(symbol.spread_bps, symbol.usual_spread_bps)
        if ratio is None or ratio < WIDE or symbol.spread_bps is None or symbol.spread_bps < WIDE_BPS or symbol.state != "live":
            continue
        traded = [strategy for strategy in on(facts, symbol.symbol) if strategy.state == "running"]
        yield Advice(
            "spread", symbol.symbol, "soon" if traded else "note",
            f"the spread of {short(symbol.symbol)} is {symbol.spread_bps:.1f} bps, {ratio:.1f} times the usual",
            "Every fill at the market pays half of it; a strategy that trades often pays it often.",
            (
                Evidence("spread now", symbol.spread_bps, "bps"), Evidence("usual", symbol.usual_spread_bps, "bps"),
                Evidence("times", ratio),
                Evidence("strategies on it", len(traded)),
            ),
            ratio, levers(traded[0]) if traded else (),
        )  # fmt: skip


def pair_known(facts: Facts, subject: str) -> bool:
    """Whether the statistics of a pair came, or nobody watches it any more."""
    found = next((pair for pair in facts.pairs if pair.name == subject), None)
    return found is None or found.pvalue is not None


def pair_left(facts: Facts) -> Iterable[Advice]:
    """A spread that is no longer cointegrated."""
    for pair in facts.pairs:
        if pair.pvalue is None or pair.p_before is None or pair.pvalue <= LEFT:
            continue
        yield Advice(
            "pair", pair.name, "soon", f"the spread of {pair.name} left its cointegration: p = {pair.pvalue:.2f}",
            "A spread that does not come back is two bets, not one: its z-score says little now.",
            (
                Evidence("Engle-Granger p", round(pair.pvalue, 4)), Evidence("p before", round(pair.p_before, 4)),
                Evidence("z-score", pair.zscore), Evidence("half-life", pair.half_life, "bars"),
            ),
            pair.pvalue / LEFT, (),
        )  # fmt: skip


def on(facts: Facts, symbol: str) -> list[StrategyFact]:
    """Strategies that trade a symbol."""
    return [strategy for strategy in facts.strategies.values() if symbol in strategy.symbols]


def running(facts: Facts) -> int:
    """How many strategies run."""
    return sum(strategy.state == "running" for strategy in facts.strategies.values())
