"""Figures of a subject that advice is judged by, and whether what a rule needs of it is known."""

from __future__ import annotations

from core.copilot.facts import Facts
from core.copilot.laws import Figures


def of_strategy(facts: Facts, subject: str) -> Figures:
    """Equity, position and price of a strategy, and how often it was filled."""
    found = facts.strategies.get(subject)
    if found is None or found.equity is None:
        return {}
    last = facts.symbols[found.symbols[0]].last if found.symbols and found.symbols[0] in facts.symbols else None
    figures = {"equity": found.equity, "capital": found.terms.capital, "position": found.position, "fills": float(found.fills)}
    # A position in several symbols is no number that one price values.
    return figures | ({"price": last} if last is not None and len(found.symbols) == 1 else {})


def of_couple(facts: Facts, subject: str) -> Figures:
    """Equities of both, the smaller capital."""
    one, other = (facts.strategies.get(id_) for id_ in both(subject))
    if one is None or other is None or one.equity is None or other.equity is None:
        return {}
    return {"equity": one.equity, "other": other.equity, "capital": min(one.terms.capital, other.terms.capital)}


def both(subject: str) -> tuple[str, str]:
    """`a and b` as its parts."""
    one, _, other = subject.partition(" and ")
    return one, other


def of_account(facts: Facts, subject: str) -> Figures:
    """Equity of all, and their capital."""
    return {} if facts.equity is None else {"equity": facts.equity, "capital": facts.capital, "position": 1.0}


def of_moves(facts: Facts, subject: str) -> Figures:
    """How far a symbol moves, in multiples of the usual."""
    found = facts.symbols.get(subject)
    ratio = None if found is None else over(found.move_bps, found.usual_move_bps)
    return {} if ratio is None else {"ratio": ratio}


def of_spread(facts: Facts, subject: str) -> Figures:
    """How wide its spread is, in multiples of the usual."""
    found = facts.symbols.get(subject)
    ratio = None if found is None else over(found.spread_bps, found.usual_spread_bps)
    return {} if ratio is None else {"ratio": ratio}


def over(value: float | None, usual: float | None) -> float | None:
    """A figure in multiples of the usual; None where one is not known."""
    return value / usual if value is not None and usual else None


def of_pair(facts: Facts, subject: str) -> Figures:
    """The z-score of a pair's spread."""
    found = next((pair for pair in facts.pairs if pair.name == subject), None)
    return {} if found is None or found.zscore is None else {"zscore": found.zscore}


def of_disk(facts: Facts, subject: str) -> Figures:
    """Bytes free."""
    return {} if facts.disk_free is None else {"free": facts.disk_free}


def of_study(facts: Facts, subject: str) -> Figures:
    """How many strategies there are."""
    return {"registered": float(len(facts.strategies))}


def cost_of(facts: Facts, subject: str) -> Figures:
    """What a fill costs, and what was assumed, in basis points of its value."""
    found = facts.strategies.get(subject)
    paid = None if found is None else paid_bps(facts, subject)
    return {} if found is None or paid is None or found.assumed_bps is None else {"paid": paid, "assumed": found.assumed_bps}


def paid_bps(facts: Facts, subject: str) -> float | None:
    """Fee of a strategy's fills and half the usual spread of its symbol: what a fill at the market costs; None not known."""
    found = facts.strategies[subject]
    spreads = [facts.symbols[symbol].usual_spread_bps for symbol in found.symbols if symbol in facts.symbols]
    known = [spread for spread in spreads if spread is not None]
    if found.paid_bps is None or not known or len(known) != len(found.symbols):
        return None
    return found.paid_bps + sum(known) / len(known) / 2
