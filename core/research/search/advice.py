"""A ranking in words: what did best where, how far that can be believed, and why."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core.research.search.ranking import Ranking, Row

#: Fewer round trips say little about the next one.
FEW_TRADES = 30

#: Neighbours with less than this share of a result make it a lone peak.
LONE = 0.5

#: A deflated Sharpe from here on is what is left after counting the trials (Bailey & López de Prado use 95 %).
SIGNIFICANT = 0.95

_FIGURES = {
    "sharpe": "Sharpe {:.2f}", "net_pnl": "net P&L {:+,.2f}", "profit_factor": "profit factor {:.2f}", "win_rate": "win rate {:.0%}",
    "max_drawdown": "drawdown {:,.2f}", "max_drawdown_pct": "drawdown {:.2f} %",
}  # fmt: skip


class Best(msgspec.Struct):
    """The best row for a symbol or of a strategy, with what speaks against it."""

    strategy: str
    symbol: str
    params: dict[str, object]
    value: float | None
    warnings: list[str]


def best_per_symbol(ranking: Ranking) -> list[Best]:
    """The best strategy for each symbol, best first."""
    return _firsts(ranking, "symbol")


def best_per_strategy(ranking: Ranking) -> list[Best]:
    """The best symbol for each strategy, best first."""
    return _firsts(ranking, "strategy")


def _firsts(ranking: Ranking, by: str) -> list[Best]:
    first: dict[str, Row] = {}
    for row in ranking.rows:
        first.setdefault(getattr(row, by), row)
    return [Best(row.strategy, row.symbol, row.params, getattr(row, ranking.rank_by), warnings(row, ranking)) for row in first.values()]


def warnings(row: Row, ranking: Ranking) -> list[str]:
    """What speaks against a row, a phrase each."""
    found = []
    if row.trades == 0:
        return ["it never closed a trade"]
    if row.trades < FEW_TRADES:
        found.append(f"only {row.trades} trade{'s' if row.trades > 1 else ''}")
    if row.net_pnl is not None and row.net_pnl <= 0:
        found.append("it lost money")
    if row.plateau is not None and row.plateau < LONE:
        found.append(f"a lone peak: its neighbours make {row.plateau:.0%} of it")
    if row.deflated_sharpe is not None and row.deflated_sharpe < SIGNIFICANT:
        found.append(f"the best of {ranking.counted:,} trials by luck alone is not ruled out (deflated Sharpe {row.deflated_sharpe:.0%})")
    return found


def sentences(ranking: Ranking) -> Iterator[str]:
    """The recommendation, a sentence or two a line."""
    if not ranking.rows:
        yield "No trial has a result."
        return
    best = ranking.rows[0]
    if all((row.net_pnl or 0.0) <= 0 for row in ranking.rows):
        yield "Nothing that was tried made money."
    yield f"Best: {described(best, ranking.rank_by)}."
    against = warnings(best, ranking)
    if against:
        yield f"Against it: {'; '.join(against)}."
    if len({row.symbol for row in ranking.rows}) > 1:
        yield "Best strategy for each symbol: " + "; ".join(f"{one.symbol} {one.strategy}" for one in best_per_symbol(ranking)) + "."
    if len({row.strategy for row in ranking.rows}) > 1:
        yield "Best symbol of each strategy: " + "; ".join(f"{one.strategy} {one.symbol}" for one in best_per_strategy(ranking)) + "."
    yield _judgement(ranking)


def described(row: Row, by: str) -> str:
    """`sma_crossover on binance:BTCUSDT with fast=5 slow=20: Sharpe 1.24`."""
    params = " ".join(f"{name}={value}" for name, value in row.params.items())
    value = getattr(row, by)
    return f"{row.strategy} on {row.symbol} with {params}: {_FIGURES[by].format(value) if value is not None else 'no ' + by}"


def _judgement(ranking: Ranking) -> str:
    """The verdict and the figures it rests on."""
    best = ranking.rows[0]
    parts = []
    if ranking.pbo is not None:
        parts.append(f"choosing the best of these was wrong in {ranking.pbo:.0%} of the splits (PBO)")
    if best.deflated_sharpe is not None:
        parts.append(f"its Sharpe is above zero with {best.deflated_sharpe:.0%} after {ranking.counted:,} trials (deflated)")
    if ranking.spa is not None:
        parts.append(f"by chance alone some trial would do as well in {ranking.spa:.0%} of the cases (SPA)")
    if ranking.verdict is None:
        return "Verdict: none; there are too few periods or trials to tell luck from skill."
    return f"Verdict: {ranking.verdict}: {'; '.join(parts)}."
