"""Terms that say something of a rule are refused where that rule is off: who gives them expects something of them.

The words of a new command are held against this, whoever gives it. What a home has stored is not: it ran as it is.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from core.errors import UsageError
from core.terms import Terms

#: By term the rules that it says something of, one of which must be on, and what turns each on: a word, or any number where letters
#: stand for it. A rule that depends on another comes before what depends on it: it is the one to be named.
DEPENDING: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("limit_offset_bps", "limit_ttl_ms"), (("entry", "limit"),)),
    "limit_then": (("limit_ttl_ms", "MS"),),
    "exits": (("stop_loss_pct", "P"), ("take_profit_pct", "P"), ("trailing_pct", "P"), ("break_even_pct", "P")),
    **dict.fromkeys(("limit_fill", "maker_fee_bps"), (("entry", "limit"), ("exits", "resting"))),
    **dict.fromkeys(("trigger_offset_bps", "trigger_ttl_ms"), (("entry", "stop"),)),
    "trigger_then": (("trigger_ttl_ms", "MS"),),
    **dict.fromkeys(("vol_half_life_hours", "max_leverage"), (("size", "vol_pct"),)),
    "impact_volume": (("impact_bps", "B"),),
    **dict.fromkeys(("queue_ahead", "queue_model"), (("limit_fill", "queue"),)),
    **dict.fromkeys(("maintenance_pct", "liquidation_fee_bps"), (("leverage", "L"),)),
    "funding_hours": (("funding_bps", "B"),),
    "on_guard": (("max_drawdown_pct", "P"), ("daily_loss_pct", "P")),
    "low_profit_trades": (("low_profit_pct", "P"),),
    "lock_hours": (("loss_streak", "N"), ("low_profit_pct", "P")),
}

_DEFAULTS = Terms()


def is_idle(terms: Terms, name: str) -> bool:
    """Whether every rule that a term says something of is off; one that does nothing itself is."""
    return not any(_on(terms, rule, word) and not (rule in DEPENDING and is_idle(terms, rule)) for rule, word in DEPENDING[name])


def needs(name: str, form: str = "{name}={value}") -> str:
    """What must hold for a term to do something, as text.

    Args:
        form: how a term is written: `--{name} {value}` with a dash in its name, as flags have.
    """
    ways = []
    for rule, word in DEPENDING[name]:
        way = form.format(name=rule.replace("_", "-") if form.startswith("--") else rule, value=word)
        # Where there is one way, what that needs in turn is said at once.
        if len(DEPENDING[name]) == 1 and rule in DEPENDING:
            first = needs(rule, form)
            way = f"({first}) and {way}" if " or " in first else f"{first} and {way}"
        ways.append(way)
    return " or ".join(ways)


def refuse_idle(terms: Terms) -> None:
    """Let no term through that is set, and does nothing.

    Raises:
        UsageError: it names the first one, and what it needs.
    """
    for name in _set_idly(terms):
        raise UsageError(f"{name}={_text(getattr(terms, name))} does nothing without {needs(name)}")


def refuse_apart(name: str, terms: Terms) -> None:
    """Let no term through by which one leg of a strategy would be held without the other, or at another size, that are nothing apart.

    Raises:
        UsageError: it names the first one, and what is possible.
    """
    if terms.side != "long_short":
        raise UsageError(f"{name} holds its legs against each other: side={terms.side} would leave one out; it takes side=long_short")
    if terms.size == "vol_pct":
        raise UsageError(
            f"{name} holds its legs against each other: size=vol_pct would size each by itself; it takes units, quote, equity_pct"
        )
    if terms.entry != "market":
        raise UsageError(f"{name} holds its legs against each other: entry={terms.entry} might fill one alone; it takes entry=market")
    for term in ("stop_loss_pct", "take_profit_pct", "trailing_pct", "time_stop_s", "break_even_pct"):
        if getattr(terms, term) is not None:
            raise UsageError(f"{name} holds its legs against each other: {term} would close one alone; it has its own way out")
    for term in ("cooldown_s", "stop_cooldown_s"):
        if getattr(terms, term) is not None:
            raise UsageError(f"{name} holds its legs against each other: {term} would open one alone; it takes loss_streak")


class Traded(Protocol):
    """What of a strategy its terms must fit."""

    @property
    def name(self) -> str:
        """Its own."""

    @property
    def legs(self) -> int:
        """How many symbols it trades."""

    @property
    def hedged(self) -> bool:
        """Whether these are held against each other."""

    @property
    def confident(self) -> bool:
        """Whether it says how sure it is of its targets."""


def refuse_unfit(strategy: Traded, terms: Terms) -> None:
    """Let no term through that this strategy cannot be traded on, or that does nothing to it.

    Raises:
        UsageError: it names the first one, and why.
    """
    if strategy.hedged:
        refuse_apart(strategy.name, terms)
    if terms.min_confidence is not None and not strategy.confident:
        raise UsageError(f"min_confidence={terms.min_confidence:g} does nothing: {strategy.name} does not say how sure it is")
    if terms.max_age_s is not None and strategy.legs == 1:
        raise UsageError(f"max_age_s={terms.max_age_s:g} does nothing: {strategy.name} trades one symbol, on its own prints")


def without_idle(terms: Terms) -> Terms:
    """The same terms; what does nothing in them is as if never said."""
    while idle := _set_idly(terms):  # what one of them turned on is off now
        terms = msgspec.structs.replace(terms, **{name: getattr(_DEFAULTS, name) for name in idle})
    return terms


def _set_idly(terms: Terms) -> list[str]:
    return [name for name in DEPENDING if is_idle(terms, name) and getattr(terms, name) != getattr(_DEFAULTS, name)]


def _on(terms: Terms, rule: str, word: str) -> bool:
    value = getattr(terms, rule)
    return bool(value == word if isinstance(value, str) else value != getattr(_DEFAULTS, rule))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
